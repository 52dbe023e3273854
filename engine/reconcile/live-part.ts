/**
 * What the live store holds of a shard: the small state with its watermark, and the stored row of each person. Read in
 * pages while everything goes on; the watermark is read first, so that whatever it vouches for is in the rows.
 */
import { type Instant, type Position, type ProfileId, type ShardId, type Slot, slotOfProfile } from "../model/ids.ts";
import type { Plan } from "../model/plan.ts";
import { decodeProfile, isEmptied, type Profile } from "../profile/port.ts";
import { parseMeta, type StoredMeta } from "../shard/refold-port.ts";
import type { HotStore, StoredProfile } from "../store/port.ts";
import { comparedPageMax } from "../limits-of-reconcile.ts";
import { comparable, digestOf, type Unsettled } from "./comparable.ts";
import { type KeptPerson, markOf } from "./snapshot-pages.ts";

export interface LiveShard {
  readonly watermark: Position;
  readonly meta: StoredMeta;
}

export interface LivePerson {
  readonly position: Position;
  /** Of the comparable form; of a row that cannot be read `unreadable`; of one that stands as it was snapped `kept`. */
  readonly digest: string;
  /** As `markOf` makes it. */
  readonly mark: string;
  /** Names of segments in which the profile is against their own rules. */
  readonly contradicted: readonly string[];
  /** Of those who are looked at closely. */
  readonly row: Uint8Array | undefined;
}

type State = Pick<HotStore["state"], "loadMeta" | "scan" | "loadProfiles">;

/** undefined: the shard was never checkpointed. */
export async function readLiveShard(state: State, shard: ShardId): Promise<LiveShard | undefined> {
  const stored = await state.loadMeta(shard);
  return stored && { watermark: stored.watermark, meta: parseMeta(stored.meta) };
}

/** Everybody of the shard, page by page. */
export async function* scanPeople(state: State, shard: ShardId): AsyncGenerator<readonly StoredProfile[]> {
  let cursor: ProfileId | undefined;
  for (;;) {
    const page = await state.scan(shard, cursor, comparedPageMax);
    if (page.length > 0) yield page;
    if (page.length < comparedPageMax) return;
    cursor = page.at(-1)?.id;
  }
}

export async function readLivePeople(
  state: State,
  {
    shard,
    plan,
    unsettled,
    isOurs,
    keepRow,
    keptOf,
    now,
    judges,
  }: {
    readonly shard: ShardId;
    readonly plan: Plan;
    readonly unsettled: Unsettled;
    readonly isOurs: (slot: Slot) => boolean;
    readonly keepRow: (id: ProfileId) => boolean;
    /** As of the snapshot, where it can be held against it. */
    readonly keptOf: (id: ProfileId) => KeptPerson | undefined;
    readonly now: () => Instant;
    /** Whether everybody has been met by this plan, so that memberships can be held against the rules. */
    readonly judges: boolean;
  },
): Promise<ReadonlyMap<ProfileId, LivePerson>> {
  const people = new Map<ProfileId, LivePerson>();
  for await (const page of scanPeople(state, shard)) {
    const at = now();
    for (const { id, row, wakeUp } of page) {
      if (!isOurs(slotOfProfile(id))) continue;
      const kept = keepRow(id) ? Uint8Array.from(row) : undefined;
      const mark = markOf(row);
      const snapped = kept === undefined ? keptOf(id) : undefined;
      if (snapped?.mark === mark) {
        // Found to be right then, and a membership by its own rule stays so until the profile's wake-up.
        people.set(id, { position: snapped.position, digest: "kept", mark, contradicted: NONE, row: undefined });
        continue;
      }
      let profile: Profile;
      try {
        profile = decodeProfile(row, plan, id);
      } catch {
        people.set(id, { position: 0, digest: "unreadable", mark, contradicted: [], row: kept });
        continue;
      }
      const digest = digestOf(comparable(profile, unsettled));
      const { position } = profile;
      const isAwake = Math.min(wakeUp, profile.wakeUp) > at;
      const contradicted = judges && isAwake ? contradictedBy(profile, plan, at) : NONE;
      people.set(id, { position, digest, mark, contradicted, row: kept });
    }
  }
  return people;
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
