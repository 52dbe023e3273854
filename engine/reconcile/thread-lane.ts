/**
 * A lane of shards in a thread of its own, both ends: one shard is asked for at a time, and what is said beside (how far it
 * has come, what is to be put right) goes to whoever has opened the lane. Failures that may pass come out as the errors they
 * were; a fault of the program ends the thread with its error.
 */
import { type MessagePort, parentPort, type Transferable, Worker } from "node:worker_threads";
import { shardThreadYoungMb } from "../limits-of-reconcile.ts";
import { HistoryUnavailable, SetupError, StoreUnavailable } from "../model/errors.ts";
import type { ShardId } from "../model/ids.ts";
import type { Lane } from "./over-shards.ts";
import { endOfThread } from "./thread-end.ts";

type Failure =
  | { readonly of: "history" | "store"; readonly message: string }
  | { readonly of: "setup"; readonly message: string; readonly remedy: string };

/** To the thread. */
type Asked<Heard> =
  | { readonly is: "shard"; readonly shard: ShardId }
  | { readonly is: "heard"; readonly heard: Heard }
  | { readonly is: "end" };

/** From the thread. */
type Told<Result, Said> =
  | { readonly is: "done"; readonly result: Result }
  | { readonly is: "said"; readonly said: Said }
  | { readonly is: "failed"; readonly failure: Failure };

export interface ThreadLane<Result> {
  readonly lane: Lane<Result>;
  /** Once it has no shard to do: lets go of what it holds, and ends. */
  close(): Promise<void>;
}

export interface ThreadLaneOptions<Said, Heard> {
  readonly entry: URL;
  readonly name: string;
  readonly workerData: object;
  readonly transfer: readonly Transferable[];
  readonly onSaid: (said: Said, answer: (heard: Heard) => void) => void;
}

export function openThreadLane<Result, Said, Heard = never>({
  entry,
  name,
  workerData,
  transfer,
  onSaid,
}: ThreadLaneOptions<Said, Heard>): ThreadLane<Result> {
  const worker = new Worker(entry, {
    workerData,
    transferList: [...transfer],
    name,
    resourceLimits: { maxYoungGenerationSizeMb: shardThreadYoungMb },
  });
  let waiting: { readonly resolve: (result: Result) => void; readonly reject: (error: Error) => void } | undefined;
  let ended: Error | undefined;
  const tell = (asked: Asked<Heard>): void => worker.postMessage(asked);
  const end = (cause: Error): void => {
    ended ??= cause;
    waiting?.reject(ended);
  };
  worker.on("error", (cause: Error) => end(endOfThread(name, cause)));
  const exited = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
  void exited.then(() => end(endOfThread(name)));
  worker.on("message", (told: Told<Result, Said>) => {
    switch (told.is) {
      case "done":
        return waiting?.resolve(told.result);
      case "said":
        return onSaid(told.said, (heard) => tell({ is: "heard", heard }));
      case "failed":
        return waiting?.reject(errorOf(told.failure));
    }
  });
  return {
    lane: (shard) =>
      new Promise((resolve, reject) => {
        waiting = { resolve, reject };
        if (ended === undefined) tell({ is: "shard", shard });
        else reject(ended);
      }),
    async close() {
      if (ended === undefined) tell({ is: "end" });
      await exited;
    },
  };
}

export interface LaneThread<Result, Said, Heard> {
  readonly open: (around: {
    readonly say: (said: Said) => void;
    /** The answer to what was said; one at a time. */
    readonly hear: () => Promise<Heard>;
  }) => Promise<{ readonly lane: Lane<Result>; readonly close: () => Promise<void> }>;
}

/** Runs in the thread. @param open rejects as the lane does */
export function serveLane<Result, Said, Heard = never>({ open }: LaneThread<Result, Said, Heard>): void {
  const main = parentPort as MessagePort;
  const tell = (told: Told<Result, Said>): void => main.postMessage(told);
  const hearing: ((heard: Heard) => void)[] = [];
  const opened = open({
    say: (said) => tell({ is: "said", said }),
    hear: () => new Promise((resolve) => void hearing.push(resolve)),
  });
  // Whoever asks for a shard is told.
  opened.catch(() => undefined);

  async function work(shard: ShardId): Promise<void> {
    try {
      const { lane } = await opened;
      tell({ is: "done", result: await lane(shard) });
    } catch (error) {
      const failure = failureOf(error);
      if (failure === undefined) throw error;
      tell({ is: "failed", failure });
    }
  }

  async function end(): Promise<void> {
    await opened.then(
      ({ close }) => close(),
      () => undefined,
    );
    main.close();
  }

  main.on("message", (asked: Asked<Heard>) => {
    switch (asked.is) {
      case "shard":
        return void work(asked.shard);
      case "heard":
        return hearing.shift()?.(asked.heard);
      case "end":
        return void end();
    }
  });
}

function failureOf(error: unknown): Failure | undefined {
  if (error instanceof HistoryUnavailable) return { of: "history", message: error.message };
  if (error instanceof StoreUnavailable) return { of: "store", message: error.message };
  if (error instanceof SetupError) return { of: "setup", message: error.message, remedy: error.remedy };
  return undefined;
}

function errorOf(failure: Failure): Error {
  switch (failure.of) {
    case "history":
      return new HistoryUnavailable(failure.message);
    case "store":
      return new StoreUnavailable(failure.message);
    case "setup":
      return new SetupError(failure.message, failure.remedy);
  }
}
