/**
 * A night's comparison: shard by shard, side by side on some lanes; then those who went from one shard to another, for whom
 * both have to be looked at; then the snapshots of the shards in which nothing differs. Unless it is a dry run, the owners of
 * the shards are told how what differs is right. Killed at any point it is simply run again: what was put right is recorded.
 */
import type { ProfileId, ShardId } from "../model/ids.ts";
import { type Fixable, halfMergedDrift } from "./drifts.ts";
import { checkFilled } from "./filled.ts";
import { openRow, readRows } from "./history-records.ts";
import { beginningOf, createNightLane, type NightLaneOptions, type ShardNight } from "./night-lane.ts";
import { type Lane, overShards } from "./over-shards.ts";
import type { Drift, ReconcileProgress, ReconcileReport } from "./port.ts";
import { reportOf } from "./report-of-night.ts";
import { settle } from "./settle.ts";
import { finishSnapshot } from "./snapshots.ts";

export interface ReconcileOptions extends Omit<NightLaneOptions, "onRecords" | "take"> {
  readonly node: string;
  readonly onProgress: (progress: ReconcileProgress) => void;
  /** Other threads for some of the shards, each to tell how many records it has gone through. */
  readonly openLanes?: (
    /** `work`: how many records, and people of snapshots, there are to go through. */
    of: { readonly work: number; readonly take: string },
    onRecords: (records: number) => void,
  ) => readonly Lane<ShardNight>[];
}

/** Rejects with HistoryUnavailable or StoreUnavailable. */
export async function reconcile(options: ReconcileOptions): Promise<ReconcileReport> {
  const { store, now, node, dryRun, whole } = options;
  const { shards } = store;
  const startedAt = now();
  const take = `${startedAt} ${node}`;
  const { records, people } = await toRead(options);
  const night = new Night(options, records);
  const onRecords = (more: number): void => night.read(more);
  const others = options.openLanes?.({ work: records + people, take }, onRecords) ?? [];
  const lanes = [createNightLane({ ...options, take, onRecords }), ...others];
  const all = await overShards(
    shards,
    lanes.map((lane) => night.telling(lane)),
  );
  const merges = await halfMerged(options, all);
  const drifts = [...once(all.flatMap((each) => each.drifts)), ...merges];
  let taken = 0;
  for (const [shard, { snapshot }] of all.entries()) {
    const isSound = merges.every((drift) => drift.shard !== shard);
    if (snapshot === undefined || !isSound) continue;
    // What a shard is filled from stays, should its store have been lost meanwhile.
    await checkFilled(store);
    if (await finishSnapshot(options.history, snapshot)) taken += 1;
  }
  const sum = (of: (night: ShardNight) => number): number => all.reduce((total, each) => total + of(each), 0);
  return reportOf(drifts, {
    startedAt,
    endedAt: now(),
    node,
    dryRun,
    whole,
    snapshots: { read: sum((each) => each.snapshots.read), taken, broken: sum((each) => each.snapshots.broken) },
    shards,
    profiles: sum((each) => each.profiles),
    cells: sum((each) => each.cells),
    records: sum((each) => each.records),
  });
}

/** What is wrong with records that several shards begin with is told by each of them. */
function once(drifts: readonly Drift[]): readonly Drift[] {
  return [...new Map(drifts.map((drift) => [JSON.stringify(drift), drift])).values()];
}

async function toRead(options: ReconcileOptions): Promise<{ readonly records: number; readonly people: number }> {
  let [records, people] = [0, 0];
  for (const [shard, { position }] of await options.history.watermarks()) {
    const begins = await beginningOf(options, shard);
    records += position - (begins?.position ?? 0);
    people += begins?.people ?? 0;
  }
  return { records, people };
}

/** How far the night has come, as it is told. */
class Night {
  readonly #options: ReconcileOptions;
  readonly #recordsAll: number;
  #shard = 0;
  #records = 0;
  #profiles = 0;

  constructor(options: ReconcileOptions, recordsAll: number) {
    this.#options = options;
    this.#recordsAll = recordsAll;
  }

  read(records: number): void {
    this.#records += records;
    this.#tell();
  }

  /** The lane, of whose shards it is told that they are begun and done. */
  telling(lane: Lane<ShardNight>): Lane<ShardNight> {
    return async (shard) => {
      this.#shard = shard;
      this.#tell();
      const done = await lane(shard);
      this.#profiles += done.profiles;
      return done;
    };
  }

  #tell(): void {
    const { onProgress, store } = this.#options;
    onProgress({
      shard: this.#shard,
      shards: store.shards,
      records: this.#records,
      recordsAll: this.#recordsAll,
      profiles: this.#profiles,
    });
  }
}

/** Who was given up by one shard, with the other's word that it has them, is with the other. */
async function halfMerged(options: ReconcileOptions, nights: readonly ShardNight[]): Promise<readonly Drift[]> {
  const absorbed = new Set(nights.flatMap((each) => [...each.absorbed]));
  const given = nights.flatMap(({ seals }, from) =>
    [...seals].flatMap(([loser, message]): readonly Given[] =>
      absorbed.has(loser) || message.body.ask !== "absorb"
        ? []
        : [{ loser, to: message.to, drift: halfMergedDrift(from as ShardId, loser, message) }],
    ),
  );
  // The other shard may have been looked at before it came.
  const half = await notAbsorbed(options, given);
  const look = async () => new Set((await notAbsorbed(options, half)).map(({ drift }) => drift.name));
  return settle(
    options,
    half.map(({ drift }) => drift),
    look,
  );
}

/** Somebody who was given up by one shard to another. */
interface Given {
  readonly loser: ProfileId;
  readonly to: ShardId;
  readonly drift: Fixable;
}

/** By all that history has of the shards that they were given to, each read once. */
async function notAbsorbed({ history }: ReconcileOptions, given: readonly Given[]): Promise<readonly Given[]> {
  const left = new Set(given);
  for (const shard of new Set(given.map(({ to }) => to))) {
    const sought = new Map(given.filter(({ to }) => to === shard).map((each) => [each.loser, each]));
    const upTo = (await history.watermarks()).get(shard)?.position ?? 0;
    for await (const page of readRows(history, shard, { after: 0, upTo }))
      for (const found of page) {
        const read = "flaw" in found ? found : openRow(found, nobody);
        if ("flaw" in read || read.row.record?.kind !== "received") continue;
        const { body, result } = read.row.record;
        const each = body.ask === "absorb" && result.is === "done" ? sought.get(body.loser) : undefined;
        if (each !== undefined) left.delete(each);
      }
  }
  return [...left];
}

/** Messages between shards are read of everybody. */
const nobody = (): boolean => false;
