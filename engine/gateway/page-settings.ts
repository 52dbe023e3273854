/**
 * What a page asks before it sends anything: `GET /v1/settings?writeKey=...`, the brand's word on consent and Do Not Track.
 * Only a browser key has settings, and only from the origins that may use it. Browsers keep the answer for a minute, so
 * that it costs a visit one request, and a change of mind of the brand is heard soon.
 */
import type { TemplatedApp } from "uWebSockets.js";
import { pageSettingsSeconds } from "../limits.ts";
import { createGuard } from "./guard.ts";
import type { FaultLog } from "./guard.ts";
import { HttpExchange } from "./http-exchange.ts";
import type { KeyRegistry } from "./keys.ts";
import { problemOf } from "./replies.ts";
import { isProblem } from "./wire-validators.ts";

export interface ConsentSettings {
  /** `required`: nothing is sent or kept until the visitor has agreed. */
  readonly consent: "assumed" | "required";
  /** `honour`: nothing is sent or kept where the browser asks not to be tracked. */
  readonly doNotTrack: "honour" | "ignore";
}

export interface PageSettingsOptions {
  readonly keys: KeyRegistry;
  readonly onFault: FaultLog;
  readonly consent: ConsentSettings;
}

export function addPageSettings(app: TemplatedApp, { keys, onFault, consent }: PageSettingsOptions): void {
  const text = JSON.stringify({ consent: consent.consent, doNotTrack: consent.doNotTrack });
  app.get("/v1/settings", (response, request) => {
    const key = request.getQuery("writeKey");
    const exchange = new HttpExchange(response, request, { heldBytes: 0 });
    const guard = createGuard("http", onFault, () => exchange.refuse(problemOf("fault"), { closes: true }));
    guard(() => {
      const { origin } = exchange;
      if (origin !== undefined && keys.allowsOrigin(origin)) exchange.share();
      const access = keys.authenticate(key, origin);
      if (isProblem(access)) return exchange.refuse(access);
      if (access.trusted)
        return exchange.refuse(problemOf("bad_key", undefined, "This is a secret key: pages use a browser key."));
      exchange.send(200, text, { cacheSeconds: pageSettingsSeconds });
    });
  });
}
