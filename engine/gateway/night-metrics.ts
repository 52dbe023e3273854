/** The last night that this node has ended, for who watches metrics: all 0 until there was one. */
import { Gauge } from "prom-client";
import type { Registry } from "prom-client";
import type { ReconcileReport } from "../reconcile/port.ts";

const GAUGES: readonly {
  readonly name: string;
  readonly help: string;
  readonly read: (night: ReconcileReport) => number;
}[] = [
  {
    name: "vif_night_ended_seconds",
    help: "When the last comparison of live with history ended, in seconds since 1970.",
    read: ({ endedAt }) => endedAt / 1000,
  },
  {
    name: "vif_night_duration_seconds",
    help: "How long it took.",
    read: ({ startedAt, endedAt }) => Math.max(0, endedAt - startedAt) / 1000,
  },
  { name: "vif_night_profiles", help: "Profiles that it compared.", read: ({ profiles }) => profiles },
  { name: "vif_night_drifts", help: "Differences that it found.", read: ({ drifts }) => drifts },
  {
    name: "vif_night_unsettled",
    help: "Differences that it could not settle: anything above 0 wants a person.",
    read: ({ drifts, repaired }) => drifts - repaired,
  },
];

export function addNightMetrics(registry: Registry, last: () => ReconcileReport | undefined): void {
  for (const { name, help, read } of GAUGES)
    registry.registerMetric(
      new Gauge({
        name,
        help,
        registers: [],
        collect() {
          const night = last();
          if (night === undefined) this.reset();
          else this.set(read(night));
        },
      }),
    );
}
