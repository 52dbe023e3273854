/** A profile for people (`summarise`) and for comparing two folds of the same records (`canonical`). */
import { IDENTIFIER_KINDS, type Identifier, type IdentifierKind } from "../model/identifier.ts";
import type { Json } from "../model/event.ts";
import { digestHex } from "../model/hash.ts";
import type { ProfileSummary } from "../shard/port.ts";
import { instantOfKey } from "./contribution.ts";
import { sumOf } from "./day-sums.ts";
import { membershipsIn } from "./memberships.ts";
import type { Profile } from "./profile.ts";
import { copyStream } from "./stream-copy.ts";

/** All of a summary but the epoch, which its shard knows. */
export function summarise(profile: Profile): Omit<ProfileSummary, "epoch"> {
  const { plan, attributes, memberships } = profile;
  return {
    profile: profile.id,
    identifiers: profile.identifiers.map(({ kind, value }) => ({ kind, value })),
    reachedBy: reachedBy(profile),
    consents: profile.consents,
    attributes: Object.fromEntries(
      attributes.flatMap(({ index, value }) => (value === undefined ? [] : [[plan.attributes[index]?.name, value]])),
    ),
    segments: membershipsIn(memberships).flatMap(({ index, inside }) =>
      inside ? [plan.segments[index] as string] : [],
    ),
    position: profile.position,
    applied: profile.ids.inOrder().map(digestHex),
    firings: profile.firings.map(({ message }) => message),
    points: { balance: profile.points.balance, entries: profile.points.entries },
  };
}

/** The most lasting first: an anonymous id goes with its device. */
const LASTING: Readonly<Record<IdentifierKind, number>> = {
  user: 1,
  card: 2,
  email: 3,
  phone: 4,
  telegram: 5,
  anonymous: 6,
};
const REACHING = IDENTIFIER_KINDS.toSorted((a, b) => LASTING[a] - LASTING[b]);

function reachedBy({ identifiers }: Profile): Identifier | undefined {
  const bound = identifiers.filter(({ state }) => state === "bound");
  const kind = REACHING.find((each) => bound.some((held) => held.kind === each));
  const held = bound.find((each) => each.kind === kind);
  return held === undefined ? undefined : { kind: held.kind, value: held.value };
}

/**
 * Two folds of the same records are equal in this form, as JSON text too: it has no caches, positions, wake-ups, nor
 * anything that depends on the order in which events of different times came. Drops first what the profile's clock says
 * is too old.
 */
export function canonical(profile: Profile): Json {
  const { plan, clock, ids, streams } = profile;
  if (profile.sealedInto !== undefined) return { profile: profile.id, sealedInto: profile.sealedInto };
  ids.trim(clock);
  streams.trim(profile);
  const [first, ...others] = profile.identifiers.map(({ kind, value, state }) => [kind, value, state]);
  return {
    profile: profile.id,
    absorbed: [...profile.absorbed],
    merges: [...profile.merges].sort(),
    marks: [...profile.marks].sort((a, b) => a - b),
    identifiers: first === undefined ? [] : [first, ...others.sort(compareTexts)],
    attributes: byName(
      profile.attributes.map(({ index, value, stamp }) => [
        plan.attributes[index]?.name as string,
        [value ?? null, stamp.timestamp, stamp.source, digestHex(stamp)],
      ]),
    ),
    segments: byName(
      membershipsIn(profile.memberships).map(({ index, inside, epoch, at, before }) => [
        plan.segments[index] as string,
        [inside, epoch, at, before ?? null],
      ]),
    ),
    sleeping: profile.sleeping.map(({ hash, inside, epoch, at, before }) => [hash, inside, epoch, at, before ?? null]),
    streams: byName(streams.indexes().map((index) => [plan.streams[index]?.key as string, streamForm(profile, index)])),
    texts: [...streams.texts],
    ids: ids.inOrder().map((id) => `${digestHex(id)}:${id.body16}:${id.unit}`),
    floor: ids.floorUnit,
    points: [profile.points.balance, profile.points.entries],
    firings: profile.firings.map(({ trigger, at, message }) => [trigger, at, message]),
    consents: profile.consents.map(({ purpose, channel, answer, since, at, source, wording }) => [
      `${purpose}.${channel}`,
      answer,
      since,
      at,
      source,
      wording ?? null,
    ]),
    exposures: profile.exposures.map(({ holdout, heldOut, at }) => [holdout, heldOut, at]),
    waiting: profile.agenda.waiting.map(({ message, of, at, since, attempts, underWay }) => [
      message,
      of,
      at,
      since,
      attempts,
      underWay === undefined ? null : [underWay.channel, underWay.at, underWay.by, underWay.to],
    ]),
    ended: profile.agenda.ended.map(({ message, at, attempts, became, channel, told }) => [
      message,
      at,
      attempts,
      became,
      channel ?? null,
      told,
    ]),
    receipts: profile.points.receipts.map((held) => [
      digestHex(held),
      held.earned,
      held.eligible,
      held.reversed,
      held.returned,
      held.of ?? null,
      held.at,
      held.answer,
      ...(held.parts === undefined ? [] : [JSON.stringify(held.parts)]),
    ]),
  };
}

function streamForm({ streams }: Profile, index: number): Json {
  const { keys, values, days } = copyStream(streams, index);
  return {
    entries: keys.map((key, i) => [instantOfKey(key), key % 2048, values[i] as number]),
    days: [...(days?.entries() ?? [])].map((row) => {
      const { day, count, firstKey, firstValue, lastKey, lastValue, least, greatest } = row;
      return [day, count, sumOf(row), firstKey, firstValue, lastKey, lastValue, least, greatest];
    }),
  };
}

function byName(entries: readonly (readonly [string, Json])[]): Json {
  return Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}

function compareTexts(a: readonly string[], b: readonly string[]): number {
  const left = a.join(":");
  const right = b.join(":");
  return left < right ? -1 : left > right ? 1 : 0;
}
