/**
 * The fold of one profile: what a record does to it. Each function takes what was recorded and changes the profile in
 * place; none decides, reads a clock or fails. That an event is new is asked before it is recorded (`judge`), not when it
 * is folded.
 */
import { duplicateHorizonMs } from "../limits.ts";
import type { Event } from "../model/event.ts";
import { enterConsents, NO_CONSENTS } from "../model/consent.ts";
import { hashText } from "../model/hash.ts";
import type { Identifier } from "../model/identifier.ts";
import type { Instant, ProfileId } from "../model/ids.ts";
import type { Change } from "../model/plan.ts";
import type { AttemptRecord, DecidedRecord, ExposedRecord, LedgerRecord, OutcomeRecord } from "../model/record.ts";
import { enterAttempt, enterDecided, enterOutcome, NO_AGENDA } from "./agenda.ts";
import { isScored } from "../model/rfm.ts";
import { applyTraits, ownText } from "./attributes.ts";
import { consentsSaid } from "./consent-said.ts";
import { checkedValue, clampInstant, keyOf } from "./contribution.ts";
import { epochOf, NONE_SLEEPING, transitionAt, turnOf } from "./memberships.ts";
import { enterExposure, NO_EXPOSURES } from "./exposures.ts";
import { enterFiring, NO_FIRINGS } from "./firings.ts";
import { NO_CELLS } from "./number-cells.ts";
import { type IdentifierState, type Profile, recountTexts } from "./profile.ts";
import { body16Of, RememberedIds } from "./remembered-ids.ts";
import { enterPoints, NO_POINTS } from "./points.ts";
import { StreamSet } from "./stream-set.ts";

const NO_INDEXES: readonly number[] = Object.freeze([]);

/**
 * Whether an event is one that this profile has applied. `conflict`: its id was, with another body (told by 16 bits of the
 * body's hash). `too_old`: older than the horizon, or than the oldest id still remembered, so that it cannot be told.
 */
export function judge(profile: Profile, event: Event, at: Instant): "new" | "duplicate" | "conflict" | "too_old" {
  const body = profile.ids.bodyOf(event.digest);
  if (body >= 0) return body === body16Of(event.bodyHash) ? "duplicate" : "conflict";
  return isTooOld(event, at) || profile.ids.isForgotten(event.timestamp) ? "too_old" : "new";
}

/** Whether nobody can tell, of anybody, if it came before: its id would not be kept. */
export function isTooOld({ timestamp }: Pick<Event, "timestamp">, at: Instant): boolean {
  return timestamp < at - duplicateHorizonMs;
}

/** @param at the instant of the event's batch */
export function applyEvent(profile: Profile, event: Event, at: Instant): Change {
  const { layout } = profile;
  if (at > profile.clock) profile.clock = at;
  const { clock } = profile;
  const timestamp = clampInstant(event.timestamp);
  // A receipt may be years old, and is repeated soon after it was accepted.
  profile.ids.addEvent(event, event.receipt === true ? clock : timestamp, clock);
  for (const index of layout.plan.streamsOf(event.name)) {
    const raw = layout.plan.streams[index]?.contribution(event.fields);
    if (raw === undefined) continue;
    const key = keyOf(timestamp, event.digest);
    if (typeof raw === "string") {
      profile.streams.addText(profile, index, key, raw);
      continue;
    }
    const value = checkedValue(raw);
    if (value !== undefined) profile.streams.add(profile, index, key, value);
  }
  const said = consentsSaid(event);
  if (said.length > 0) {
    profile.consents = enterConsents(profile.consents, said);
    recountTexts(profile);
  }
  if (event.type !== "identify" && event.type !== "group" && !isScored(event))
    return { kind: "event", event: event.name, attributes: NO_INDEXES };
  const { held, changed } = applyTraits(profile.attributes, layout, event);
  if (held !== profile.attributes) {
    profile.attributes = held;
    profile.streams.changed();
    recountTexts(profile);
  }
  return { kind: "event", event: event.name, attributes: changed };
}

/** What a receipt did to the points. */
export function applyLedger(profile: Profile, record: LedgerRecord, at: Instant): void {
  if (at > profile.clock) profile.clock = at;
  profile.points = enterPoints(profile.points, record, at);
  recountTexts(profile);
}

/** A trigger fired: what it wants to send waits. */
export function applyDecided(profile: Profile, record: DecidedRecord, at: Instant): void {
  if (at > profile.clock) profile.clock = at;
  profile.firings = enterFiring(profile.firings, record);
  profile.agenda = enterDecided(profile.agenda, record, at);
  recountTexts(profile);
}

/** A message goes out. */
export function applyAttempt(profile: Profile, record: AttemptRecord, at: Instant): void {
  if (at > profile.clock) profile.clock = at;
  profile.agenda = enterAttempt(profile.agenda, record, at);
  recountTexts(profile);
}

/** What has come of a message. */
export function applyOutcome(profile: Profile, record: OutcomeRecord, at: Instant): void {
  if (at > profile.clock) profile.clock = at;
  profile.agenda = enterOutcome(profile.agenda, record, at);
  recountTexts(profile);
}

/** The person has come to a holdout. */
export function applyExposed(profile: Profile, record: ExposedRecord, at: Instant): void {
  if (at > profile.clock) profile.clock = at;
  profile.exposures = enterExposure(profile.exposures, record);
  recountTexts(profile);
}

/** Whether the profile has applied this very receipt; `forgotten`: it may have, and has forgotten so many. */
export function judgeReceipt(profile: Profile, event: Event): "new" | "known" | "forgotten" {
  if (profile.ids.bodyOf(event.digest) >= 0) return "known";
  return profile.ids.floorUnit >= 0 ? "forgotten" : "new";
}

/** A segment that the plan does not know any more sleeps. */
export function applyTransition(profile: Profile, segment: string, entered: boolean, epoch: number, at: Instant): void {
  if (at > profile.clock) profile.clock = at;
  const stay = { inside: entered, epoch, at };
  const index = profile.layout.segmentOfName.get(segment);
  if (index === undefined) {
    const slept = profile.sleeping.find(({ hash }) => hash === hashText(segment));
    return profile.putStay({ hash: hashText(segment), ...stay, before: turnOf(slept, !entered) });
  }
  const turned = transitionAt(profile.memberships, index, !entered);
  profile.setMembership({ index, ...stay, before: Number.isNaN(turned) ? undefined : turned });
}

/** How often the profile has entered a segment. */
export function segmentEpoch(profile: Profile, segment: string): number {
  const index = profile.layout.segmentOfName.get(segment);
  return index === undefined ? 0 : epochOf(profile.memberships, index);
}

/** Adds an identifier, or gives one that it has another state. */
export function bindIdentifier(profile: Profile, identifier: Identifier, state: IdentifierState): void {
  const { kind, value } = identifier;
  const at = profile.identifiers.findIndex((held) => held.kind === kind && held.value === value);
  // Not by spreading, which leaves room for a dozen more.
  if (at < 0) profile.identifiers = profile.identifiers.concat([{ kind, value: ownText(value), state }]);
  else if (profile.identifiers[at]?.state !== state)
    profile.identifiers = profile.identifiers.with(at, {
      kind,
      value: profile.identifiers[at]?.value as string,
      state,
    });
  else return;
  // A list that the person is on is found by what they are known by.
  profile.memo = undefined;
  recountTexts(profile);
}

/** Changes the state of an identifier that the profile has; one it has not is left alone. */
export function setIdentifierState(profile: Profile, identifier: Identifier, state: IdentifierState): void {
  const { kind, value } = identifier;
  if (profile.identifiers.some((held) => held.kind === kind && held.value === value))
    bindIdentifier(profile, identifier, state);
}

/** From now on only a redirect. Its state for the winner is what `encodeProfile` gave before. */
export function seal(profile: Profile, into: ProfileId): void {
  profile.sealedInto = into;
  profile.identifiers = [];
  profile.attributes = [];
  profile.absorbed = [];
  profile.merges = [];
  profile.marks = [];
  profile.setMemberships(NO_CELLS);
  profile.sleeping = NONE_SLEEPING;
  profile.ids = new RememberedIds();
  profile.streams = new StreamSet();
  profile.points = NO_POINTS;
  profile.firings = NO_FIRINGS;
  profile.consents = NO_CONSENTS;
  profile.agenda = NO_AGENDA;
  profile.exposures = NO_EXPOSURES;
  profile.wakeUp = Number.POSITIVE_INFINITY;
  recountTexts(profile);
}
