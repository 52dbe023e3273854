/**
 * Entry of a shard worker's thread: opens its way to the hot store, builds the host of its shards (shard-host.ts) and pumps
 * frames between it and the main thread. What goes out in one stroke, a turn's answers say, goes as one frame a link.
 * Holds no logic of its own; a mistake anywhere in the worker ends the thread with its error, and the main thread starts
 * another one, which recovers the shards.
 */
import { parentPort, workerData } from "node:worker_threads";
import { createClock, createRandom, createTimers } from "../create-clock.ts";
import { createStepTimes } from "../gateway/step-times.ts";
import { createLinkMaker } from "../gateway/links-port.ts";
import { parseEvent } from "../gateway/parse-event.ts";
import { connectDesk } from "../deliver/desk-link.ts";
import { createReceiptParser } from "../gateway/parse-receipt-once.ts";
import { connectHistory } from "../history/history-link.ts";
import type { History } from "../history/port.ts";
import { loadPlan, loadPlanGently } from "../language/compile/load-plan.ts";
import { finishGently } from "../language/plan/steps.ts";
import { feedPeriodMs, leaseRenewMs } from "../limits.ts";
import { planSliceMs } from "../limits-of-rules.ts";
import { RECEIPT_AT_CELL } from "../model/receipt.ts";
import { createFloor } from "../recommend/port.ts";
import { createRestoring, type MadeRestoring } from "../reconcile/restoring.ts";
import { connectStore } from "../store/create-store.ts";
import type { StoreConnection } from "../store/create-store.ts";
import type { HotStore } from "../store/port.ts";
import { addFirings } from "./firing-counts.ts";
import { FeedTap } from "./feed-tap.ts";
import { FrameWriter, readFrame } from "./link-codec.ts";
import type { LinkMessage } from "./link-codec.ts";
import { frameLink } from "./link-frame.ts";
import type { ToShard } from "./port.ts";
import { ShardHost } from "./shard-host.ts";
import { PEERS_LINK } from "./worker-messages.ts";
import type { FromWorker, ToWorker, WorkerSettings } from "./worker-messages.ts";

const main = parentPort;
if (main === null) throw new Error("worker-main is the entry of a worker thread");
const settings = workerData as WorkerSettings<StoreConnection>;
const say = (message: FromWorker): void => main.postMessage(message);

const clock = createClock();
const timers = createTimers();
const times = createStepTimes();
const { identifiers, trustBrowsers, serverKeys } = settings;
const tap = new FeedTap(clock);
const rules = { identifiers, trustBrowsers, serverKeys };
const receipts = createReceiptParser(identifiers);
const floor = createFloor();

const writers = new Map<number, FrameWriter>();
let flushing = false;

/** Everything that is written until the running task ends goes out together. */
function write(link: number, message: LinkMessage): void {
  if (tap.on) tap.sent(message);
  let writer = writers.get(link);
  if (writer === undefined) {
    writer = new FrameWriter(link);
    writers.set(link, writer);
  }
  writer.write(message);
  if (flushing) return;
  flushing = true;
  queueMicrotask(flush);
}

function flush(): void {
  flushing = false;
  for (const writer of writers.values()) {
    const frame = writer.take();
    if (frame !== undefined) main?.postMessage(frame, [frame]);
  }
}

function answer(call: number, outcome: Promise<boolean>): void {
  outcome.then(
    (done) => say({ is: "called", call, done, failed: undefined }),
    (error: unknown) =>
      say({ is: "called", call, done: false, failed: error instanceof Error ? error.message : String(error) }),
  );
}

let feedTimer: NodeJS.Timeout | undefined;

/** Only while somebody watches is there anything to do. */
function feed(on: boolean): void {
  if (on === tap.on) return;
  tap.on = on;
  clearInterval(feedTimer);
  tap.take();
  if (!on) return;
  feedTimer = setInterval(() => {
    const sample = tap.take();
    if (sample !== undefined) say({ is: "feed", sample });
  }, feedPeriodMs);
}

const history = settings.historyPort === undefined ? undefined : connectHistory(settings.historyPort);

void connectStore(settings.store, clock).then(serve);

/** Resolves when messages and timers that have come meanwhile have been seen to. */
function turnOfOthers(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** What a store that was lost had is put back from history. */
function restoringFrom(store: HotStore, past: History): MadeRestoring {
  const later = (delayMs: number): Promise<void> =>
    new Promise((resolve) => {
      timers.after(delayMs, resolve);
    });
  const onNote = (text: string): void => say({ is: "note", text });
  const { scratch } = settings;
  return createRestoring({ store, history: past, loadPlan, scratch, clock, rest: turnOfOthers, later, onNote });
}

function serve(opened: HotStore): void {
  const made = history === undefined ? undefined : restoringFrom(opened, history);
  const store = made?.store ?? opened;
  const { deskPort } = settings;
  /** Since the last status. */
  const firings = new Map<string, number>();
  const pauses = { sliceMs: planSliceMs, nowMs: () => clock.monotonicMs(), pause: turnOfOthers };
  const desk = deskPort === undefined ? undefined : connectDesk(deskPort, (said) => host.receiveDelivery(said));
  const host: ShardHost = new ShardHost({
    node: settings.node,
    store,
    history,
    ...(made !== undefined && { restoring: made.restoring }),
    loadPlan: (bytes, lacking) => floor.serve(loadPlan(bytes, lacking)),
    loadPlanGently: async (bytes, lacking) => {
      return floor.serve(await loadPlanGently(bytes, pauses, lacking));
    },
    othersFirst: turnOfOthers,
    runGently: (steps) => finishGently(steps, pauses),
    parse: (body, origin, route) => {
      const startMs = clock.monotonicMs();
      const parsed = route < RECEIPT_AT_CELL ? parseEvent(body, origin, rules) : receipts(body, origin, route);
      times.record("parse", clock.monotonicMs() - startMs);
      if ("event" in parsed) floor.happened(parsed.event);
      return parsed;
    },
    clock,
    timers,
    random: createRandom(),
    cacheBytesMax: settings.cacheBytesMax,
    send: write,
    sendPeer: (message) => write(PEERS_LINK, message),
    onShard: (shard, state, epoch) => {
      // What was written before must not come after.
      flush();
      say({ is: "shard", shard, state, epoch });
    },
    onAppended: (request, fired) => {
      tap.appended(request);
      if (fired !== undefined) addFirings(firings, fired);
    },
    ...(desk !== undefined && {
      delivery: {
        ...desk,
        linksOf: createLinkMaker(settings.links).linksOf,
      },
    }),
    onTurn: (timing) => {
      times.record("turn", timing.processMs);
      times.record("append", timing.appendMs);
    },
  });

  const statusTimer = setInterval(() => {
    const fired = [...firings];
    firings.clear();
    say({ is: "status", status: { shards: host.status(), cacheBytes: host.cacheBytes, trouble: host.trouble }, fired });
  }, leaseRenewMs);

  main?.on("message", (message: ArrayBuffer | ToWorker) => {
    if (message instanceof ArrayBuffer) receive(message);
    else command(message);
  });
  say({ is: "ready", times: times.buffer });

  function receive(frame: ArrayBuffer): void {
    const link = frameLink(frame);
    readFrame(frame, (message) => host.receive(link, message as ToShard));
  }

  function command(message: ToWorker): void {
    switch (message.is) {
      case "claim":
        return answer(message.call, host.claim(message.seen));
      case "release":
        return answer(
          message.call,
          host.release(message.shard).then(() => true),
        );
      case "activate":
        return answer(
          message.call,
          host.activate(message.plan).then(() => true),
        );
      case "orders":
        return host.heed(message.orders);
      case "drained":
        return host.drained(message.shard, message.position);
      case "unlinked":
        writers.delete(message.link);
        return host.unlinked(message.link);
      case "recommend":
        return floor.receive(message.message);
      case "feed":
        return feed(message.on);
      case "close":
        void close();
    }
  }

  async function close(): Promise<void> {
    clearInterval(statusTimer);
    feed(false);
    await host.close();
    made?.close();
    desk?.close();
    await store.close();
    flush();
    say({ is: "closed" });
    main?.close();
  }
}
