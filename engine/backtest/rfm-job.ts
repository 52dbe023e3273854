/**
 * Brings to customers what has changed of their scores: each as an event of theirs, recorded, drained and folded like any
 * other, so that rules follow and history can tell it. What is recorded already is not said again, so a run that was cut
 * short is simply begun anew, and what two runs say at once is said once by value.
 */
import type { EventRouter, FinalAnswer, Lane } from "../gateway/router-port.ts";
import { rfmBusyMs, rfmInFlightMax } from "../limits-of-reconcile.ts";
import type { Timers } from "../model/clock.ts";
import { RFM_WIRE_NAME } from "../model/event.ts";
import { namedOnWire } from "../model/identifier.ts";
import type { Instant } from "../model/ids.ts";
import { RFM_PREFIX, RFM_SOURCE, type RfmScores, type RfmTrait } from "../model/rfm.ts";
import type { PastReader } from "./create-past-reader.ts";
import type { RfmChange, RfmTotals } from "./rfm.ts";

export interface RfmReport extends RfmTotals {
  readonly startedAt: Instant;
  readonly endedAt: Instant;
  readonly node: string;
  readonly dryRun: boolean;
  /** Those that fields.yaml declares; none: nothing is recorded. */
  readonly traits: readonly RfmTrait[];
  /** Customers whose scores are others than those that history has; with `dryRun` all that is done is to count them. */
  readonly changed: number;
  /** Of them, those of whom it was recorded. */
  readonly recorded: number;
  /** Of them, those whose profile had it already: it was said a moment ago, and history has not got it yet. */
  readonly known: number;
  /** Of them, those who are known by nothing that is surely theirs, or not any more. The next run tries them again. */
  readonly unreached: number;
}

export interface RfmJobOptions {
  readonly node: string;
  readonly past: Pick<PastReader, "rfm">;
  /** What happened a moment ago comes to history. */
  readonly flush: () => Promise<unknown>;
  /** By the plan that decides. Rejects with StoreUnavailable. */
  readonly traits: () => Promise<readonly RfmTrait[]>;
  readonly router: Pick<EventRouter, "createLane" | "event" | "read">;
  readonly timers: Timers;
  readonly now: () => Instant;
}

export interface RfmWatching {
  readonly signal: AbortSignal;
  /** Called before each customer: what it throws ends the run there. */
  readonly check: () => void;
}

type Brought = "recorded" | "known" | "unreached";

/** Rejects with HistoryUnavailable or StoreUnavailable, and with the signal's reason. */
export async function scoreAll(
  options: RfmJobOptions,
  { dryRun }: { readonly dryRun: boolean },
  { signal, check }: RfmWatching,
): Promise<RfmReport> {
  const { past, flush, router, timers, now } = options;
  const startedAt = now();
  const traits = await options.traits();
  await flush();
  let changed = 0;
  const brought: Record<Brought, number> = { recorded: 0, known: 0, unreached: 0 };

  const pause = (): Promise<void> => new Promise((resolve) => timers.after(rfmBusyMs, resolve));

  /** Asked again until there is an answer: a shard may be moving to another owner. */
  async function untilAnswered(ask: (done: (answer: FinalAnswer) => void) => void): Promise<FinalAnswer> {
    for (;;) {
      signal.throwIfAborted();
      check();
      const answer = await new Promise(ask);
      if (answer.is !== "busy") return answer;
      await pause();
    }
  }

  async function bring({ profile, scores }: RfmChange, lane: Lane): Promise<Brought> {
    const found = await untilAnswered((done) => router.read(profile, "profile", done));
    const view = found.is === "read" ? found.view : undefined;
    if (view?.reachedBy === undefined) return "unreached";
    if (traits.every((trait) => (view.attributes[RFM_PREFIX + trait] ?? null) === scores[trait])) return "known";
    const body = eventOf(scores, { messageId: `${startedAt}-${profile}`, ...namedOnWire(view.reachedBy) });
    const said = await untilAnswered((done) => {
      const origin = { source: RFM_SOURCE, trusted: true, visitor: undefined, receivedAt: now() };
      router.event(lane, body, { origin, decide: false }, done);
    });
    return said.is === "applied" || said.is === "duplicate" ? "recorded" : "unreached";
  }

  async function bringAll(changes: readonly RfmChange[]): Promise<void> {
    changed += changes.length;
    if (dryRun) return;
    let next = 0;
    const some = async (): Promise<void> => {
      const lane = router.createLane();
      for (let change = changes[next++]; change !== undefined; change = changes[next++])
        brought[await bring(change, lane)] += 1;
    };
    await Promise.all(Array.from({ length: Math.min(rfmInFlightMax, changes.length) }, some));
  }

  try {
    const totals = await past.rfm(traits, bringAll, signal);
    return { startedAt, endedAt: now(), node: options.node, dryRun, traits, ...totals, changed, ...brought };
  } catch (error) {
    // The thread that was ended on the way says only that it was.
    signal.throwIfAborted();
    throw error;
  }
}

function eventOf(scores: RfmScores, named: Readonly<Record<string, unknown>>): Uint8Array {
  const event = { type: "track", event: RFM_WIRE_NAME, ...named, properties: scores };
  return Buffer.from(JSON.stringify(event), "utf8");
}
