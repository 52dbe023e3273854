/**
 * The history over a MessagePort: `serveHistory` where it is open, `connectHistory` in every other thread, so that one
 * file is opened once in a process and DuckDB's work stays off the threads that serve. Calls are answered in the order in
 * which they end; a port that closes fails what waits with HistoryUnavailable. Row bytes travel packed in one transferred
 * buffer, since a view would take the whole buffer below it along.
 */
import type { MessagePort } from "node:worker_threads";
import { HistoryUnavailable } from "../model/errors.ts";
import type { Instant, Position, ShardId } from "../model/ids.ts";
import { callOf, type PassedOn, passedOn } from "./passed-on.ts";
import type { DrainWrite, EventBlock, EventScan, History, HistoryRecord, HistoryRow } from "./port.ts";

type Ask =
  | { readonly ask: Exclude<PassedOn, "drain" | "records">; readonly words: readonly unknown[] }
  | { readonly ask: "drain"; readonly writes: readonly DrainWrite[] }
  | { readonly ask: "records"; readonly shard: ShardId; readonly after: Position; readonly limit: number }
  /** The next block of a read, which begins with the first ask for it; undefined: there is none any more. */
  | { readonly ask: "events"; readonly read: number; readonly scan: EventScan }
  | { readonly ask: "enough"; readonly read: number };

type Call = Ask & { readonly call: number };

type Reply =
  | { readonly call: number; readonly answer: unknown }
  | { readonly call: number; readonly failed: "away" | "caller" | "fault"; readonly message: string };

interface PackedRecords {
  readonly positions: readonly Position[];
  readonly instants: readonly Instant[];
  /** Where each record ends in `bytes`. */
  readonly ends: readonly number[];
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Serves one client until its port closes; closing the history is left to who opened it. */
export function serveHistory(history: History, port: MessagePort): void {
  const reads = new Map<number, AsyncIterator<EventBlock>>();
  port.on("close", () => {
    for (const read of reads.values()) void read.return?.();
    reads.clear();
  });
  port.on("message", (call: Call) => {
    answerTo(history, call, reads).then(
      (answer) => {
        const isPacked = call.ask === "records" || call.ask === "events";
        const packed = isPacked ? (answer as PackedRecords | EventBlock | undefined) : undefined;
        const transfer = packed === undefined ? [] : [packed.bytes.buffer];
        port.postMessage({ call: call.call, answer } satisfies Reply, transfer);
      },
      (error: unknown) => port.postMessage({ call: call.call, ...failureOf(error) } satisfies Reply),
    );
  });
}

async function answerTo(history: History, call: Call, reads: Map<number, AsyncIterator<EventBlock>>): Promise<unknown> {
  switch (call.ask) {
    case "drain":
      return history.drain(call.writes);
    case "records":
      return packRecords(await history.records(call.shard, call.after, call.limit));
    case "events":
      return nextBlock(history, call, reads);
    case "enough": {
      const read = reads.get(call.read);
      reads.delete(call.read);
      await read?.return?.();
      return undefined;
    }
    default:
      return callOf(history, call.ask, call.words);
  }
}

async function nextBlock(
  history: History,
  { read: id, scan }: Extract<Ask, { ask: "events" }>,
  reads: Map<number, AsyncIterator<EventBlock>>,
): Promise<EventBlock | undefined> {
  const read = reads.get(id) ?? history.events(scan)[Symbol.asyncIterator]();
  reads.set(id, read);
  const next = await read.next().catch((error: unknown) => {
    reads.delete(id);
    throw error;
  });
  if (next.done !== true) return next.value;
  reads.delete(id);
  return undefined;
}

function failureOf(error: unknown): { readonly failed: "away" | "caller" | "fault"; readonly message: string } {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof HistoryUnavailable) return { failed: "away", message };
  return { failed: error instanceof RangeError ? "caller" : "fault", message };
}

interface Waiting {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
}

/** @param port one end of a channel whose other end is served; `close` closes it */
export function connectHistory(port: MessagePort): History {
  const waiting = new Map<number, Waiting>();
  let calls = 0;
  let closed = false;

  port.on("message", (reply: Reply) => {
    const waiter = waiting.get(reply.call);
    waiting.delete(reply.call);
    if (waiting.size === 0) port.unref();
    if (waiter === undefined) return;
    if ("answer" in reply) waiter.resolve(reply.answer as never);
    else waiter.reject(errorOf(reply.failed, reply.message));
  });
  port.on("close", () => {
    closed = true;
    for (const { reject } of waiting.values()) reject(away());
    waiting.clear();
  });
  // Keeps the thread alive only while a call waits.
  port.unref();

  function send<Answer>(ask: Ask): Promise<Answer> {
    if (closed) return Promise.reject(away());
    return new Promise((resolve, reject) => {
      calls++;
      waiting.set(calls, { resolve, reject });
      port.ref();
      port.postMessage({ ...ask, call: calls } satisfies Call);
    });
  }

  return {
    ...passedOn((ask, words) => send({ ask, words } as Ask)),
    drain: (writes) => send({ ask: "drain", writes: writes.map(unshared) }),
    records: async (shard, after, limit) => unpackRecords(await send({ ask: "records", shard, after, limit })),
    events: (scan) => readEvents(send, scan, ++calls),
    close: async () => {
      closed = true;
      port.close();
    },
  };
}

type Send = <Answer>(ask: Ask) => Promise<Answer>;

/** The next block is asked for while this one is worked on. */
async function* readEvents(send: Send, scan: EventScan, read: number): AsyncGenerator<EventBlock> {
  const ask = (): Promise<EventBlock | undefined> => {
    const next = send<EventBlock | undefined>({ ask: "events", read, scan });
    // It is awaited below, or nobody wants it any more.
    next.catch(() => undefined);
    return next;
  };
  let next = ask();
  let whole = false;
  try {
    for (let block = await next; block !== undefined; block = await next) {
      next = ask();
      yield block;
    }
    whole = true;
  } finally {
    if (!whole) await send({ ask: "enough", read }).catch(() => undefined);
  }
}

function away(): HistoryUnavailable {
  return new HistoryUnavailable("The thread that holds the history has ended.");
}

function errorOf(failed: "away" | "caller" | "fault", message: string): Error {
  switch (failed) {
    case "away":
      return new HistoryUnavailable(message);
    case "caller":
      return new RangeError(message);
    case "fault":
      return new Error(message);
  }
}

/** Rows with bytes of their own: a view is cloned with all of the buffer that it is cut from. */
function unshared(write: DrainWrite): DrainWrite {
  return { ...write, rows: write.rows.map(unsharedRow) };
}

/** With what a row makes only when it is asked for: a message carries no more than what stands in an object. */
function unsharedRow(row: HistoryRow): HistoryRow {
  const { profile, event, record } = row;
  return {
    ...row,
    profile,
    event: event && { ...event, messageId: Uint8Array.from(event.messageId), body: Uint8Array.from(event.body) },
    record: Uint8Array.from(record),
  };
}

function packRecords(records: readonly HistoryRecord[]): PackedRecords {
  const bytes = new Uint8Array(records.reduce((sum, { record }) => sum + record.length, 0));
  const ends: number[] = [];
  let at = 0;
  for (const { record } of records) {
    bytes.set(record, at);
    at += record.length;
    ends.push(at);
  }
  return {
    positions: records.map(({ position }) => position),
    instants: records.map(({ instant }) => instant),
    ends,
    bytes,
  };
}

function unpackRecords({ positions, instants, ends, bytes }: PackedRecords): readonly HistoryRecord[] {
  // Views are Buffers, as who decodes them makes them otherwise.
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return ends.map((end, index) => ({
    position: positions[index] ?? 0,
    instant: instants[index] ?? 0,
    record: all.subarray(ends[index - 1] ?? 0, end),
  }));
}
