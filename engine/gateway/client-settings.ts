/**
 * What Segment's browser library asks before it sends anything: the settings of its project, by the browser key in the
 * path. They name one destination, this gateway, at the very address that the page reached it by; so a page that loads the
 * library needs only to be told where its settings are (`cdnURL`). Secret keys have no settings: they are not for pages.
 * Source: `loadCDNSettings` of @segment/analytics-next.
 */
import type { TemplatedApp } from "uWebSockets.js";
import type { FaultLog } from "./guard.ts";
import { createGuard } from "./guard.ts";
import { HttpExchange } from "./http-exchange.ts";
import type { KeyRegistry } from "./keys.ts";
import { problemOf, quote } from "./replies.ts";
import { isProblem } from "./wire-validators.ts";

export interface ClientSettingsOptions {
  readonly keys: KeyRegistry;
  readonly onFault: FaultLog;
}

/** A host name or address with or without a port; anything else is not repeated in an answer. */
const HOST = /^(?:[\w.-]+|\[[\da-fA-F:.]+\])(?::\d{1,5})?$/;

export function addClientSettings(app: TemplatedApp, { keys, onFault }: ClientSettingsOptions): void {
  app.get("/v1/projects/:key/settings", (response, request) => {
    const key = request.getParameter(0);
    const host = request.getHeader("host");
    // Whoever ends TLS in front of the gateway says so (de facto standard; MDN, X-Forwarded-Proto).
    const protocol = request.getHeader("x-forwarded-proto") === "https" ? "https" : "http";
    const exchange = new HttpExchange(response, request, { heldBytes: 0 });
    const guard = createGuard("http", onFault, () => exchange.refuse(problemOf("fault"), { closes: true }));
    guard(() => {
      const { origin } = exchange;
      if (origin !== undefined && keys.allowsOrigin(origin)) exchange.share();
      const access = keys.authenticate(key, origin);
      if (isProblem(access)) return exchange.refuse(access);
      if (access.trusted)
        return exchange.refuse(problemOf("bad_key", undefined, "This is a secret key: pages use a browser key."));
      if (!HOST.test(host))
        return exchange.refuse(problemOf("invalid_field", undefined, "The header Host must name this gateway."));
      exchange.send(200, settingsText(key ?? "", host, protocol));
    });
  });
}

/** `integrations` must have Segment.io, without which the library sends nothing. */
function settingsText(key: string, host: string, protocol: "http" | "https"): string {
  const destination =
    `{"apiKey":${quote(key)},"apiHost":${quote(`${host}/v1`)},"protocol":"${protocol}",` +
    `"addBundledMetadata":false,"unbundledIntegrations":[],"maybeBundledConfigIds":{}}`;
  // No measurements of the library's own are asked for.
  return (
    `{"integrations":{"Segment.io":${destination}},"metrics":{"sampleRate":0},` +
    `"plan":{},"edgeFunction":{},"analyticsNextEnabled":true,"middlewareSettings":{},"enabledMiddleware":{},"legacyVideoPluginsEnabled":false,` +
    `"remotePlugins":[]}`
  );
}
