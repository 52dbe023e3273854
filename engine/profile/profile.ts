/**
 * The state of one person: a pure fold of the records of this profile and of those it has absorbed. Changed only by the
 * functions of this room (apply.ts, absorb.ts, rebase.ts), read by rules through ProfileView. What two folds of the same
 * records give is equal in canonical form, whatever the order in which late or repeated things came.
 *
 * Modes: open -> sealed. A sealed profile only says into whom it was absorbed.
 */
import type { IdentifierKind } from "../model/identifier.ts";
import type { Instant, Position, ProfileId } from "../model/ids.ts";
import { type Consents, NO_CONSENTS } from "../model/consent.ts";
import type { AppliedEvent, FieldValue, Plan, ProfileView } from "../model/plan.ts";
import { type Agenda, dueOf, NO_AGENDA } from "./agenda.ts";
import { attributeIn, type HeldAttribute } from "./attributes.ts";
import {
  insideBits,
  type Membership,
  NONE_SLEEPING,
  putMembership,
  putSleeping,
  type SleepingMembership,
  transitionAt,
  withBit,
} from "./memberships.ts";
import { type Exposures, NO_EXPOSURES } from "./exposures.ts";
import { type Firings, NO_FIRINGS } from "./firings.ts";
import { NO_CELLS } from "./number-cells.ts";
import { layoutOf, type PlanLayout } from "./plan-layout.ts";
import { NO_POINTS, type Points } from "./points.ts";
import { RememberedIds } from "./remembered-ids.ts";
import { completionsBy, completionsIn, nextCompletion, sequenceUnderWay, type UnderWay } from "./sequence.ts";
import { recentTextsIn } from "./recent-texts.ts";
import { StreamSet } from "./stream-set.ts";

/** bound: its cell points here; pending: a claim waits for its answer; unproved: said by a browser, changes nobody. */
export type IdentifierState = "bound" | "pending" | "unproved";

export interface HeldIdentifier {
  readonly kind: IdentifierKind;
  readonly value: string;
  readonly state: IdentifierState;
}

const NONE: readonly never[] = Object.freeze([]);

export class Profile implements ProfileView {
  readonly id: ProfileId;
  /** Indexes of streams, attributes and segments are this plan's. Changed by `rebase` only. */
  plan: Plan;
  layout: PlanLayout;
  /** Last record applied to it; set by the caller of the apply functions. */
  position: Position = 0;
  /** Infinity: none. Set by the caller. */
  wakeUp: Instant = Number.POSITIVE_INFINITY;
  /** Free for the shard room; not stored. The cache keeps what is dirty. */
  dirty = false;
  /** Latest instant of an applied record: what is too old by then is not kept. */
  clock: Instant = 0;
  sealedInto: ProfileId | undefined = undefined;
  /** Profiles that are part of this one, in order of absorption. */
  absorbed: readonly ProfileId[] = NONE;
  /** Ids of the merges by which they came. */
  merges: readonly string[] = NONE;
  /** The first is the one it was created under. */
  identifiers: readonly HeldIdentifier[] = NONE;
  attributes: readonly HeldAttribute[] = NONE;
  /** As memberships.ts packs them; set by `setMemberships` and `setMembership`, which keep `inside`. */
  memberships: number[] = NO_CELLS;
  inside: number[] = NO_CELLS;
  /** Of segments that other plans had. */
  sleeping: readonly SleepingMembership[] = NONE_SLEEPING;
  /** Of what was gathered for a new plan, while rules wait for it; see backfill.ts. */
  marks: readonly number[] = NONE;
  ids = new RememberedIds();
  streams = new StreamSet();
  points: Points = NO_POINTS;
  firings: Firings = NO_FIRINGS;
  consents: Consents = NO_CONSENTS;
  agenda: Agenda = NO_AGENDA;
  exposures: Exposures = NO_EXPOSURES;
  /** The plan's, see ProfileView; not stored. */
  memo: number[] | undefined = undefined;
  /** Bytes of its texts, kept as they change. */
  textBytes = 0;
  /** For the cache: its neighbours in order of use, and the bytes it is counted with; 0: not in a cache. */
  newer: Profile | undefined = undefined;
  older: Profile | undefined = undefined;
  countedBytes = 0;

  constructor(id: ProfileId, plan: Plan) {
    this.id = id;
    this.plan = plan;
    this.layout = layoutOf(plan);
  }

  identifierValues(): readonly string[] {
    return this.identifiers.flatMap(({ value, state }) => (state === "bound" ? [value] : []));
  }

  attribute(index: number): FieldValue | undefined {
    return attributeIn(this.attributes, index);
  }

  aggregate(index: number, at: Instant): number {
    return this.streams.read(this.layout, index, at, this);
  }

  aggregateText(index: number, at: Instant): string | undefined {
    return this.streams.readText(this.layout, index, at, this);
  }

  recentTexts(index: number, at: Instant, most: number): readonly { readonly text: string; readonly at: Instant }[] {
    return recentTextsIn(this.streams, this.layout, { aggregate: index, at, most });
  }

  aggregateValidUntil(index: number, at: Instant): Instant {
    return this.streams.validUntil(this.layout, index, at, this);
  }

  completions(index: number, after: Instant, upTo: Instant): readonly Instant[] {
    const sequence = this.layout.sequenceOf[index];
    return sequence === undefined ? [] : completionsIn(this.streams, sequence, { after, upTo });
  }

  completionsBy(
    index: number,
    event: AppliedEvent,
    span: { readonly after: Instant; readonly upTo: Instant },
  ): readonly Instant[] {
    const sequence = this.layout.sequenceOf[index];
    return sequence === undefined ? [] : completionsBy(this.streams, sequence, event, span);
  }

  nextCompletion(index: number, at: Instant): Instant {
    const sequence = this.layout.sequenceOf[index];
    return sequence === undefined ? Number.POSITIVE_INFINITY : nextCompletion(this.streams, sequence, at);
  }

  inSegment(index: number): boolean {
    return ((this.inside[index >>> 5] ?? 0) & (1 << (index & 31))) !== 0;
  }

  /** Of a sequence that is neither complete nor over. */
  sequenceUnderWay(index: number, at: Instant): UnderWay | undefined {
    const sequence = this.layout.sequenceOf[index];
    return sequence && sequenceUnderWay(this.streams, sequence, at);
  }

  transitionAt(segment: number, entered: boolean): Instant {
    return transitionAt(this.memberships, segment, entered);
  }

  setMemberships(memberships: number[]): void {
    this.memberships = memberships;
    this.inside = insideBits(memberships);
  }

  setMembership(membership: Membership): void {
    this.memberships = putMembership(this.memberships, membership);
    this.inside = withBit(this.inside, membership.index, membership.inside);
  }

  /** By the segment's number: it sleeps where the plan does not have it. */
  putStay({ hash, ...stay }: SleepingMembership): void {
    const index = this.layout.segmentOfHash.get(hash);
    if (index === undefined) this.sleeping = putSleeping(this.sleeping, { hash, ...stay });
    else this.setMembership({ index, ...stay });
  }
}

export function createProfile(id: ProfileId, plan: Plan): Profile {
  return new Profile(id, plan);
}

/** When it is to be looked at next: a rule may act on it, or a message of its own is due, of which nobody may know what came. */
export function wakesAt({ wakeUp, agenda }: Profile): Instant {
  return Math.min(wakeUp, dueOf(agenda));
}

/** Bytes of a profile without anything in it, its place in a cache included; measured on Node 20. */
const EMPTY_BYTES = 560;
const NUMBER_BYTES = 8;
const SLEEPING_BYTES = 64;

/** About the bytes it takes in memory; cheap: nothing is walked but its few long streams. */
export function bytesOf(profile: Profile): number {
  const numbers =
    profile.ids.cells.length +
    profile.memberships.length +
    profile.inside.length +
    (profile.memo?.length ?? 0) +
    profile.streams.slots;
  const sleeping = profile.sleeping.length * SLEEPING_BYTES;
  return EMPTY_BYTES + numbers * NUMBER_BYTES + sleeping + profile.textBytes + profile.streams.textBytes;
}

/** Resident bytes of a text and of what refers to it. */
export function bytesOfText(text: string): number {
  return 24 + text.length;
}

const IDENTIFIER_BYTES = 56;
const ATTRIBUTE_BYTES = 56;
const STAMP_BYTES = 40;
const RECEIPT_BYTES = 96;
const MARK_BYTES = 16;
const FIRING_BYTES = 104;
/** Its names and sources are shared by all profiles. */
const CONSENT_BYTES = 96;
const WAITING_BYTES = 320;
const ENDED_BYTES = 200;
const EXPOSURE_BYTES = 64;

/** To be called when identifiers, attributes, receipts, firings, consents, messages or merges have changed. */
export function recountTexts(profile: Profile): void {
  let bytes = 0;
  for (const { value } of profile.identifiers) bytes += IDENTIFIER_BYTES + bytesOfText(value);
  for (const { value } of profile.attributes) {
    bytes += ATTRIBUTE_BYTES + STAMP_BYTES;
    if (typeof value === "string") bytes += bytesOfText(value);
    else if (typeof value === "number") bytes += 16;
    else if (typeof value === "object") for (const text of value) bytes += 8 + bytesOfText(text);
  }
  for (const id of profile.absorbed) bytes += 8 + bytesOfText(id);
  for (const id of profile.merges) bytes += 8 + bytesOfText(id);
  for (const { answer } of profile.points.receipts) bytes += RECEIPT_BYTES + bytesOfText(answer);
  for (const { wording } of profile.consents)
    bytes += CONSENT_BYTES + (wording === undefined ? 0 : bytesOfText(wording));
  bytes += profile.marks.length * MARK_BYTES + profile.firings.length * FIRING_BYTES;
  const { waiting, ended } = profile.agenda;
  bytes += profile.exposures.length * EXPOSURE_BYTES;
  profile.textBytes = bytes + waiting.length * WAITING_BYTES + ended.length * ENDED_BYTES;
}
