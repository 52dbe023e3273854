/**
 * What Segment's browser library asks before it sends anything: the settings of its project, by the browser key in the
 * path. They name one destination, this gateway, at the very address that the page reached it by; so a page that loads the
 * library needs only to be told where its settings are (`cdnURL`).
 * Source: `loadCDNSettings` of @segment/analytics-next.
 */
import type { TemplatedApp } from "uWebSockets.js";
import { addBrowserSettings } from "./browser-settings.ts";
import type { SettingsOptions } from "./browser-settings.ts";
import type { HttpExchange } from "./http-exchange.ts";
import { problemOf, quote } from "./replies.ts";

/** A host name or address with or without a port; anything else is not repeated in an answer. */
const HOST = /^(?:[\w.-]+|\[[\da-fA-F:.]+\])(?::\d{1,5})?$/;

export function addClientSettings(app: TemplatedApp, options: SettingsOptions): void {
  addBrowserSettings(app, "/v1/projects/:key/settings", options, (request) => {
    const key = request.getParameter(0);
    const host = request.getHeader("host");
    // Whoever ends TLS in front of the gateway says so (de facto standard; MDN, X-Forwarded-Proto).
    const protocol = request.getHeader("x-forwarded-proto") === "https" ? "https" : "http";
    const answer = (exchange: HttpExchange): void => {
      if (HOST.test(host)) exchange.send(200, settingsText(key ?? "", host, protocol));
      else exchange.refuse(problemOf("invalid_field", undefined, "The header Host must name this gateway."));
    };
    return { key, answer };
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
