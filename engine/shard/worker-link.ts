/**
 * The main thread's end of one shard worker: starts its thread, puts messages and frames on its port, and starts another
 * thread when one has died. Messages written in one turn of the event loop go as one frame. A worker that died has answered
 * nothing that it had not made durable; its shards are reported lost, claimed again by the new thread and recovered.
 */
import { Worker } from "node:worker_threads";
import type { MessagePort, Transferable } from "node:worker_threads";
import { linkBytesMax, workerRestartMsMax, workerRestartMsMin, workerYoungMb } from "../limits.ts";
import type { Timers } from "../model/clock.ts";
import type { Epoch, PlanDigest, Position, ShardId } from "../model/ids.ts";
import type { Orders } from "../model/orders.ts";
import { threadEntry } from "../model/thread-entry.ts";
import type { ToFloor } from "../recommend/port.ts";
import type { Lease } from "../store/port.ts";
import { addFirings } from "./firing-counts.ts";
import type { FeedSample } from "./feed-port.ts";
import { FrameWriter } from "./link-codec.ts";
import { frameLink } from "./link-frame.ts";
import type { ToShard } from "./port.ts";
import { OWN_LINK } from "./worker-messages.ts";
import type { FromWorker, ToWorker, WorkerSettings, WorkerStatus } from "./worker-messages.ts";

export interface WorkerLinkOptions<Store> {
  readonly name: string;
  readonly timers: Timers;
  /** For each thread that is started: connections and ports are of one thread. */
  readonly settings: () => {
    readonly settings: WorkerSettings<Store>;
    readonly transfer: readonly MessagePort[];
  };
  /** Runs `task` when the event loop has done what is at hand. */
  readonly soon: (task: () => void) => void;
  /** The thread has started, or started anew: it owns nothing and has no plan. */
  readonly onReady: (times: SharedArrayBuffer) => void;
  /** A frame for the link with that number. */
  readonly onFrame: (link: number, frame: ArrayBuffer) => void;
  readonly onShard: (shard: ShardId, state: "recovering" | "owned" | "lost", epoch: Epoch) => void;
  /** What has happened in its shards, while it is watched. */
  readonly onFeed?: (sample: FeedSample) => void;
  /** Something that an operator should know; one line. */
  readonly onNote?: (text: string) => void;
  /** The thread has died: it owns nothing any more, and what was on its way to it is lost. */
  readonly onDied: (cause: Error) => void;
}

export interface WorkerLink {
  /** Puts a message of this node's gateway on the port; false when the worker is away. */
  write(message: ToShard): boolean;
  /** Passes on a frame that came by another link, stamped with its number. */
  pass(frame: ArrayBuffer): boolean;
  /** False when it was another's by then. Rejects when the worker dies meanwhile. */
  claim(seen: Lease): Promise<boolean>;
  release(shard: ShardId): Promise<boolean>;
  activate(plan: PlanDigest): Promise<boolean>;
  order(orders: Orders): void;
  drained(shard: ShardId, position: Position): void;
  unlinked(link: number): void;
  /** As it was at most a second ago. */
  status(): WorkerStatus;
  /** Stops the worker cleanly: its shards are handed over, stored as far as there is time. */
  close(): Promise<void>;
}

export interface WorkerThread extends WorkerLink {
  /** Told to a thread that has started; one that starts later is told everything anew when it is ready. */
  recommend(message: ToFloor): void;
  /** Whether what happens is watched; kept for threads that are started later. */
  feed(on: boolean): void;
  /** Ends the thread where it stands, for good: as a kill would. */
  terminate(): void;
}

interface Call {
  readonly resolve: (done: boolean) => void;
  readonly reject: (cause: Error) => void;
}

const NOTHING = { shards: [], cacheBytes: 0, trouble: undefined };

export function createWorkerLink<Store>(options: WorkerLinkOptions<Store>): WorkerThread {
  const { name, timers, settings, soon, onReady, onFrame, onShard, onDied } = options;
  const calls = new Map<number, Call>();
  const writer = new FrameWriter(OWN_LINK);
  let thread: Worker | undefined;
  let isReady = false;
  let closing: (() => void) | undefined;
  let lastCall = 0;
  let flushing = false;
  /** Whichever thread it was that set them off. */
  const fired = new Map<string, number>();
  let status: WorkerStatus = { ...NOTHING, fired };
  let isFed = false;
  let restartMs = workerRestartMsMin;
  start();

  function start(): void {
    const { settings: workerData, transfer } = settings();
    const started = new Worker(threadEntry(import.meta.url, "./worker-main"), {
      workerData,
      transferList: [...transfer],
      name,
      // What a turn makes lives until it is durable: with less room it is moved to the old generation in between, where
      // collecting it costs a third of an event's time.
      resourceLimits: { maxYoungGenerationSizeMb: workerYoungMb },
    });
    let cause = new Error(`The thread ${name} has ended`);
    started.on("error", (error) => {
      cause = error instanceof Error ? error : new Error(String(error));
    });
    started.on("exit", () => onExit(cause));
    started.on("message", (message: ArrayBuffer | FromWorker) => {
      if (message instanceof ArrayBuffer) onFrame(frameLink(message), message);
      else onMessage(message);
    });
    thread = started;
  }

  function onMessage(message: FromWorker): void {
    switch (message.is) {
      case "ready":
        isReady = true;
        if (isFed) say({ is: "feed", on: true });
        return onReady(message.times);
      case "feed":
        return options.onFeed?.(message.sample);
      case "note":
        return options.onNote?.(message.text);
      case "shard":
        return onShard(message.shard, message.state, message.epoch);
      case "called": {
        const call = calls.get(message.call);
        calls.delete(message.call);
        if (message.failed === undefined) call?.resolve(message.done);
        else call?.reject(new Error(message.failed));
        return;
      }
      case "status":
        status = { ...message.status, fired: addFirings(fired, message.fired) };
        // It has lived for a while: the next death is another accident, not the same one.
        restartMs = workerRestartMsMin;
        return;
      case "closed":
        isReady = false;
    }
  }

  function onExit(cause: Error): void {
    thread = undefined;
    isReady = false;
    status = { ...NOTHING, fired };
    writer.take();
    for (const { reject } of calls.values()) reject(cause);
    calls.clear();
    if (closing !== undefined) return closing();
    onDied(cause);
    timers.after(restartMs, () => {
      if (closing === undefined) start();
    });
    restartMs = Math.min(restartMs * 2, workerRestartMsMax);
  }

  function say(message: ToWorker, transfer: readonly Transferable[] = []): void {
    // What was written before must not come after.
    flush();
    thread?.postMessage(message, [...transfer]);
  }

  type Asked =
    | { readonly is: "claim"; readonly seen: Lease }
    | { readonly is: "release"; readonly shard: ShardId }
    | { readonly is: "activate"; readonly plan: PlanDigest };

  function call(ask: Asked): Promise<boolean> {
    if (!isReady) return Promise.reject(new Error(`The thread ${name} is not ready`));
    return new Promise((resolve, reject) => {
      calls.set(++lastCall, { resolve, reject });
      say({ ...ask, call: lastCall });
    });
  }

  function flush(): void {
    flushing = false;
    const frame = writer.take();
    if (frame !== undefined && isReady) thread?.postMessage(frame, [frame]);
  }

  return {
    write(message) {
      if (!isReady || writer.bytes > linkBytesMax) return false;
      writer.write(message);
      if (!flushing) {
        flushing = true;
        soon(flush);
      }
      return true;
    },
    pass(frame) {
      if (!isReady) return false;
      thread?.postMessage(frame, [frame]);
      return true;
    },
    claim: (seen) => call({ is: "claim", seen }),
    release: (shard) => call({ is: "release", shard }),
    activate: (plan) => call({ is: "activate", plan }),
    order: (orders) => say({ is: "orders", orders }),
    drained: (shard, position) => say({ is: "drained", shard, position }),
    unlinked: (link) => say({ is: "unlinked", link }),
    status: () => status,
    recommend(message) {
      if (isReady) say({ is: "recommend", message });
    },
    feed(on) {
      isFed = on;
      if (isReady) say({ is: "feed", on });
    },
    terminate() {
      closing ??= () => undefined;
      void thread?.terminate();
    },
    close() {
      if (thread === undefined) return Promise.resolve();
      return new Promise((resolve) => {
        closing = resolve;
        say({ is: "close" });
      });
    },
  };
}
