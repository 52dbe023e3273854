/**
 * A path on which pages ask for settings before they send anything: with a browser key, from the origins that may use it.
 * Secret keys have no settings: they are not for pages.
 */
import type { HttpRequest, TemplatedApp } from "uWebSockets.js";
import { createGuard } from "./guard.ts";
import type { FaultLog } from "./guard.ts";
import { HttpExchange } from "./http-exchange.ts";
import type { KeyRegistry } from "./keys.ts";
import { addReadPath } from "./read-path.ts";
import { problemOf } from "./replies.ts";
import { isProblem } from "./wire-validators.ts";

export interface SettingsOptions {
  readonly keys: KeyRegistry;
  readonly onFault: FaultLog;
}

export interface SettingsQuestion {
  readonly key: string | undefined;
  /** Called once the key has been found to be a browser's that may ask. */
  readonly answer: (exchange: HttpExchange) => void;
}

/** @param read takes what it needs of the request, which is readable during this call only */
export function addBrowserSettings(
  app: TemplatedApp,
  path: string,
  { keys, onFault }: SettingsOptions,
  read: (request: HttpRequest) => SettingsQuestion,
): void {
  addReadPath(app, path, (response, request) => {
    const { key, answer } = read(request);
    const exchange = new HttpExchange(response, request, { heldBytes: 0 });
    const guard = createGuard("http", onFault, () => exchange.refuse(problemOf("fault"), { closes: true }));
    guard(() => {
      const { origin } = exchange;
      if (origin !== undefined && keys.allowsOrigin(origin)) exchange.share();
      const access = keys.authenticate(key, origin);
      if (isProblem(access)) return exchange.refuse(access);
      if (access.trusted)
        return exchange.refuse(problemOf("bad_key", undefined, "This is a secret key: pages use a browser key."));
      answer(exchange);
    });
  });
}
