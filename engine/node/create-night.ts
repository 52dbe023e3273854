/**
 * Joins the reconciliation with the parts of a running node, and begins it every night at the hour that is set. Nodes that
 * share a history all begin; one does it, and the others see that it is done.
 */
import { randomUUID } from "node:crypto";
import { Cron } from "croner";
import { type RfmJobOptions, type RfmReport, scoreAll } from "../backtest/rfm-job.ts";
import { nightAgainMsMin, nightsFromSnapshotsMax, nightsKeptMax, withheldNightsMax } from "../limits-of-reconcile.ts";
import { DAY_MS } from "../model/local-time.ts";
import { HistoryUnavailable, SetupError, StoreUnavailable, ThreadEnded } from "../model/errors.ts";
import type { Router } from "../gateway/router-contract.ts";
import {
  createReconciler,
  type Reconciler,
  type ReconcilerOptions,
  type Watching,
} from "../reconcile/create-reconciler.ts";
import type { NightStep, ReconcileReport } from "../reconcile/port.ts";
import type { StoreConnection } from "../store/create-store.ts";
import type { NodeParts } from "./create-node-control.ts";
import {
  type Learned,
  learnedTold,
  nightNote,
  nightsWithheld,
  retainTold,
  rfmTold,
  type StepTold,
  withheldTold,
} from "./night-steps.ts";

export interface Night extends Omit<Reconciler, "onDuty" | "keep" | "runIf"> {
  /** A whole one now: the comparison, and all that is done behind it. Rejects as `run`. */
  doAll(how: { readonly whole: boolean }, watching: Watching & Behind): Promise<ReconcileReport>;
  /** Recency, frequency and monetary value of all customers, where they have changed. Rejects as `run`. */
  score(how: { readonly dryRun: boolean }, watching: Omit<Watching, "onProgress">): Promise<RfmReport>;
  /** The last one that this node has ended; for metrics. */
  last(): ReconcileReport | undefined;
}

/** How what is done behind a comparison is followed. */
export interface Behind extends Omit<Watching, "onProgress"> {
  readonly onStep: (begun: NightStep["step"]) => void;
}

/** Trains what products are recommended by. Rejects when it is ended. */
export type Learn = (signal: AbortSignal) => Promise<Learned>;

/** @throws SetupError when the setting names no time */
export function createNight(
  { config, drainer, node, clock, timers, onNote }: NodeParts,
  router: Pick<Router, "tell">,
  {
    connection,
    learn,
    kept,
    scoring,
  }: {
    readonly connection: () => StoreConnection;
    readonly learn: Learn;
    readonly scoring: Omit<RfmJobOptions, "node" | "flush" | "timers" | "now">;
  } & Pick<ReconcilerOptions, "kept">,
): Night {
  const { onDuty, ...reconciler } = createReconciler({
    node,
    scratch: config.dataDir,
    connection,
    openPort: () => drainer.openPort(),
    history: drainer.history,
    flush: () => drainer.flush(),
    kept,
    anonymousKeptMs: config.anonymousDays === undefined ? undefined : config.anonymousDays * DAY_MS,
    lettersKeptMs: config.deadLetterDays === undefined ? undefined : config.deadLetterDays * DAY_MS,
    tell: router.tell,
    clock,
    timers,
    makeId: randomUUID,
  });
  let last: ReconcileReport | undefined;
  const closing = new AbortController();
  const byItself = { onWaiting: () => undefined, signal: closing.signal };

  const run: Reconciler["run"] = async (how, watching) => {
    const report = await reconciler.run(how, watching);
    if (!how.dryRun) last = report;
    return report;
  };

  const score: Night["score"] = (how, watching) => {
    const options = { ...scoring, node, timers, flush: () => drainer.flush(), now: () => clock.now() };
    return onDuty(watching, (held) => scoreAll(options, how, held));
  };

  /** undefined: another has just done it. */
  async function decide(): Promise<{ readonly dryRun: false; readonly whole: boolean } | undefined> {
    const nights = await reconciler.nights(nightsFromSnapshotsMax);
    // One without steps has only compared: what else a night does is still to be done.
    const before = nights.find(({ steps }) => steps !== undefined);
    if (before !== undefined && isLately(before.endedAt)) return undefined;
    // What snapshots cover is read again from time to time: rows of long ago can be altered, too.
    const whole = nights.length === nightsFromSnapshotsMax && nights.every((night) => night.whole !== true);
    return { dryRun: false, whole };
  }

  /** undefined: another has just done it, or it cannot be done now. */
  async function compare(): Promise<ReconcileReport | undefined> {
    try {
      const report = await reconciler.runIf(decide, { ...byItself, onProgress: () => undefined });
      if (report !== undefined) ended(report);
      return report;
    } catch (error) {
      if (!isPassing(error)) throw error;
      if (!closing.signal.aborted) onNote(`night: nothing was compared: ${error.message}`);
      return undefined;
    }
  }

  /** One that cannot be done now keeps none of those behind it from theirs. undefined: there is nothing to do, or no time. */
  async function step(
    name: NightStep["step"],
    night: ReconcileReport | undefined,
    watching: Omit<Watching, "onProgress">,
  ): Promise<NightStep | undefined> {
    const startedAt = clock.now();
    const done = (told: Omit<StepTold, "note">): NightStep => ({
      step: name,
      startedAt,
      endedAt: clock.now(),
      ...told,
    });
    try {
      const told = await steps[name](night, watching);
      if (told === undefined) return undefined;
      const { note, ...rest } = told;
      if (note !== undefined) onNote(`night: ${note}`);
      return done(rest);
    } catch (error) {
      if (watching.signal.aborted) return undefined;
      if (!isPassing(error)) throw error;
      onNote(`night: ${OTHERWISE[name]}: ${error.message}`);
      return done({ changed: {}, problem: error.message });
    }
  }

  const steps: Readonly<
    Record<
      NightStep["step"],
      (night: ReconcileReport | undefined, watching: Omit<Watching, "onProgress">) => Promise<StepTold | undefined>
    >
  > = {
    async retain(night, watching) {
      if (night === undefined) return undefined;
      if (night.drifts > 0 && nightsWithheld(await reconciler.nights(nightsKeptMax)) < withheldNightsMax)
        return withheldTold(night);
      return retainTold(await reconciler.retain({ dryRun: false }, watching));
    },
    async rfm(night, watching) {
      // A brand that has no field for it does without.
      if (night === undefined || (await scoring.traits()).length === 0) return undefined;
      return rfmTold(await score({ dryRun: false }, watching));
    },
    /** A model is all nodes': who comes to it after another has learned has nothing to do. */
    recommend: async (_night, { signal }) => learnedTold(await learn(signal)),
  };

  /** @returns the night with what was done behind its comparison; undefined: there was none */
  async function doBehind(
    compared: ReconcileReport | undefined,
    watching: Behind,
  ): Promise<ReconcileReport | undefined> {
    let night = compared;
    for (const name of ["retain", "rfm", "recommend"] as const) {
      if (watching.signal.aborted) break;
      watching.onStep(name);
      const told = await step(name, compared, watching);
      if (night === undefined || told === undefined) continue;
      night = { ...night, steps: [...(night.steps ?? []), told] };
      // It is told in the log all the same.
      await reconciler.keep(night).catch((error: unknown) => {
        if (!isPassing(error)) throw error;
      });
    }
    return night;
  }

  const doAll: Night["doAll"] = async ({ whole }, watching) => {
    const compared = await reconciler.runIf(async () => ({ dryRun: false, whole }), watching);
    if (compared !== undefined) ended(compared);
    const signal = AbortSignal.any([watching.signal, closing.signal]);
    const night = await doBehind(compared, { ...watching, signal });
    if (signal.aborted) await keepAsCompared(night);
    signal.throwIfAborted();
    return night as ReconcileReport;
  };

  /** What was left behind is done by the next night: this one does not stand for it. */
  async function keepAsCompared(night: ReconcileReport | undefined): Promise<void> {
    if (night === undefined) return;
    const { steps: _, ...compared } = night;
    await reconciler.keep(compared).catch((error: unknown) => {
      if (!isPassing(error)) throw error;
    });
  }

  function ended(report: ReconcileReport): void {
    last = report;
    onNote(`night: ${nightNote(report)}`);
  }

  function isLately(endedAt: number): boolean {
    return Math.abs(clock.now() - endedAt) < nightAgainMsMin;
  }

  async function nightly(): Promise<void> {
    await doBehind(await compare(), { ...byItself, onStep: () => undefined });
  }

  const job = config.night === undefined ? undefined : schedule(config.night, nightly);
  return {
    ...reconciler,
    run,
    doAll,
    score,
    last: () => last,
    async close() {
      job?.stop();
      closing.abort(new HistoryUnavailable("The engine is stopping."));
      await reconciler.close();
    },
  };
}

function schedule(pattern: string, task: () => Promise<void>): Cron {
  try {
    return new Cron(pattern, { protect: true, unref: true }, task);
  } catch (cause) {
    throw new SetupError(
      `VIF_NIGHT is "${pattern}", which is no time.`,
      "Write minute, hour, day, month and weekday, such as 15 3 * * *, or off.",
      { cause },
    );
  }
}

/** An operating error, after which a later night does it. */
function isPassing(error: unknown): error is HistoryUnavailable | StoreUnavailable | ThreadEnded {
  return error instanceof HistoryUnavailable || error instanceof StoreUnavailable || error instanceof ThreadEnded;
}

const OTHERWISE: Readonly<Record<NightStep["step"], string>> = {
  retain: "what is too old waits for the next one",
  rfm: "who buys how often waits for the next one",
  recommend: "nothing was learned",
};
