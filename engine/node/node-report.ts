/** This node as the control plane and the metrics say it, from what its parts say. Pure. */
import type { ShardReport, Status } from "../control/port.ts";
import type { Epoch, Instant, Position, ShardId } from "../model/ids.ts";
import { aheadMsOf, troubleOf } from "./store-alarm.ts";

/** What is used of a cluster's status. */
export interface ClusterFacts {
  readonly shards: readonly {
    readonly shard: ShardId;
    readonly epoch: Epoch;
    readonly state: "away" | "recovering" | "owned" | "remote";
  }[];
  readonly workers: readonly {
    readonly shards: readonly {
      readonly shard: ShardId;
      readonly position: Position;
      readonly durable: Position;
      readonly stored: Position;
      readonly queued: number;
      readonly unfilled: number;
      readonly instant: Instant;
    }[];
    readonly cacheBytes: number;
    readonly trouble: string | undefined;
    readonly fired: ReadonlyMap<string, number>;
  }[];
}

/** What is used of the drainer's status. */
export interface DrainFacts {
  readonly shards: readonly {
    readonly shard: ShardId;
    readonly state: ShardReport["drain"];
    readonly drained: Position;
    readonly lagRecords: number;
    readonly lagMs: number;
  }[];
  readonly rows: number;
  readonly trouble: string | undefined;
}

/** Our shards, owned or being recovered. */
export function shardReports(cluster: ClusterFacts, drain: DrainFacts): ShardReport[] {
  const drains = new Map(drain.shards.map((entry) => [entry.shard, entry]));
  const held = new Map(cluster.workers.flatMap(({ shards }) => shards).map((entry) => [entry.shard, entry]));
  return cluster.shards.flatMap(({ shard, epoch, state }) => {
    if (state !== "owned" && state !== "recovering") return [];
    const worker = held.get(shard);
    const drained = drains.get(shard);
    return [
      {
        shard,
        epoch,
        state,
        position: worker?.position ?? 0,
        durable: worker?.durable ?? 0,
        checkpoint: worker?.stored ?? 0,
        unfilled: worker?.unfilled ?? 0,
        drained: drained?.drained ?? 0,
        drain: drained?.state ?? "unknown",
        lagRecords: drained?.lagRecords ?? 0,
        lagSeconds: (drained?.lagMs ?? 0) / 1000,
      },
    ];
  });
}

export function historyReport(kind: string, { rows, trouble }: DrainFacts, slowed: boolean): Status["history"] {
  return { kind, rows, ...(trouble !== undefined && { trouble }), ...(slowed && { slowed }) };
}

/** For addNodeMetrics. */
export function nodeFigures(cluster: ClusterFacts, drain: DrainFacts, now: Instant) {
  const shards: Record<string, number> = { owned: 0, recovering: 0, remote: 0, away: 0 };
  for (const { state } of cluster.shards) shards[state] = (shards[state] ?? 0) + 1;
  const held = cluster.workers.flatMap((worker) => worker.shards);
  return {
    shards,
    cacheBytes: cluster.workers.reduce((sum, { cacheBytes }) => sum + cacheBytes, 0),
    stalled: troubleOf(cluster) === undefined ? 0 : 1,
    timeAheadSeconds: aheadMsOf(cluster, now) / 1000,
    queued: held.reduce((sum, { queued }) => sum + queued, 0),
    unfilled: held.reduce((sum, { unfilled }) => sum + unfilled, 0),
    drainStalled: drain.trouble === undefined ? 0 : 1,
    drainLagRecords: drain.shards.reduce((sum, { lagRecords }) => sum + lagRecords, 0),
    drainLagSeconds: drain.shards.reduce((most, { lagMs }) => Math.max(most, lagMs), 0) / 1000,
    drainedRows: drain.rows,
    fired: sumByName(cluster.workers.map(({ fired }) => fired)),
  };
}

function sumByName(counts: readonly ReadonlyMap<string, number>[]): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const each of counts) for (const [name, count] of each) sums.set(name, (sums.get(name) ?? 0) + count);
  return sums;
}
