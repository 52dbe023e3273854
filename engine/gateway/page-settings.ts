/**
 * What a page asks before it sends anything: `GET /v1/settings?writeKey=...`, the brand's word on consent and Do Not Track.
 * Browsers keep the answer for a minute, so
 * that it costs a visit one request, and a change of mind of the brand is heard soon.
 */
import type { TemplatedApp } from "uWebSockets.js";
import { pageSettingsSeconds } from "../limits.ts";
import { addBrowserSettings } from "./browser-settings.ts";
import type { SettingsOptions } from "./browser-settings.ts";

export interface ConsentSettings {
  /** `required`: nothing is sent or kept until the visitor has agreed. */
  readonly consent: "assumed" | "required";
  /** `honour`: nothing is sent or kept where the browser asks not to be tracked. */
  readonly doNotTrack: "honour" | "ignore";
}

export interface PageSettingsOptions extends SettingsOptions {
  readonly consent: ConsentSettings;
}

export function addPageSettings(app: TemplatedApp, options: PageSettingsOptions): void {
  const { consent, doNotTrack } = options.consent;
  const text = JSON.stringify({ consent, doNotTrack });
  addBrowserSettings(app, "/v1/settings", options, (request) => ({
    key: request.getQuery("writeKey"),
    answer: (exchange) => exchange.send(200, text, { cacheSeconds: pageSettingsSeconds }),
  }));
}
