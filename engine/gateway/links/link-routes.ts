/**
 * Pages that links in messages lead to: `/p/` what a person wants to hear of, `/u/` to hear no more of something. Looking
 * changes nothing, since mail scanners follow every link; only a POST does, from the page's own button or, of `/u/`, from a
 * mail program at one click (RFC 8058, which also wants no redirect then). Whoever has the link is the person, and sees no
 * more of themselves than what they have said about this.
 */
import type { HttpRequest, TemplatedApp } from "uWebSockets.js";
import { formBytesMax } from "../../limits-of-delivery.ts";
import { consentOf } from "../../model/consent.ts";
import type { Instant, ProfileId } from "../../model/ids.ts";
import { createGuard } from "../guard.ts";
import type { FaultLog, Guard } from "../guard.ts";
import { HttpExchange } from "../http-exchange.ts";
import type { BodyBudget } from "../http-exchange.ts";
import { addReadPath } from "../read-path.ts";
import { problemOf } from "../replies.ts";
import { findPerson, tellOf } from "./linked-person.ts";
import type { LinkedPerson, PersonParts } from "./linked-person.ts";
import { createLinkReader } from "./message-links.ts";
import type { LinkMaker, LinkReader, ReadLink, ReadMessageLink } from "./message-links.ts";
import type { OutcomeTold } from "./outcome-told.ts";
import { sendElsewhere, sendPage } from "./page-frame.ts";
import { languageOf, wordsIn } from "./page-words.ts";
import type { PageLanguage } from "./page-words.ts";
import { chosenOf, preferencePage } from "./preference-page.ts";
import type { PreferenceState } from "./preference-page.ts";
import { askStopPage, notePage, stoppedPage, stoppingOf } from "./unsubscribe-page.ts";

export interface LinkRouteOptions extends PersonParts {
  /** What links are signed with, the present one first; the others are still honoured. */
  readonly secrets: readonly string[];
  /** Makes the way from one page to another. */
  readonly maker: LinkMaker;
  readonly now: () => Instant;
  readonly onFault: FaultLog;
  readonly onOutcome?: OutcomeTold | undefined;
}

/** One request for a page. */
export interface PageRequest {
  readonly exchange: HttpExchange;
  readonly guard: Guard;
  readonly language: PageLanguage;
  readonly link: string;
  readonly saved: boolean;
}

export function addLinkPages(app: TemplatedApp, options: LinkRouteOptions): void {
  const reader = createLinkReader(options.secrets);
  const budget: BodyBudget = { heldBytes: 0 };
  const paths = [
    { path: "/p/:link", look: showPreferences, act: savePreferences },
    { path: "/u/:link", look: askUnsubscribe, act: unsubscribe },
  ];
  for (const { path, look, act } of paths) {
    addReadPath(app, path, (response, request) => {
      const page = openPage(new HttpExchange(response, request, budget), request, options);
      page.guard(() => look(page, reader, options));
    });
    app.post(path, (response, request) => {
      const page = openPage(new HttpExchange(response, request, budget), request, options);
      page.guard(() =>
        page.exchange.readBody((body) =>
          page.guard(() => {
            const text = body.length > formBytesMax ? "" : Buffer.from(body).toString("utf8");
            const sent = new URLSearchParams(text);
            act({ ...page, language: languageOf(sent.get("lang") ?? undefined, page.language) }, sent, reader, options);
          }),
        ),
      );
    });
  }
}

/** Reads what is needed of the request, which is gone after this. */
export function openPage(
  exchange: HttpExchange,
  request: HttpRequest,
  { onFault }: { readonly onFault: FaultLog },
): PageRequest {
  return {
    exchange,
    guard: createGuard("links", onFault, () => exchange.refuse(problemOf("fault"), { closes: true })),
    language: languageOf(request.getQuery("lang"), request.getHeader("accept-language")),
    link: request.getParameter(0) ?? "",
    saved: request.getQuery("saved") === "1",
  };
}

function showPreferences(page: PageRequest, reader: LinkReader, options: LinkRouteOptions): void {
  withPerson(page, reader.preferences(page.link, options.now()), options, (person) =>
    sendPage(page.exchange, preferencePage(stateOf(page, person, page.saved ? "saved" : undefined))),
  );
}

function savePreferences(
  page: PageRequest,
  sent: URLSearchParams,
  reader: LinkReader,
  options: LinkRouteOptions,
): void {
  withPerson(page, reader.preferences(page.link, options.now()), options, (person) => {
    const { exchange, guard, language } = page;
    const chosen = chosenOf(sent, stateOf(page, person, undefined));
    if (chosen.is === "stale") return sendPage(exchange, preferencePage(stateOf(page, person, "changed")));
    const shown = (): void => sendElsewhere(exchange, `?lang=${language}&saved=1`);
    if (Object.keys(chosen.consent).length === 0) return shown();
    const properties = {
      consent: chosen.consent,
      consent_wording: sent.get("wording") ?? "",
      consent_source: "preference page",
      words: chosen.words,
    };
    const said = { event: "Consent Changed", properties, source: "preference-page", messageId: undefined };
    tellOf(options, { reachedBy: person.reachedBy, guard }, said, (isKept) =>
      isKept ? shown() : sendBusy(page, undefined),
    );
  });
}

function askUnsubscribe(page: PageRequest, reader: LinkReader, options: LinkRouteOptions): void {
  const link = reader.unsubscribe(page.link, options.now());
  withPerson(page, link, options, (person) => {
    const way = { language: page.language, form: person.form, more: moreOf(link?.profile, page, options) };
    if (link !== undefined) sendPage(page.exchange, askStopPage(link, way));
  });
}

function unsubscribe(page: PageRequest, sent: URLSearchParams, reader: LinkReader, options: LinkRouteOptions): void {
  const link = reader.unsubscribe(page.link, options.now());
  withPerson(page, link, options, (person) => {
    if (link === undefined) return;
    const { exchange, guard, language } = page;
    const isAll = sent.get("all") === "refused";
    const way = { language, form: person.form, more: moreOf(link.profile, page, options) };
    const done = (): void => sendPage(exchange, stoppedPage(isAll ? "all" : link, way));
    const stopped = (): void => {
      options.onOutcome?.(link, { is: "unsubscribed" }, () => undefined);
      done();
    };
    if (isRefused(person, link, isAll)) return done();
    // A mail program shows no page: then there is no wording but that of the message itself.
    const isOneClick = !sent.has("lang");
    const { consent, wording } = stoppingOf(isAll ? "all" : link, way, isOneClick);
    const properties = {
      consent,
      ...(wording !== undefined && { consent_wording: wording }),
      consent_source: isOneClick ? "one-click unsubscribe" : "unsubscribe page",
      message: link.message,
    };
    const said = { event: "Consent Changed", properties, source: "unsubscribe-link", messageId: undefined };
    tellOf(options, { reachedBy: person.reachedBy, guard }, said, (isKept) =>
      isKept ? stopped() : sendBusy(page, undefined),
    );
  });
}

/** Whether it is so already: a link that is posted to again and again records nothing more. */
function isRefused(person: LinkedPerson, { category, channel }: ReadMessageLink, isAll: boolean): boolean {
  if (!isAll) return consentOf(person, category, channel).answer === "refused";
  return consentOf(person, "*", "*").answer === "refused";
}

function moreOf(profile: ProfileId | undefined, { language }: PageRequest, options: LinkRouteOptions): string {
  if (profile === undefined) return "";
  // From where this page is: whatever name and path this gateway is reached by, the other page is beside it.
  const { pathname } = new URL(options.maker.preferences(profile, options.now()));
  return `..${pathname.slice(pathname.lastIndexOf("/p/"))}?lang=${language}`;
}

function stateOf(
  { language }: PageRequest,
  { consents, form }: LinkedPerson,
  after: PreferenceState["after"],
): PreferenceState {
  return { consents, form, language, after };
}

/** Sends who has no valid link, and who cannot be found, to where they are told so. */
function withPerson(
  page: PageRequest,
  link: ReadLink | undefined,
  options: LinkRouteOptions,
  take: (person: LinkedPerson) => void,
): void {
  if (link === undefined) return sendNote(page, "lost", 404);
  if (link.expired) return sendNote(page, "expired", 410);
  findPerson(options, { whom: link.profile, guard: page.guard }, (found) => {
    if (found.is === "nobody") return sendNote(page, "lost", 404);
    if (found.is === "busy") return sendBusy(page, found.retryAfterMs);
    take(found);
  });
}

function sendBusy(page: PageRequest, retryAfterMs: number | undefined): void {
  sendNote(page, "busy", 503, retryAfterMs);
}

/** @param about what there is to say */
export function sendNote(
  { exchange, language }: PageRequest,
  about: "lost" | "expired" | "busy",
  status: number,
  retryAfterMs?: number,
): void {
  const words = wordsIn(language);
  const page = notePage(language, { title: words[`${about}Title`], text: words[about] });
  sendPage(exchange, page, { status, retryAfterMs: status === 503 ? (retryAfterMs ?? 1_000) : undefined });
}
