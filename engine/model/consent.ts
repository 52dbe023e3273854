/**
 * What a person has said to being written to: for a purpose (marketing) by a channel (email), granted or refused, with the
 * proof of it. Kept in a profile as a set of statements, each the last one about its purpose and channel, either of which
 * may be ANY: a STOP by SMS is about every purpose, an unsubscription from a club about every channel. What holds is the
 * latest statement that covers the question; nobody having said anything, it is unasked. Purposes and channels are kept by
 * name, whatever the plan: a purpose that leaves consent.yaml and comes back has lost nothing. Pure.
 */
import { consentNameCharsMax, consentsMax } from "../limits-of-delivery.ts";
import { eventName } from "./event.ts";
import type { EventName } from "./event.ts";
import type { Instant } from "./ids.ts";

export const ANY = "*";

/** The event by which anything but an identify call says it. */
export const CONSENT_EVENT: EventName = eventName("track", "Consent Changed");

export type ConsentAnswer = "granted" | "refused";

/** When it was said, through what, and to which wording. */
export interface ConsentProof {
  readonly at: Instant;
  /** Where it was said: as the event named it (`preference page`, `till 3`), or else the key through which it came. */
  readonly source: string;
  /** Version of the words that were agreed or objected to; undefined: not told. */
  readonly wording: string | undefined;
}

export interface ConsentStatement extends ConsentProof {
  /** Or ANY. */
  readonly purpose: string;
  /** Or ANY. */
  readonly channel: string;
  readonly answer: ConsentAnswer;
  /** What was said before this is overruled: `at`, but later where a merge has preferred a refusal to a later grant. */
  readonly since: Instant;
}

/** By purpose, then channel; without statements that a later and wider one has overruled. */
export type Consents = readonly ConsentStatement[];

export const NO_CONSENTS: Consents = Object.freeze([]);

export type Consent = { readonly answer: "unasked" } | ({ readonly answer: ConsentAnswer } & ConsentProof);

const UNASKED: Consent = Object.freeze({ answer: "unasked" });

/** Whatever has consents: a profile. */
export interface ConsentView {
  readonly consents: Consents;
}

/**
 * What holds for this purpose and channel, with its proof. Whether the unasked may be written to, the plan says
 * (`unasked: allowed` of consent.yaml).
 */
export function consentOf({ consents }: ConsentView, purpose: string, channel: string): Consent {
  const held = coveringOf(consents, purpose, channel);
  if (held === undefined) return UNASKED;
  const { answer, at, source, wording } = held;
  return { answer, at, source, wording };
}

/** Whether there may be written, or counted; `unasked`: what the purpose's rule says of those who have said nothing. */
export function allowsWriting({ answer }: Consent, unasked: "allowed" | "refused"): boolean {
  return answer === "granted" || (answer === "unasked" && unasked === "allowed");
}

function coveringOf(consents: Consents, purpose: string, channel: string): ConsentStatement | undefined {
  let found: ConsentStatement | undefined;
  for (const each of consents)
    if (covers(each, { purpose, channel }) && (found === undefined || overrules(each, found))) found = each;
  return found;
}

type About = Pick<ConsentStatement, "purpose" | "channel">;

function covers(wide: About, narrow: About): boolean {
  return (
    (wide.purpose === ANY || wide.purpose === narrow.purpose) &&
    (wide.channel === ANY || wide.channel === narrow.channel)
  );
}

/** Of two that cover one question: the later; said at once (`{marketing: granted, marketing.sms: refused}`) the narrower. */
function overrules(a: ConsentStatement, b: ConsentStatement): boolean {
  if (a.since !== b.since) return a.since > b.since;
  if (widthOf(a) !== widthOf(b)) return widthOf(a) < widthOf(b);
  return compareAtOnce(a, b) > 0;
}

function widthOf({ purpose, channel }: About): number {
  return (purpose === ANY ? 1 : 0) + (channel === ANY ? 1 : 0);
}

/** Of one instant: a refusal before a grant, then an order that does not depend on which came first. */
function compareAtOnce(a: ConsentStatement, b: ConsentStatement): number {
  if (a.answer !== b.answer) return a.answer === "refused" ? 1 : -1;
  return a.at - b.at || compareTexts(a.source, b.source) || compareTexts(a.wording ?? "", b.wording ?? "");
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** What was said, added to what is held, in whatever order it comes. */
export function enterConsents(held: Consents, said: readonly ConsentStatement[]): Consents {
  return said.length === 0 ? held : normalForm([...held, ...said]);
}

/**
 * Of two profiles that become one: where either has refused, it is refused, and stays so until the person says otherwise
 * after the later of the two statements. Where one of them was not asked, the other's answer holds.
 */
export function uniteConsents(ours: Consents, theirs: Consents): Consents {
  if (theirs.length === 0) return ours;
  if (ours.length === 0) return theirs;
  const both = [...ours, ...theirs];
  const purposes = new Set([ANY, ...both.map(({ purpose }) => purpose)]);
  const channels = new Set([ANY, ...both.map(({ channel }) => channel)]);
  const united: ConsentStatement[] = [];
  // At every crossing of what either has named, so that a wide refusal of one meets a narrow grant of the other.
  for (const purpose of purposes)
    for (const channel of channels) {
      const [our, their] = [coveringOf(ours, purpose, channel), coveringOf(theirs, purpose, channel)];
      const stricter = our === undefined ? their : their === undefined ? our : stricterOf(our, their);
      if (stricter !== undefined) united.push({ ...stricter, purpose, channel });
    }
  return normalForm(united);
}

function stricterOf(a: ConsentStatement, b: ConsentStatement): ConsentStatement {
  const isFirst = a.answer === b.answer ? a.since - b.since || compareAtOnce(a, b) : a.answer === "refused" ? 1 : -1;
  return { ...(isFirst >= 0 ? a : b), since: Math.max(a.since, b.since) };
}

/** One statement an object, none that a wider and later one has overruled, in order, within bounds. */
function normalForm(statements: readonly ConsentStatement[]): Consents {
  const latest = new Map<string, ConsentStatement>();
  for (const each of statements) {
    const key = `${each.purpose}.${each.channel}`;
    const known = latest.get(key);
    if (known === undefined || overrules(each, known)) latest.set(key, each);
  }
  const all = [...latest.values()];
  const needed = all.filter(
    (each) => !all.some((wide) => wide !== each && covers(wide, each) && wide.since > each.since),
  );
  const kept = needed.length <= consentsMax ? needed : needed.toSorted(compareWeight).slice(0, consentsMax);
  return kept.toSorted((a, b) => compareTexts(a.purpose, b.purpose) || compareTexts(a.channel, b.channel));
}

/** What is kept where there is too much: refusals before grants, wide before narrow, late before early. */
function compareWeight(a: ConsentStatement, b: ConsentStatement): number {
  if (a.answer !== b.answer) return a.answer === "refused" ? -1 : 1;
  return widthOf(b) - widthOf(a) || b.since - a.since || compareTexts(a.purpose, b.purpose);
}

const NAME = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;

export function isConsentName(text: string): boolean {
  return text === ANY || (text.length <= consentNameCharsMax && NAME.test(text));
}
