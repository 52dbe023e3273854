/**
 * What an operator watches of this node besides its gateway: shards and their owners, the router's work, memory, and how far
 * history is behind. Asked at each scrape; nothing is counted on an event's way.
 */
import { Counter, Gauge } from "prom-client";
import type { Registry } from "prom-client";

export interface NodeFigures {
  /** Shards by how they are reached: owned, recovering, remote, away. */
  readonly shards: Readonly<Record<string, number>>;
  readonly cacheBytes: number;
  /** 1 while nothing can be appended. */
  readonly stalled: number;
  /** How far the time of our shards is ahead of the clock. */
  readonly timeAheadSeconds: number;
  /** Mistakes in rule files that are not loaded for them. */
  readonly ruleProblems: number;
  /** Requests that wait in the workers of this node. */
  readonly queued: number;
  /** Parts of our shards that are still to be filled from history. */
  readonly unfilled: number;
  readonly watches: number;
  readonly redirected: number;
  readonly repeated: number;
  readonly refused: number;
  /** 1 while history, or the store that it is drained from, cannot be reached. */
  readonly drainStalled: number;
  /** Whether events are taken slowly, as history is too far behind. */
  readonly isSlowed: boolean;
  readonly drainLagRecords: number;
  readonly drainLagSeconds: number;
  readonly drainedRows: number;
  /** How often this node has set off each trigger, by name. */
  readonly fired: ReadonlyMap<string, number>;
}

const GAUGES: readonly {
  readonly name: string;
  readonly help: string;
  readonly read: (figures: NodeFigures) => number;
}[] = [
  { name: "vif_cache_bytes", help: "Bytes of cached profiles.", read: ({ cacheBytes }) => cacheBytes },
  {
    name: "vif_store_stalled",
    help: "1 while the hot store takes no records: nothing is acknowledged.",
    read: ({ stalled }) => stalled,
  },
  {
    name: "vif_time_ahead_seconds",
    help: "How far the time of our shards is ahead of this computer's clock: above 0 after the clock has gone back.",
    read: ({ timeAheadSeconds }) => timeAheadSeconds,
  },
  {
    name: "vif_rules_problems",
    help: "Mistakes in this node's rule files: above 0 they are not loaded, and the rules before them go on.",
    read: ({ ruleProblems }) => ruleProblems,
  },
  { name: "vif_worker_queue", help: "Requests that wait in this node's workers.", read: ({ queued }) => queued },
  { name: "vif_watches", help: "Profiles watched by sockets.", read: ({ watches }) => watches },
  {
    name: "vif_router_redirected_total",
    help: "Redirects followed since the start.",
    read: ({ redirected }) => redirected,
  },
  {
    name: "vif_router_repeated_total",
    help: "Requests sent again since the start, after a shard changed hands.",
    read: ({ repeated }) => repeated,
  },
  {
    name: "vif_router_refused_total",
    help: "Requests that the router answered busy since the start.",
    read: ({ refused }) => refused,
  },
  {
    name: "vif_unfilled_parts",
    help: "Parts of our shards that the store has lost and that are still to be filled from history.",
    read: ({ unfilled }) => unfilled,
  },
  {
    name: "vif_drain_stalled",
    help: "1 while nothing is carried to history: it, or the hot store, cannot be reached.",
    read: ({ drainStalled }) => drainStalled,
  },
  {
    name: "vif_events_slowed",
    help: "1 while events are taken slowly: history was behind by more than VIF_HISTORY_BEHIND, and is by more than half of it.",
    read: ({ isSlowed }) => (isSlowed ? 1 : 0),
  },
  {
    name: "vif_drain_lag_records",
    help: "Durable records of our shards that are not in history yet.",
    read: ({ drainLagRecords }) => drainLagRecords,
  },
  {
    name: "vif_drain_lag_seconds",
    help: "How long the oldest of them has waited.",
    read: ({ drainLagSeconds }) => drainLagSeconds,
  },
  {
    name: "vif_drained_rows_total",
    help: "Rows written to history since the start.",
    read: ({ drainedRows }) => drainedRows,
  },
];

export function addNodeMetrics(registry: Registry, read: () => NodeFigures): void {
  for (const { name, help, read: pick } of GAUGES)
    registry.registerMetric(
      new Gauge({
        name,
        help,
        registers: [],
        collect() {
          this.set(pick(read()));
        },
      }),
    );
  registry.registerMetric(
    new Gauge({
      name: "vif_shards",
      help: "Shards of the store by how this node reaches them.",
      labelNames: ["state"],
      registers: [],
      collect() {
        this.reset();
        for (const [state, count] of Object.entries(read().shards)) this.set({ state }, count);
      },
    }),
  );
  registry.registerMetric(
    new Counter({
      name: "vif_trigger_firings_total",
      help: "Firings of each trigger that this node has recorded since its start.",
      labelNames: ["trigger"],
      registers: [],
      collect() {
        this.reset();
        for (const [trigger, count] of read().fired) this.inc({ trigger }, count);
      },
    }),
  );
}
