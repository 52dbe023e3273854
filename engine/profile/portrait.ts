/**
 * A profile for whoever looks closely at one person: every identifier with its state, every attribute with who said it and
 * when, segments with their entries, and what each stream holds. Pure; it says what is kept, never what is decided.
 */
import type { ConsentStatement } from "../model/consent.ts";
import type { IdentifierKind } from "../model/identifier.ts";
import type { Instant, Position, ProfileId } from "../model/ids.ts";
import type { FieldType, FieldValue } from "../model/plan.ts";
import { instantOfKey } from "./contribution.ts";
import { sumOf } from "./day-sums.ts";
import type { Exposures } from "./exposures.ts";
import { membershipsIn } from "./memberships.ts";
import type { Points } from "./points.ts";
import type { IdentifierState, Profile } from "./profile.ts";
import { copyStream } from "./stream-copy.ts";
import { createBounds, setBounds } from "./window-bounds.ts";

export interface ProfilePortrait {
  readonly profile: ProfileId;
  /** Of the last record applied to it. */
  readonly position: Position;
  /** Of the latest record applied to it. */
  readonly clock: Instant;
  readonly wakeUp: Instant | undefined;
  readonly sealedInto: ProfileId | undefined;
  readonly absorbed: readonly ProfileId[];
  readonly identifiers: readonly {
    readonly kind: IdentifierKind;
    readonly value: string;
    readonly state: IdentifierState;
  }[];
  readonly attributes: readonly {
    readonly name: string;
    readonly type: FieldType;
    /** undefined: cleared. */
    readonly value: FieldValue | undefined;
    readonly at: Instant;
    readonly source: string;
  }[];
  /** Those that it is in or was in, as recorded; `at`: the last transition. */
  readonly segments: readonly {
    readonly name: string;
    readonly inside: boolean;
    readonly entries: number;
    readonly at: Instant;
  }[];
  readonly streams: readonly {
    readonly key: string;
    readonly event: string;
    readonly count: number;
    /** Of values that are amounts, in their units (lengths in ms); else as `count`. */
    readonly sum: number;
    readonly first: Instant;
    readonly last: Instant;
    /** How many of `count` are kept by day only. */
    readonly folded: number;
  }[];
  /** Of the loyalty ledger: the sum, and the latest receipts. */
  readonly points: Points;
  /** What triggers have set off, the latest last; those of triggers that the plan does not have are left out. */
  readonly fired: readonly { readonly trigger: string; readonly at: Instant; readonly message: string }[];
  /** What the person has said of being written to; `since` aside, as model/consent.ts has it. */
  readonly consents: readonly ConsentStatement[];
  /** Holdouts that the person has come to, each when for the first time. */
  readonly exposures: Exposures;
  /** Message ids that are remembered, so that a repetition is told. */
  readonly remembered: number;
}

export function portrayProfile(profile: Profile): ProfilePortrait {
  const { plan, wakeUp } = profile;
  return {
    profile: profile.id,
    position: profile.position,
    clock: profile.clock,
    wakeUp: wakeUp === Number.POSITIVE_INFINITY ? undefined : wakeUp,
    sealedInto: profile.sealedInto,
    absorbed: profile.absorbed,
    identifiers: profile.identifiers,
    attributes: profile.attributes.flatMap(({ index, value, stamp }) => {
      const definition = plan.attributes[index];
      if (definition === undefined) return [];
      return [{ ...definition, value, at: stamp.timestamp, source: stamp.source }];
    }),
    segments: membershipsIn(profile.memberships).map(({ index, inside, epoch, at }) => ({
      name: plan.segments[index] as string,
      inside,
      entries: epoch,
      at,
    })),
    streams: profile.streams.indexes().flatMap((index) => portrayStream(profile, index)),
    points: profile.points,
    fired: profile.firings.flatMap(({ trigger, at, message }) => {
      const definition = plan.triggers?.all.find(({ id }) => id === trigger);
      return definition === undefined ? [] : [{ trigger: definition.name, at, message }];
    }),
    consents: profile.consents,
    exposures: profile.exposures,
    remembered: profile.ids.count,
  };
}

function portrayStream(profile: Profile, index: number): ProfilePortrait["streams"] {
  const definition = profile.plan.streams[index];
  const { keys, values, days } = copyStream(profile.streams, index);
  const rows = [...(days?.entries() ?? [])];
  const folded = rows.reduce((sum, { count }) => sum + count, 0);
  if (definition === undefined || keys.length + folded === 0) return [];
  const instants = [...keys, ...rows.flatMap(({ firstKey, lastKey }) => [firstKey, lastKey])].map(instantOfKey);
  const type = definition.valueType;
  const total = values.reduce((sum, value) => sum + value, 0) + rows.reduce((sum, row) => sum + sumOf(row), 0);
  const sum = isAmount(type) ? total / unitOfValues(type) : keys.length + folded;
  return [
    {
      key: definition.key,
      event: definition.event,
      count: keys.length + folded,
      sum,
      first: instants.reduce((least, at) => Math.min(least, at)),
      last: instants.reduce((most, at) => Math.max(most, at)),
      folded,
    },
  ];
}

/** What one event has added to an aggregate, as people read it; 1 for one that counts. */
export interface Contribution {
  readonly at: Instant;
  /** undefined: a text that is not kept. */
  readonly value: number | string | undefined;
}

const SCALED: readonly (FieldType | undefined)[] = ["number", "money", "percentage"];

function isAmount(type: FieldType | undefined): boolean {
  return SCALED.includes(type) || type === "duration";
}

function unitOfValues(type: FieldType | undefined): number {
  return SCALED.includes(type) ? 10_000 : 1;
}

function readable(profile: Profile, value: number, type: FieldType | undefined): Contribution["value"] {
  switch (type) {
    case "text":
      return profile.streams.textOf(value);
    case "boolean":
      return value === 1 ? "true" : "false";
    case "instant":
    case "date":
      return new Date(value).toISOString().slice(0, type === "date" ? 10 : undefined);
    default:
      return value / unitOfValues(type);
  }
}

/**
 * The events that an aggregate counts at an instant, newest first, as far as they are kept one by one.
 * @param most at most so many
 */
export function contributionsOf(
  profile: Profile,
  aggregate: number,
  { at, most }: { readonly at: Instant; readonly most: number },
): readonly Contribution[] {
  const definition = profile.plan.aggregates[aggregate];
  if (definition === undefined) return [];
  const bounds = createBounds();
  setBounds(bounds, profile.layout, aggregate, at, profile);
  const { keys, values } = copyStream(profile.streams, definition.stream);
  const type = profile.plan.streams[definition.stream]?.valueType;
  const found: Contribution[] = [];
  for (let i = keys.length - 1; i >= 0 && found.length < most; i--) {
    const key = keys[i] as number;
    if (key < bounds.fromKey) break;
    if (key < bounds.toKey) found.push({ at: instantOfKey(key), value: readable(profile, values[i] as number, type) });
  }
  return found;
}
