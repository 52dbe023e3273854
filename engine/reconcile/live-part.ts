/**
 * What the live store holds of a shard: the small state with its watermark, and the stored row of each person. Read in
 * pages while everything goes on; the watermark is read first, so that whatever it vouches for is in the rows.
 */
import { type Instant, type Position, type ProfileId, type ShardId, type Slot, slotOfProfile } from "../model/ids.ts";
import type { Change, Plan } from "../model/plan.ts";
import { decodeProfile, dueOf, isEmptied, type Profile } from "../profile/port.ts";
import { parseMeta, type StoredMeta } from "../shard/refold-port.ts";
import type { HotStore, StoredProfile } from "../store/port.ts";
import { storedWakeUpsMax } from "../limits.ts";
import { comparedPageMax, overdueWakeUpMsMin, wakeUpClockMsMax } from "../limits-of-reconcile.ts";
import { BANDS, type PartOf, slotsOf } from "./bands.ts";
import { type KeptPerson, markOf } from "./snapshot-pages.ts";

export interface LiveShard {
  readonly watermark: Position;
  readonly meta: StoredMeta;
}

export interface LivePerson {
  readonly position: Position;
  /** `kept`: it stands as it was snapped. */
  readonly is: "read" | "unreadable" | "kept";
  /** As `markOf` makes it. */
  readonly mark: string;
  /** Names of segments in which the profile is against their own rules. */
  readonly contradicted: readonly string[];
  /** By what the store wakes the profile; Infinity: it sleeps. */
  readonly wakeUp: Instant;
  /** Before it something is due of which nobody will think; undefined: the profile is woken in time. */
  readonly overslept: Instant | undefined;
  /** In bytes of its own; undefined: of one that is kept. */
  readonly row: Uint8Array | undefined;
}

type State = Pick<HotStore["state"], "loadMeta" | "scan" | "loadProfiles" | "due">;
type Scanned = Pick<State, "scan">;

/** undefined: the shard was never checkpointed. */
export async function readLiveShard(state: Pick<State, "loadMeta">, shard: ShardId): Promise<LiveShard | undefined> {
  const stored = await state.loadMeta(shard);
  return stored && { watermark: stored.watermark, meta: parseMeta(stored.meta) };
}

/** Everybody of the shard, page by page. */
export async function* scanPeople(state: Scanned, shard: ShardId): AsyncGenerator<readonly StoredProfile[]> {
  let cursor: ProfileId | undefined;
  for (;;) {
    const page = await state.scan(shard, cursor, comparedPageMax);
    if (page.length > 0) yield page;
    if (page.length < comparedPageMax) return;
    cursor = page.at(-1)?.id;
  }
}

/** Those of a part only: what lies between its bands is not read. */
async function* scanPart(
  state: Scanned,
  shard: ShardId,
  { part, parts, shards }: PartOf & { readonly shards: number },
): AsyncGenerator<readonly StoredProfile[]> {
  if (parts === 1) return yield* scanPeople(state, shard);
  for (let band = part; band < BANDS; band += parts) {
    const { from, end } = slotsOf(band);
    for (let cursor = lastBefore(from, shard, shards); ; ) {
      const page = await state.scan(shard, cursor, comparedPageMax);
      const ours = page.filter(({ id }) => slotOfProfile(id) < end);
      if (ours.length > 0) yield ours;
      if (page.length < comparedPageMax || ours.length < page.length) break;
      cursor = page.at(-1)?.id;
    }
  }
}

/** The last id that the shard can have before the slot; undefined: there is none. */
function lastBefore(slot: Slot, shard: ShardId, shards: number): ProfileId | undefined {
  const before = slot - 1 - ((((slot - 1 - shard) % shards) + shards) % shards);
  return before < 0 ? undefined : (`${before.toString(16).padStart(3, "0")}${"f".repeat(21)}` as ProfileId);
}

export async function readLivePeople(
  state: State,
  {
    shard,
    of,
    plan,
    isOurs,
    keptOf,
    now,
    judges,
  }: {
    readonly shard: ShardId;
    /** Which part of it; of so many shards. */
    readonly of: PartOf & { readonly shards: number };
    readonly plan: Plan;
    readonly isOurs: (slot: Slot) => boolean;
    /** As of the snapshot, where it can be held against it. */
    readonly keptOf: (id: ProfileId) => KeptPerson | undefined;
    readonly now: () => Instant;
    /** Whether everybody has been met by this plan, so that memberships can be held against the rules. */
    readonly judges: boolean;
  },
): Promise<ReadonlyMap<ProfileId, LivePerson>> {
  const people = new Map<ProfileId, LivePerson>();
  for await (const page of scanPart(state, shard, of)) {
    const at = now();
    for (const { id, row, wakeUp } of page) {
      if (!isOurs(slotOfProfile(id))) continue;
      const mark = markOf(row, wakeUp);
      const around = { mark, wakeUp, contradicted: NONE, overslept: undefined };
      const snapped = keptOf(id);
      if (snapped?.mark === mark) {
        // Found to be right then, and a membership by its own rule stays so until the profile's wake-up.
        people.set(id, { ...around, position: snapped.position, is: "kept", row: undefined });
        continue;
      }
      const own = new Uint8Array(row);
      let profile: Profile;
      try {
        profile = decodeProfile(row, plan, id);
      } catch {
        people.set(id, { ...around, position: 0, is: "unreadable", row: own });
        continue;
      }
      const { position } = profile;
      const isAwake = Math.min(wakeUp, profile.wakeUp) > at;
      const contradicted = judges && isAwake ? contradictedBy(profile, plan, at) : NONE;
      const overslept = oversleptBy(profile, wakeUp, judges && contradicted.length === 0 ? { plan, at } : undefined);
      people.set(id, { ...around, position, is: "read", contradicted, overslept, row: own });
    }
  }
  for (const [id, person] of await unheard(state, shard, { people, at: now() }))
    people.set(id, { ...person, overslept: person.wakeUp });
  return people;
}

const EVERYTHING: Change = Object.freeze({ kind: "everything" });

/**
 * What is due before the profile is woken. The store wakes it by what the row itself says, when a rule may turn and when a
 * message is due, written in one with the row; and a row is written when its rules have been looked at, so that none turns
 * before that.
 * @param by undefined: the rules have not met everybody, or say already that something is wrong
 */
function oversleptBy(
  profile: Profile,
  wakeUp: Instant,
  by: { readonly plan: Plan; readonly at: Instant } | undefined,
): Instant | undefined {
  if (profile.sealedInto !== undefined || isEmptied(profile)) return undefined;
  const own = Math.min(profile.wakeUp, dueOf(profile.agenda));
  if (wakeUp > own) return own;
  if (by === undefined || profile.wakeUp <= by.at) return undefined;
  const flip = by.plan.nextFlip(profile, EVERYTHING, by.at + wakeUpClockMsMax);
  return profile.wakeUp > flip ? flip : undefined;
}

/** Who should have been woken long ago, and is not among those that the store would wake. */
async function unheard(
  state: Pick<State, "due">,
  shard: ShardId,
  { people, at }: { readonly people: ReadonlyMap<ProfileId, LivePerson>; readonly at: Instant },
): Promise<readonly (readonly [ProfileId, LivePerson])[]> {
  const until = at - overdueWakeUpMsMin;
  const overdue = [...people].filter(([, { wakeUp }]) => wakeUp <= until);
  if (overdue.length === 0) return [];
  const due = await state.due(shard, until, storedWakeUpsMax);
  const known = new Set(due.map(({ id }) => id));
  // Of more than are told at once nothing can be said.
  const told = due.length < storedWakeUpsMax ? until : (due.at(-1)?.at ?? until) - 1;
  return overdue.filter(([id, { wakeUp }]) => wakeUp <= told && !known.has(id));
}

const NONE: readonly string[] = Object.freeze([]);

/** Changes the profile. */
function contradictedBy(profile: Profile, plan: Plan, now: Instant): readonly string[] {
  if (profile.sealedInto !== undefined || isEmptied(profile)) return NONE;
  const at = Math.max(now, profile.clock);
  let names: string[] | undefined;
  plan.evaluate(profile, { kind: "everything" }, at, (index, inside) => {
    (names ??= []).push(plan.segments[index] ?? "");
    profile.setMembership({ index, inside, epoch: 0, at });
  });
  return names ?? NONE;
}
