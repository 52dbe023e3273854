/**
 * Reconciling in a running engine: a thread of its own for each night, and one more beside it for some of the shards, one night
 * at a time on all nodes, so that folding a whole history keeps nobody waiting. What it finds wrong goes by the router to the owner of the shard, wherever that is. Every
 * night is kept in history, without anybody's values.
 */
import { type MessagePort, Worker } from "node:worker_threads";
import type { History } from "../history/port.ts";
import { keptMsMin, nightsKeptMax, shardThreads, shardThreadYoungMb } from "../limits-of-reconcile.ts";
import type { Clock, Timers } from "../model/clock.ts";
import { HistoryUnavailable, StoreUnavailable, ThreadEnded } from "../model/errors.ts";
import type { NodeId, ProfileId, ShardId } from "../model/ids.ts";
import { threadEntry } from "../model/thread-entry.ts";
import type { ShardFix } from "../shard/port.ts";
import { portsOf, type StoreConnection } from "../store/create-store.ts";
import type { LetGo } from "./aged-profiles.ts";
import { type HeldDuty, takeDuty } from "./duty.ts";
import type { NightWays } from "./create-night-threads.ts";
import { endOfThread } from "./thread-end.ts";
import type { ReconcileProgress, ReconcileReport, RetainReport } from "./port.ts";
import { retain, type RetainOptions } from "./retain.ts";
import type {
  FromReconciler,
  NightKind,
  ReconcileTask,
  ReconcileThreadData,
  ToReconciler,
} from "./reconcile-messages.ts";

export interface ReconcilerOptions {
  readonly node: NodeId;
  /** A folder for what a night does not keep in memory; undefined: it reads all again for each part of a shard. */
  readonly scratch?: string | undefined;
  /** For one more thread. */
  readonly connection: () => StoreConnection;
  readonly openPort: () => MessagePort;
  readonly history: RetainOptions["history"] & Pick<History, "documents">;
  /** What is durable by then is in history, of the shards that this node drains. Rejects as a drain does. */
  readonly flush: () => Promise<void>;
  /** How long events and values of fields are kept, by the plan that decides. Rejects with StoreUnavailable. */
  readonly kept: () => Promise<RetainOptions["kept"]>;
  /** How long anonymous profiles are kept after their last event; undefined: for ever. */
  readonly anonymousKeptMs: number | undefined;
  /** How long messages that have come to nothing are kept; undefined: for ever. */
  readonly lettersKeptMs: number | undefined;
  readonly tell: (
    to: { readonly shard: ShardId; readonly profile: ProfileId | undefined },
    message: { readonly kind: "repair"; readonly fix: ShardFix },
    settle: (isDone: boolean) => void,
  ) => void;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Unlike any other. */
  readonly makeId: () => string;
}

export interface Watching {
  readonly onProgress: (progress: ReconcileProgress) => void;
  /** Another node, or another run here, has to end first. */
  readonly onWaiting: () => void;
  readonly signal: AbortSignal;
}

export interface Reconciler {
  /** Rejects with HistoryUnavailable, StoreUnavailable or ThreadEnded, and when the asker wants no answer any more. */
  run(how: NightKind, watching: Watching): Promise<ReconcileReport>;
  /**
   * As `run`, where `decide` still wants it when it is ours to do: another node may just have done it. The night is one that
   * does something besides: it is kept with no step yet.
   */
  runIf(decide: () => Promise<NightKind | undefined>, watching: Watching): Promise<ReconcileReport | undefined>;
  /** What is too old to be kept goes. Rejects as `run`. */
  retain(how: { readonly dryRun: boolean }, watching: Omit<Watching, "onProgress">): Promise<RetainReport>;
  /** Something else that one does at a time on all nodes: it is to `check` on its way. Rejects as the task does. */
  onDuty<T>(
    watching: Omit<Watching, "onProgress">,
    task: (held: { readonly signal: AbortSignal; readonly check: () => void }) => Promise<T>,
  ): Promise<T>;
  /** A night with what was done since it was kept; without the values that differed. Rejects with HistoryUnavailable. */
  keep(night: ReconcileReport): Promise<void>;
  /** Kept nights, the latest first. */
  nights(limit: number): Promise<readonly ReconcileReport[]>;
  close(): Promise<void>;
}

export function createReconciler(options: ReconcilerOptions): Reconciler {
  const { node, history, clock, timers, makeId } = options;
  const closing = new AbortController();

  /** One at a time, on all nodes. */
  async function onDuty<T>(
    watching: Omit<Watching, "onProgress">,
    task: (held: {
      readonly signal: AbortSignal;
      readonly duty: HeldDuty;
      /** Throws when it is to end, or another has taken the duty over. */
      readonly check: () => void;
    }) => Promise<T>,
  ): Promise<T> {
    const signal = AbortSignal.any([watching.signal, closing.signal]);
    const holder = `${node} ${makeId()}`;
    const duty = await takeDuty({ history, holder, clock, timers }, watching.onWaiting, signal);
    const check = (): void => {
      signal.throwIfAborted();
      if (duty.isLost()) throw new HistoryUnavailable(TAKEN_OVER);
    };
    try {
      return await task({ signal, duty, check });
    } finally {
      await duty.release();
    }
  }

  /** @param done what it has done besides; absent: it does nothing */
  async function night(
    how: NightKind,
    held: Parameters<typeof startThread>[2],
    done?: Pick<ReconcileReport, "steps">,
  ): Promise<ReconcileReport> {
    await orAborted(options.flush, held.signal);
    if (held.duty.isLost()) throw new HistoryUnavailable(TAKEN_OVER);
    const told = await startThread(options, { is: "night", ...how }, held);
    if (told.is !== "report") throw new TypeError("a night was asked for");
    const report = { ...told.report, ...done };
    await keep(report);
    return report;
  }

  /** undefined: they are kept for ever. */
  async function emptyIdle(
    { kept, dryRun }: { readonly kept: RetainOptions["kept"]; readonly dryRun: boolean },
    held: { readonly signal: AbortSignal; readonly duty: HeldDuty },
  ): Promise<RetainReport["anonymous"]> {
    const { anonymousKeptMs } = options;
    if (anonymousKeptMs === undefined) return undefined;
    const before = clock.now() - anonymousKeptMs;
    const all = [...Object.values(kept.events), ...Object.values(kept.fields)];
    const historyTells = all.every((ms) => ms >= anonymousKeptMs);
    const told = await startThread(options, { is: "idle", before, historyTells, dryRun }, held);
    if (told.is !== "emptied") throw new TypeError("who is idle was asked for");
    return { before, people: told.people };
  }

  /** What profiles keep for so long only. */
  async function letGo(
    { kept, dryRun }: { readonly kept: RetainOptions["kept"]; readonly dryRun: boolean },
    held: { readonly signal: AbortSignal; readonly duty: HeldDuty },
  ): Promise<Omit<LetGo, "letters"> & { readonly letters: RetainReport["letters"] }> {
    const { lettersKeptMs } = options;
    const now = clock.now();
    const fields = Object.fromEntries(Object.entries(kept.fields).map(([name, ms]) => [name, now - ms]));
    // As long as its row stays in any case.
    const events = Object.fromEntries(
      Object.entries(kept.events).map(([name, ms]) => [name, now - Math.max(ms, keptMsMin)]),
    );
    const letters = lettersKeptMs === undefined ? undefined : now - lettersKeptMs;
    const isAny = letters !== undefined || Object.keys({ ...fields, ...events }).length > 0;
    if (!isAny) return { fields: {}, letters: undefined, showing: 0 };
    const told = await startThread(options, { is: "aged", before: { fields, letters, events }, dryRun }, held);
    if (told.is !== "let_go") throw new TypeError("what is too old in profiles was asked for");
    const messages = told.gone.letters;
    return { ...told.gone, letters: letters === undefined ? undefined : { before: letters, messages } };
  }

  async function keep(report: ReconcileReport): Promise<void> {
    const key = new Date(report.startedAt).toISOString();
    await history.putDocument({ kind: "night", key }, new TextEncoder().encode(JSON.stringify(withoutValues(report))));
    const all = await history.documents("night", nightsKeptMax * 2);
    for (const old of all.slice(nightsKeptMax)) await history.putDocument(old, undefined);
  }

  return {
    run: (how, watching) => onDuty(watching, (held) => night(how, { ...watching, ...held })),
    runIf: (decide, watching) =>
      onDuty(watching, async (held) => {
        const how = await decide();
        return how && night(how, { ...watching, ...held }, { steps: [] });
      }),
    keep,
    retain: ({ dryRun }, watching) =>
      onDuty(watching, async (held) => {
        const kept = await options.kept();
        const anonymous = await emptyIdle({ kept, dryRun }, held);
        const { fields, letters, showing } = await letGo({ kept, dryRun }, held);
        const { check } = held;
        const cleared = { fields, showing };
        const report = await retain({ history, kept, cleared, node, dryRun, now: () => clock.now(), check });
        return { ...report, ...(anonymous && { anonymous }), ...(letters && { letters }) };
      }),
    onDuty,
    nights: async (limit) =>
      (await history.documents("night", limit)).map(
        ({ content }) => JSON.parse(new TextDecoder().decode(content)) as ReconcileReport,
      ),
    async close() {
      closing.abort(new HistoryUnavailable("The engine is stopping."));
    },
  };
}

/** Rejects as well when nobody waits for it any more; where nobody does, it is not begun. */
async function orAborted<T>(begin: () => Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason as Error);
    signal.addEventListener("abort", stop);
    void begin()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener("abort", stop));
  });
}

/** What stands in a profile is told to who asks, and kept nowhere else. */
function withoutValues(report: ReconcileReport): ReconcileReport {
  const told = report.told.map((drift) => ({
    ...drift,
    sections: drift.sections.map(({ name }) => ({ name, live: undefined, history: undefined })),
  }));
  return { ...report, told };
}

const NAME = "vif-reconcile";
const TAKEN_OVER = "Another node has taken the night over.";
const AWAY = { history: HistoryUnavailable, store: StoreUnavailable, thread: ThreadEnded } as const;

type LastWord = Extract<FromReconciler, { is: "report" | "emptied" | "let_go" }>;

async function startThread(
  { connection, openPort, node, scratch, tell }: ReconcilerOptions,
  task: ReconcileTask,
  {
    onProgress = () => undefined,
    signal,
    duty,
  }: Partial<Watching> & { readonly signal: AbortSignal; readonly duty: HeldDuty },
): Promise<LastWord> {
  const openWays = (): NightWays => ({ store: connection(), history: openPort() });
  const ways = openWays();
  const beside = Array.from({ length: task.is === "night" ? shardThreads - 1 : 0 }, openWays);
  const workerData: ReconcileThreadData = { ...ways, node, task, beside, scratch };
  const worker = new Worker(threadEntry(import.meta.url, "./reconcile-main"), {
    workerData,
    transferList: [ways, ...beside].flatMap(({ store, history }) => [...portsOf(store), history]),
    name: NAME,
    resourceLimits: { maxYoungGenerationSizeMb: shardThreadYoungMb },
  });
  const stop = (): void => void worker.terminate();
  signal.addEventListener("abort", stop);
  try {
    return await new Promise<LastWord>((resolve, reject) => {
      const answer = (isTold: boolean): void => worker.postMessage({ isTold } satisfies ToReconciler);
      worker.on("message", (told: FromReconciler) => {
        switch (told.is) {
          case "progress":
            return onProgress(told.progress);
          case "repair":
            // Who has lost the duty leaves repairs to who has it.
            if (duty.isLost()) return answer(false);
            return tell({ shard: told.shard, profile: undefined }, { kind: "repair", fix: told.fix }, answer);
          case "report":
          case "emptied":
          case "let_go":
            return resolve(told);
          case "away":
            return reject(new AWAY[told.of](told.message));
        }
      });
      worker.once("error", (cause: Error) => reject(endOfThread(NAME, cause)));
      worker.once("exit", () => reject(signal.aborted ? (signal.reason as Error) : endOfThread(NAME)));
    });
  } finally {
    signal.removeEventListener("abort", stop);
    await worker.terminate();
  }
}
