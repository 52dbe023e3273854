/**
 * What the live store holds of a shard: the small state with its watermark, and the stored row of each person. Read in
 * pages while everything goes on; the watermark is read first, so that whatever it vouches for is in the rows.
 */
import { type Instant, type Position, type ProfileId, type ShardId, type Slot, slotOfProfile } from "../model/ids.ts";
import type { Change, Plan } from "../model/plan.ts";
import { decodeProfile, dueOf, isEmptied, type Profile, readRowHead } from "../profile/port.ts";
import { parseMeta, type StoredMeta } from "../shard/refold-port.ts";
import type { HotStore, StoredProfile } from "../store/port.ts";
import { storedWakeUpsMax } from "../limits.ts";
import { comparedPageMax, overdueWakeUpMsMin, scannedMoreMin, wakeUpClockMsMax } from "../limits-of-reconcile.ts";
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
  readonly mark: number;
  /** By what the store wakes the profile; Infinity: it sleeps. */
  readonly wakeUp: Instant;
  /** When it was read. */
  readonly at: Instant;
  /** By what it should have been woken long ago, and is not heard of; undefined: the store would wake it. */
  readonly unheard: Instant | undefined;
  /** As the store gave it, perhaps a view of more; undefined: of one that is kept. */
  readonly row: Uint8Array | undefined;
}

/** What a profile is by its own rules. */
export interface Judgement {
  /** Names of segments in which it is against their rules. */
  readonly contradicted: readonly string[];
  /** Before it is woken something is due then, of which nobody will think; undefined: it is woken in time. */
  readonly overslept: Instant | undefined;
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
  let limit = comparedPageMax;
  for (let band = part; band < BANDS; band += parts) {
    const { from, end } = slotsOf(band);
    let people = 0;
    for (let cursor = lastBefore(from, shard, shards); ; ) {
      const page = await state.scan(shard, cursor, limit);
      const ours = page.filter(({ id }) => slotOfProfile(id) < end);
      people += ours.length;
      if (ours.length > 0) yield ours;
      if (page.length < limit || ours.length < page.length) break;
      cursor = page.at(-1)?.id;
    }
    // Bands are about as large as each other: of the next one little more is read than it has.
    limit = Math.min(comparedPageMax, Math.ceil(people * 1.2) + scannedMoreMin);
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
    vouched,
  }: {
    readonly shard: ShardId;
    /** Which part of it; of so many shards. */
    readonly of: PartOf & { readonly shards: number };
    readonly plan: Plan;
    readonly isOurs: (slot: Slot) => boolean;
    /** As of the snapshot, where it can be held against it. */
    readonly keptOf: (id: ProfileId) => KeptPerson | undefined;
    readonly now: () => Instant;
    /** Of a row that is said to be of a later record it is seen whether it can be read. */
    readonly vouched: Position;
  },
): Promise<ReadonlyMap<ProfileId, LivePerson>> {
  const people = new Map<ProfileId, LivePerson>();
  for await (const page of scanPart(state, shard, of)) {
    const at = now();
    for (const { id, row, wakeUp } of page) {
      if (!isOurs(slotOfProfile(id))) continue;
      const mark = markOf(row, wakeUp);
      const snapped = keptOf(id);
      // Found to be right then, and a membership by its own rule stays so until the profile's wake-up.
      const isKept = snapped?.mark === mark;
      const position = isKept ? snapped.position : positionOf(row, { plan, id, vouched });
      // Written out: spreading an object costs a few microseconds a person.
      people.set(id, {
        position: position ?? 0,
        is: isKept ? "kept" : position === undefined ? "unreadable" : "read",
        mark,
        wakeUp,
        at,
        unheard: undefined,
        row: isKept ? undefined : row,
      });
    }
  }
  for (const [id, person] of await unheard(state, shard, { people, at: now() }))
    people.set(id, { ...person, unheard: person.wakeUp });
  return people;
}

interface OpenedBy {
  readonly plan: Plan;
  readonly id: ProfileId;
}

function positionOf(
  row: Uint8Array,
  { vouched, ...by }: OpenedBy & { readonly vouched: Position },
): Position | undefined {
  try {
    const { position } = readRowHead(row);
    // Nobody is to wait for records that only a row which was altered tells of.
    return position <= vouched ? position : openLive(row, by)?.position;
  } catch {
    return undefined;
  }
}

/** undefined: it cannot be read. */
export function openLive(row: Uint8Array, { plan, id }: OpenedBy): Profile | undefined {
  try {
    return decodeProfile(row, plan, id);
  } catch {
    return undefined;
  }
}

/**
 * @param live what the person's row says, but for when it wakes up
 * @param judges whether everybody has been met by the plan, so that memberships can be held against the rules
 */
export function judgementOf(
  { row, at, wakeUp, unheard: missed }: LivePerson,
  live: Profile,
  { plan, judges }: { readonly plan: Plan; readonly judges: boolean },
): Judgement {
  if (row === undefined || missed !== undefined) return { contradicted: NONE, overslept: missed };
  const own = readRowHead(row).wakeUp;
  const isAwake = Math.min(wakeUp, own) > at;
  const contradicted = judges && isAwake ? contradictedBy(live, row, { plan, at }) : NONE;
  const by = judges && contradicted.length === 0 ? { plan, at } : undefined;
  return { contradicted, overslept: oversleptBy(live, { wakeUp, own }, by) };
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
  { wakeUp, own }: { readonly wakeUp: Instant; readonly own: Instant },
  by: { readonly plan: Plan; readonly at: Instant } | undefined,
): Instant | undefined {
  if (profile.sealedInto !== undefined || isEmptied(profile)) return undefined;
  const due = Math.min(own, dueOf(profile.agenda));
  if (wakeUp > due) return due;
  if (by === undefined || own <= by.at) return undefined;
  const flip = by.plan.nextFlip(profile, EVERYTHING, by.at + wakeUpClockMsMax);
  return own > flip ? flip : undefined;
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

/** The profile itself is left as it is. */
function contradictedBy(
  live: Profile,
  row: Uint8Array,
  { plan, at: now }: { readonly plan: Plan; readonly at: Instant },
): readonly string[] {
  if (live.sealedInto !== undefined || isEmptied(live)) return NONE;
  const at = Math.max(now, live.clock);
  let isAgainst = false;
  plan.evaluate(live, EVERYTHING, at, () => (isAgainst = true));
  live.memo = undefined;
  if (!isAgainst) return NONE;
  // Rules that rest on others see what these should be.
  const copy = decodeProfile(row, plan, live.id);
  const names: string[] = [];
  plan.evaluate(copy, EVERYTHING, at, (index, inside) => {
    names.push(plan.segments[index] ?? "");
    copy.setMembership({ index, inside, epoch: 0, at });
  });
  return names;
}
