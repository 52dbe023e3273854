/**
 * Of whom nobody knows who they are, and to whom nothing has happened for so long, nothing is kept: their owner empties them
 * by a record, and what is left goes from the live store by itself. Killed at any point it is simply run again: who is
 * emptied already is only told to go.
 *
 * What counts is the last event. A profile says only when anything was recorded of it last, and a rule that time alone turns
 * is a record, too; so of those who are old enough, and were not left alone for that long, history is asked.
 */
import { eventsIn, type History } from "../history/port.ts";
import { idlePeopleAtOnce, idlePeopleSoughtAtOnce } from "../limits-of-reconcile.ts";
import {
  createdAtOfProfile,
  type Instant,
  type PlanDigest,
  type Position,
  type ProfileId,
  type ShardId,
} from "../model/ids.ts";
import { wantFields } from "../model/json-fields.ts";
import type { Plan } from "../model/plan.ts";
import { decodeEventToFold } from "../model/record-codec.ts";
import { isScored } from "../model/rfm.ts";
import { anonymousId, isEmptied } from "../profile/port.ts";
import type { HotStore } from "../store/port.ts";
import { openLive, readLiveShard, scanPeople } from "./live-part.ts";
import { type Repair, tellOwner } from "./tell-owner.ts";

export interface IdleOptions {
  readonly store: Pick<HotStore, "state" | "shards">;
  readonly history: Pick<History, "events" | "watermarks">;
  readonly planOf: (digest: PlanDigest) => Promise<Plan | undefined>;
  /** Who had their last event before. */
  readonly before: Instant;
  /** False where events of it may have gone from history that are younger than that. */
  readonly historyTells: boolean;
  readonly dryRun: boolean;
  readonly repair: Repair;
}

interface Idle {
  readonly profile: ProfileId;
  readonly upTo: Position;
}

/** Rejects with HistoryUnavailable or StoreUnavailable. @returns how many were emptied, with `dryRun` would be */
export async function emptyIdlePeople(options: IdleOptions): Promise<number> {
  let people = 0;
  for (let shard = 0; shard < options.store.shards; shard++) people += await emptyOf(options, shard as ShardId);
  return people;
}

async function emptyOf(options: IdleOptions, shard: ShardId): Promise<number> {
  const { store, planOf, dryRun, repair } = options;
  const live = await readLiveShard(store.state, shard);
  const digest = live?.meta.plans.at(-1)?.[1];
  const plan = digest && (await planOf(digest));
  if (plan === undefined) return 0;
  let people = 0;
  const tell = async (told: readonly Idle[]): Promise<void> => {
    if (dryRun) return;
    for (let from = 0; from < told.length; from += idlePeopleAtOnce)
      await tellOwner(repair, shard, { of: "idle", people: told.slice(from, from + idlePeopleAtOnce) });
  };
  // History is gone through as a whole for each question, so that many are asked after at once.
  let sought: Idle[] = [];
  const seek = async (): Promise<void> => {
    const going = await withoutEvents(options, sought);
    sought = [];
    people += going.length;
    await tell(going);
  };
  for await (const page of scanPeople(store.state, shard)) {
    const { idle, perhaps, emptied } = await lookAt(options, { shard, plan, page });
    people += idle.length;
    await tell([...emptied, ...idle]);
    sought.push(...perhaps);
    if (sought.length >= idlePeopleSoughtAtOnce) await seek();
  }
  await seek();
  return people;
}

async function lookAt(
  { history, before, historyTells }: IdleOptions,
  {
    shard,
    plan,
    page,
  }: {
    readonly shard: ShardId;
    readonly plan: Plan;
    readonly page: readonly { readonly id: ProfileId; readonly row: Uint8Array }[];
  },
): Promise<{ readonly idle: readonly Idle[]; readonly perhaps: readonly Idle[]; readonly emptied: readonly Idle[] }> {
  const found = { idle: [] as Idle[], perhaps: [] as Idle[], emptied: [] as Idle[] };
  const drained = (await history.watermarks()).get(shard)?.position ?? 0;
  for (const { id, row } of page) {
    if (createdAtOfProfile(id) >= before) continue;
    const profile = openLive(row, { plan, id });
    // A night finds that, and puts it right.
    if (profile === undefined) continue;
    const each = { profile: id, upTo: profile.position };
    if (isEmptied(profile)) found.emptied.push(each);
    else if (anonymousId(profile) === undefined) continue;
    else if (profile.clock < before) found.idle.push(each);
    // Of what history has not got yet it cannot tell.
    else if (historyTells && profile.position <= drained) found.perhaps.push(each);
  }
  return found;
}

async function withoutEvents(
  { history, before }: Pick<IdleOptions, "history" | "before">,
  perhaps: readonly Idle[],
): Promise<readonly Idle[]> {
  if (perhaps.length === 0) return [];
  const awake = new Set<ProfileId>();
  for await (const block of history.events({ profiles: perhaps.map(({ profile }) => profile) }))
    for (const { person, record } of eventsIn(block)) {
      const event = decodeEventToFold(record, () => NO_FIELDS);
      // What a night has worked out of them is nothing that they did.
      if (event !== undefined && event.timestamp >= before && !isScored(event)) awake.add(person);
    }
  return perhaps.filter(({ profile }) => !awake.has(profile));
}

const NO_FIELDS = wantFields([]);
