/**
 * What an operator watches, in the Prometheus text format. On the way of an event only plain numbers are counted up, a few
 * nanoseconds each; they become metrics when somebody scrapes. A worker thread times its own steps into shared memory that
 * it alone writes, so that scraping asks no worker for anything.
 */
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { HistogramConfiguration, MetricObjectWithValues, MetricValueWithName } from "prom-client";
import { boundsMs, createStepTimes, rowLength, STEPS } from "./step-times.ts";
import type { Step, StepTimes } from "./step-times.ts";

export const OUTCOMES = ["applied", "duplicate", "refused", "busy"] as const;
export type OutcomeName = (typeof OUTCOMES)[number];

export const TRANSPORTS = ["stream", "socket_io"] as const;
export type Transport = (typeof TRANSPORTS)[number];

/** Counted in place: `counts.events.applied++`. */
export interface GatewayCounts {
  readonly events: Record<OutcomeName, number>;
  readonly sockets: Record<Transport, number>;
  /** Times that somebody was told what is decided: in an answer, or by a push. */
  decisions: number;
  /** Sockets dropped because they did not read. */
  slowReaders: number;
  /** Requests refused before any event was read: key, origin, size, rate. */
  readonly refusedRequests: Record<string, number>;
}

export interface GatewayMetrics {
  /** For metrics of other rooms, which main.ts adds. */
  readonly registry: Registry;
  readonly counts: GatewayCounts;
  /** Of the gateway's own thread. */
  readonly steps: StepTimes;
  /** Adds another thread's times to what is shown. */
  addStepTimes(buffer: SharedArrayBuffer): void;
  /** How often each step took how long since the start, all threads together: a count for each bound, and one above. */
  stepCounts(step: Step): readonly number[];
  /** The text for a scrape, and its content type. */
  render(): Promise<{ readonly contentType: string; readonly text: string }>;
}

/** @param inFlight unanswered events, asked at each scrape */
export function createGatewayMetrics(inFlight: () => number): GatewayMetrics {
  const registry = new Registry();
  const counts: GatewayCounts = {
    events: { applied: 0, duplicate: 0, refused: 0, busy: 0 },
    sockets: { stream: 0, socket_io: 0 },
    decisions: 0,
    slowReaders: 0,
    refusedRequests: {},
  };
  const steps = createStepTimes();
  const buffers = [steps.buffer];
  registry.registerMetric(new StepHistogram(buffers));
  addCounter(registry, {
    name: "vif_events_total",
    help: "Events answered since the start, by outcome.",
    label: "outcome",
    read: () => counts.events,
  });
  addCounter(registry, {
    name: "vif_decisions_total",
    help: "Times since the start that somebody was told what is decided, in an answer or by a push.",
    label: undefined,
    read: () => ({ "": counts.decisions }),
  });
  addCounter(registry, {
    name: "vif_requests_refused_total",
    help: "Requests refused as a whole since the start, by code.",
    label: "code",
    read: () => counts.refusedRequests,
  });
  addCounter(registry, {
    name: "vif_slow_readers_total",
    help: "Sockets dropped since the start because they did not read.",
    label: undefined,
    read: () => ({ "": counts.slowReaders }),
  });
  addGauge(registry, {
    name: "vif_sockets",
    help: "Open sockets, by transport.",
    label: "transport",
    read: () => counts.sockets,
  });
  addGauge(registry, {
    name: "vif_events_in_flight",
    help: "Events and reads not answered yet.",
    label: undefined,
    read: () => ({ "": inFlight() }),
  });
  return {
    registry,
    counts,
    steps,
    addStepTimes: (buffer) => void buffers.push(buffer),
    stepCounts(step) {
      const from = STEPS.indexOf(step) * rowLength;
      return [...sumOf(buffers).subarray(from, from + boundsMs.length + 1)];
    },
    render: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  };
}

interface Shown {
  readonly name: string;
  readonly help: string;
  /** undefined: one value, under "". */
  readonly label: string | undefined;
  readonly read: () => Readonly<Record<string, number>>;
}

function addGauge(registry: Registry, { name, help, label, read }: Shown): void {
  registry.registerMetric(
    new Gauge({
      name,
      help,
      labelNames: label === undefined ? [] : [label],
      registers: [],
      collect() {
        for (const [value, count] of Object.entries(read()))
          this.set(label === undefined ? {} : { [label]: value }, count);
      },
    }),
  );
}

function addCounter(registry: Registry, { name, help, label, read }: Shown): void {
  registry.registerMetric(
    new Counter({
      name,
      help,
      labelNames: label === undefined ? [] : [label],
      registers: [],
      collect() {
        this.reset();
        for (const [value, count] of Object.entries(read()))
          this.inc(label === undefined ? {} : { [label]: value }, count);
      },
    }),
  );
}

const STEP_NAME = "vif_step_seconds";
const STEP_HISTOGRAM: HistogramConfiguration<"step" | "le"> = {
  name: STEP_NAME,
  help: "Time an event spends in each step: parse, turn, append, and from arrival to answer.",
  labelNames: ["step"],
  registers: [],
};

type StepMetric = MetricObjectWithValues<MetricValueWithName<"step" | "le">>;

/** A histogram whose counts lie in shared memory: prom-client's own would cost a microsecond an observation. */
class StepHistogram extends Histogram<"step" | "le"> {
  readonly #buffers: readonly SharedArrayBuffer[];
  /** Gives name, type and so on in the library's own form. */
  readonly #empty: Histogram<"step" | "le">;

  constructor(buffers: readonly SharedArrayBuffer[]) {
    super(STEP_HISTOGRAM);
    this.#empty = new Histogram(STEP_HISTOGRAM);
    this.#buffers = buffers;
  }

  /** What the registry asks of a histogram, instead of `get`, when it makes text. */
  getForPromString(): Promise<StepMetric> {
    return this.get();
  }

  override async get(): Promise<StepMetric> {
    const values: MetricValueWithName<"step" | "le">[] = [];
    const cells = sumOf(this.#buffers);
    STEPS.forEach((step, index) => {
      const row = cells.subarray(index * rowLength, (index + 1) * rowLength);
      let count = 0;
      for (let bound = 0; bound <= boundsMs.length; bound++) {
        count += row[bound] ?? 0;
        const le = bound < boundsMs.length ? (boundsMs[bound] ?? 0) / 1_000 : "+Inf";
        values.push({ metricName: `${STEP_NAME}_bucket`, labels: { step, le }, value: count });
      }
      values.push({ metricName: `${STEP_NAME}_sum`, labels: { step }, value: (row[rowLength - 1] ?? 0) / 1_000 });
      values.push({ metricName: `${STEP_NAME}_count`, labels: { step }, value: count });
    });
    return { ...(await this.#empty.get()), values };
  }
}

function sumOf(buffers: readonly SharedArrayBuffer[]): Float64Array {
  const sum = new Float64Array(STEPS.length * rowLength);
  for (const buffer of buffers) {
    const cells = new Float64Array(buffer);
    for (let at = 0; at < sum.length; at++) sum[at] = (sum[at] ?? 0) + (cells[at] ?? 0);
  }
  return sum;
}
