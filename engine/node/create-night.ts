/**
 * Joins the reconciliation with the parts of a running node, and begins it every night at the hour that is set. Nodes that
 * share a history all begin; one does it, and the others see that it is done.
 */
import { randomUUID } from "node:crypto";
import { Cron } from "croner";
import { type RfmJobOptions, type RfmReport, scoreAll } from "../backtest/rfm-job.ts";
import { nightAgainMsMin, nightsFromSnapshotsMax } from "../limits-of-reconcile.ts";
import { DAY_MS } from "../model/local-time.ts";
import { HistoryUnavailable, SetupError, StoreUnavailable } from "../model/errors.ts";
import type { Router } from "../gateway/router-contract.ts";
import {
  createReconciler,
  type Reconciler,
  type ReconcilerOptions,
  type Watching,
} from "../reconcile/create-reconciler.ts";
import type { ReconcileReport, RetainReport } from "../reconcile/port.ts";
import type { StoreConnection } from "../store/create-store.ts";
import type { NodeParts } from "./create-node-control.ts";

export interface Night extends Omit<Reconciler, "onDuty"> {
  /** Recency, frequency and monetary value of all customers, where they have changed. Rejects as `run`. */
  score(how: { readonly dryRun: boolean }, watching: Omit<Watching, "onProgress">): Promise<RfmReport>;
  /** The last one that this node has ended; for metrics. */
  last(): ReconcileReport | undefined;
}

/** Trains what products are recommended by; in words, what came of it. Rejects when it is ended, or on a fault. */
export type Learn = (signal: AbortSignal) => Promise<string>;

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
    connection,
    openPort: () => drainer.openPort(),
    history: drainer.history,
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

  const run: Reconciler["run"] = async (how, watching) => {
    const report = await reconciler.run(how, watching);
    if (!how.dryRun) last = report;
    return report;
  };

  const score: Night["score"] = (how, watching) => {
    const options = { ...scoring, node, timers, flush: () => drainer.flush(), now: () => clock.now() };
    return onDuty(watching, (held) => scoreAll(options, how, held));
  };

  async function begin(): Promise<void> {
    const ignored = { onProgress: () => undefined, onWaiting: () => undefined, signal: closing.signal };
    try {
      const nights = await reconciler.nights(nightsFromSnapshotsMax);
      const [before] = nights;
      if (before !== undefined && !before.dryRun && isLately(before.endedAt)) return;
      // What snapshots cover is read again from time to time: rows of long ago can be altered, too.
      const whole = nights.length === nightsFromSnapshotsMax && nights.every((night) => night.whole !== true);
      const report = await run({ dryRun: false, whole }, ignored);
      onNote(nightNote(report));
      // Where history and live are at odds, nothing of what could tell why goes.
      if (report.drifts === 0) await age(ignored);
      await scoreTonight(ignored);
    } catch (error) {
      if (closing.signal.aborted) return;
      if (!(error instanceof HistoryUnavailable) && !(error instanceof StoreUnavailable)) throw error;
      onNote(`night: nothing was compared: ${error.message}`);
    }
  }

  /** One that cannot be done now keeps none of those behind it from theirs. */
  async function step(task: () => Promise<string | undefined>, otherwise: string): Promise<void> {
    try {
      const note = await task();
      if (note !== undefined) onNote(note);
    } catch (error) {
      if (closing.signal.aborted) return;
      if (!(error instanceof HistoryUnavailable) && !(error instanceof StoreUnavailable)) throw error;
      onNote(`night: ${otherwise}: ${error.message}`);
    }
  }

  const age = (watching: Pick<Watching, "onWaiting" | "signal">): Promise<void> =>
    step(
      async () => retainNote(await reconciler.retain({ dryRun: false }, watching)),
      "what is too old waits for the next one",
    );

  const scoreTonight = (watching: Pick<Watching, "onWaiting" | "signal">): Promise<void> =>
    step(async () => {
      // A brand that has no field for it does without.
      if ((await scoring.traits()).length === 0) return undefined;
      return rfmNote(await score({ dryRun: false }, watching));
    }, "who buys how often waits for the next one");

  function isLately(endedAt: number): boolean {
    return Math.abs(clock.now() - endedAt) < nightAgainMsMin;
  }

  /** A model is all nodes': who comes to it after another has learned has nothing to do. */
  async function study(): Promise<void> {
    const learned = await learn(closing.signal).catch((error: unknown) => {
      if (!closing.signal.aborted) onNote(`night: nothing was learned: ${String(error)}`);
    });
    if (learned !== undefined) onNote(`night: recommendations: ${learned}`);
  }

  const nightly = (): void => void begin().then(study);
  const job = config.night === undefined ? undefined : schedule(config.night, nightly);
  return {
    ...reconciler,
    run,
    score,
    last: () => last,
    async close() {
      job?.stop();
      closing.abort(new HistoryUnavailable("The engine is stopping."));
      await reconciler.close();
    },
  };
}

function schedule(pattern: string, task: () => void): Cron {
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

function retainNote({ events, fields = [], compacted, anonymous, letters }: RetainReport): string | undefined {
  const rows = [...events, ...fields].reduce((sum, each) => sum + each.rows, 0);
  const people = anonymous?.people ?? 0;
  const values = fields.reduce((sum, field) => sum + field.people, 0);
  const messages = letters?.messages ?? 0;
  const live = [
    ...(people === 0 ? [] : [`${people} anonymous profiles went that had no event for so long`]),
    ...(values === 0 ? [] : [`${values} values of fields went that were said too long ago`]),
    ...(messages === 0 ? [] : [`${messages} messages were let go that had come to nothing too long ago`]),
  ];
  if (rows === 0 && compacted === undefined) return live.length === 0 ? undefined : `night: ${live.join("; ")}`;
  const disk =
    typeof compacted !== "object"
      ? `their room is given back by a later night${compacted === "no_room" ? ", as the disk is too full to write history anew" : ""}`
      : `history takes ${compacted.after} bytes of the disk, and took ${compacted.before}`;
  return `night: ${[...live, `${rows} events went that were too old to be kept`, disk].join("; ")}`;
}

function rfmNote({ customers, recorded, unreached, startedAt, endedAt }: RfmReport): string {
  const seconds = Math.round((endedAt - startedAt) / 1000);
  const left = unreached === 0 ? "" : `, ${unreached} wait for the next night`;
  return `night: RFM: of ${customers} customers ${recorded} have other scores than before, recorded in ${seconds} s${left}`;
}

function nightNote({ profiles, drifts, repaired, startedAt, endedAt }: ReconcileReport): string {
  const seconds = Math.round((endedAt - startedAt) / 1000);
  const found = drifts === 0 ? "live is what history says" : `${drifts} differences, ${repaired} of them settled`;
  return `night: ${profiles} profiles compared in ${seconds} s: ${found}`;
}
