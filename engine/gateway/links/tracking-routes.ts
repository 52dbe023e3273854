/**
 * Opens and clicks of messages: `/o/` a picture of one point, `/c/` a way to where a link leads. Counted only where the brand
 * counts them (`tracking` of consent.yaml) and the person agrees, as it stands at that very time: who has taken it back since
 * still gets where the link leads, and nothing is recorded. A click leads nowhere but where its signature says, so that it
 * serves nobody as an open redirect; a picture is answered alike whatever becomes of it.
 */
import type { TemplatedApp } from "uWebSockets.js";
import { clickedUrlCharsMax } from "../../limits-of-delivery.ts";
import { allowsWriting, consentOf } from "../../model/consent.ts";
import type { JsonObject } from "../../model/event.ts";
import type { Instant } from "../../model/ids.ts";
import { hashText48 } from "../../model/hash.ts";
import type { Channel } from "../../model/message.ts";
import type { FaultLog } from "../guard.ts";
import { HttpExchange } from "../http-exchange.ts";
import type { BodyBudget } from "../http-exchange.ts";
import { addReadPath } from "../read-path.ts";
import { findPerson, tellOf } from "./linked-person.ts";
import type { LinkedPerson, PersonParts } from "./linked-person.ts";
import { openPage, sendNote } from "./link-routes.ts";
import type { PageRequest } from "./link-routes.ts";
import type { OutcomeTold } from "./outcome-told.ts";
import { createLinkReader, isWebAddress } from "./message-links.ts";
import type { ReadMessageLink } from "./message-links.ts";

export interface TrackingOptions extends PersonParts {
  readonly secrets: readonly string[];
  readonly now: () => Instant;
  readonly onFault: FaultLog;
  /** What is known to have become of a message; after its event is kept. */
  readonly onOutcome?: OutcomeTold | undefined;
}

/** A GIF of one transparent point, 42 bytes. */
const POINT = Buffer.from("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7", "base64");
const PRIVATE = { "cache-control": "no-store", "referrer-policy": "no-referrer", "x-robots-tag": "noindex, nofollow" };

export function addTracking(app: TemplatedApp, options: TrackingOptions): void {
  const reader = createLinkReader(options.secrets);
  const budget: BodyBudget = { heldBytes: 0 };
  addReadPath(app, "/o/:link", (response, request) => {
    const isLook = request.getMethod() === "get";
    const page = openPage(new HttpExchange(response, request, budget), request, options);
    page.guard(() => {
      const link = reader.open(page.link, options.now());
      if (link === undefined) return sendNote(page, "lost", 404);
      page.exchange.send(200, POINT, { type: "image/gif", headers: PRIVATE });
      if (isLook && !link.expired) count(page, link, { is: "opened" }, options);
    });
  });
  addReadPath(app, "/c/:link", (response, request) => {
    const isLook = request.getMethod() === "get";
    const to = request.getQuery("to") ?? "";
    const page = openPage(new HttpExchange(response, request, budget), request, options);
    page.guard(() => {
      const link = to.length > clickedUrlCharsMax ? undefined : reader.click(page.link, to, options.now());
      if (link === undefined || !isWebAddress(to)) return sendNote(page, "lost", 404);
      page.exchange.send(302, "", { headers: { ...PRIVATE, location: new URL(to).href } });
      if (isLook && !link.expired) count(page, link, { is: "clicked", to }, options);
    });
  });
}

type Seen = { readonly is: "opened" } | { readonly is: "clicked"; readonly to: string };

function count({ guard }: PageRequest, link: ReadMessageLink, seen: Seen, options: TrackingOptions): void {
  const { profile, message, channel, trigger } = link;
  findPerson(options, { whom: profile, guard }, (found) => {
    if (found.is !== "person" || !isCounted(found, channel)) return;
    const known: JsonObject = { campaign: trigger, message };
    const where = `${channel.charAt(0).toUpperCase()}${channel.slice(1)}`;
    const clicked = seen.is === "clicked" ? withoutQuery(seen.to) : undefined;
    const said =
      seen.is === "opened"
        ? { event: `${where} Opened`, properties: known, messageId: `opened:${message}` }
        : {
            event: `${where} Clicked`,
            properties: { ...known, link: clicked ?? "" },
            messageId: `clicked:${message}:${hashText48(seen.to).toString(36)}`,
          };
    tellOf(options, { reachedBy: found.reachedBy, guard }, { ...said, source: "message-links" }, (isKept) => {
      const outcome = seen.is === "opened" ? ({ is: "opened" } as const) : ({ is: "clicked", link: clicked } as const);
      if (isKept) options.onOutcome?.(link, outcome, () => undefined);
    });
  });
}

/** Whether the brand counts opens and clicks at all, and the person agrees to it now. */
export function isCounted({ consents, form }: LinkedPerson, channel: Channel): boolean {
  const purpose = form.purposes.find(({ name }) => name === form.tracking);
  if (purpose === undefined) return false;
  return allowsWriting(consentOf({ consents }, purpose.name, channel), purpose.unasked);
}

/** What is behind `?` may be about the person, and tells nothing of where the link leads. */
function withoutQuery(to: string): string {
  const { origin, pathname } = new URL(to);
  return origin + pathname;
}
