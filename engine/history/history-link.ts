/**
 * The history over a MessagePort: `serveHistory` where it is open, `connectHistory` in every other thread, so that one
 * file is opened once in a process and DuckDB's work stays off the threads that serve. Calls are answered in the order in
 * which they end; a port that closes fails what waits with HistoryUnavailable. Row bytes travel packed in one transferred
 * buffer, since a view would take the whole buffer below it along.
 */
import type { MessagePort } from "node:worker_threads";
import { HistoryUnavailable } from "../model/errors.ts";
import type { Instant, Position, ProfileId, ShardId } from "../model/ids.ts";
import type { SoughtWord } from "./people-words.ts";
import type { JournalRecord } from "../model/record.ts";
import type { KnownReceipt } from "../model/receipt.ts";
import type {
  AgedCount,
  AgedScan,
  Compacted,
  EmptiedPerson,
  ReplacedRecord,
  DrainWrite,
  EventBlock,
  EventScan,
  History,
  HistoryCopy,
  HistoryRecord,
  HistoryRow,
  HistorySeal,
  HistoryTotals,
  HistoryWatermark,
  KeptDocument,
  KeptName,
  LatestRecord,
  RecordPlace,
  ShardRecord,
  SnapshotHead,
  SnapshotName,
} from "./port.ts";

type Ask =
  | { readonly ask: "watermarks" }
  | { readonly ask: "totals" }
  | { readonly ask: "receipt"; readonly digest: string }
  | { readonly ask: "transitions" }
  | { readonly ask: "people"; readonly words: readonly SoughtWord[]; readonly limit: number }
  | { readonly ask: "rebuildPeople" }
  | { readonly ask: "drain"; readonly writes: readonly DrainWrite[] }
  | { readonly ask: "records"; readonly shard: ShardId; readonly after: Position; readonly limit: number }
  | { readonly ask: "seals"; readonly shard: ShardId; readonly after: Position }
  | { readonly ask: "document"; readonly name: KeptName }
  | { readonly ask: "documents"; readonly kind: string; readonly limit: number }
  | {
      readonly ask: "putDocument";
      readonly name: KeptName;
      readonly content: Uint8Array | undefined;
      readonly from: number | undefined;
    }
  | { readonly ask: "snapshot"; readonly shard: ShardId }
  | { readonly ask: "snapshotPage"; readonly name: SnapshotName; readonly page: number }
  | {
      readonly ask: "putSnapshotPage";
      readonly name: SnapshotName;
      readonly page: number;
      readonly content: Uint8Array;
    }
  | { readonly ask: "finishSnapshot"; readonly head: SnapshotHead; readonly kept: string | undefined }
  | { readonly ask: "countAged"; readonly scan: AgedScan }
  | { readonly ask: "removePeople"; readonly shard: ShardId; readonly people: readonly EmptiedPerson[] }
  | { readonly ask: "removeAged"; readonly scan: AgedScan; readonly limit: number }
  | {
      readonly ask: "replaceRecords";
      readonly shard: ShardId;
      readonly kind: JournalRecord["kind"];
      readonly records: readonly ReplacedRecord[];
    }
  | { readonly ask: "forgetSeals"; readonly shard: ShardId; readonly upTo: Position }
  | { readonly ask: "compact"; readonly acceptedBefore: Instant }
  | { readonly ask: "copyTo"; readonly file: string }
  /** The next block of a read, which begins with the first ask for it; undefined: there is none any more. */
  | { readonly ask: "events"; readonly read: number; readonly scan: EventScan }
  | { readonly ask: "enough"; readonly read: number }
  | { readonly ask: "countEvents"; readonly names: readonly string[] }
  | { readonly ask: "recordsOf"; readonly kinds: readonly JournalRecord["kind"][] }
  | {
      readonly ask: "latestOf";
      readonly kinds: readonly JournalRecord["kind"][];
      readonly most: number;
      readonly behind: RecordPlace | undefined;
    };

type Call = Ask & { readonly call: number };

interface Answers {
  watermarks: ReadonlyMap<ShardId, HistoryWatermark>;
  totals: HistoryTotals;
  receipt: KnownReceipt | undefined;
  transitions: HistoryTotals["transitions"];
  people: readonly ProfileId[];
  rebuildPeople: number;
  drain: readonly ("ok" | "moved")[];
  records: PackedRecords;
  seals: readonly HistorySeal[];
  document: KeptDocument | undefined;
  documents: readonly KeptDocument[];
  putDocument: boolean;
  snapshot: SnapshotHead | undefined;
  snapshotPage: Uint8Array | undefined;
  putSnapshotPage: void;
  finishSnapshot: boolean;
  countAged: readonly AgedCount[];
  removeAged: number;
  removePeople: number;
  replaceRecords: number;
  forgetSeals: void;
  compact: Compacted;
  copyTo: HistoryCopy | undefined;
  events: EventBlock | undefined;
  enough: undefined;
  countEvents: number;
  recordsOf: readonly ShardRecord[];
  latestOf: readonly LatestRecord[];
}

type Reply =
  | { readonly call: number; readonly answer: Answers[Ask["ask"]] }
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
        const transfer = typeof answer === "object" && "bytes" in answer ? [answer.bytes.buffer] : [];
        port.postMessage({ call: call.call, answer } satisfies Reply, transfer);
      },
      (error: unknown) => port.postMessage({ call: call.call, ...failureOf(error) } satisfies Reply),
    );
  });
}

function answerTo(
  history: History,
  call: Call,
  reads: Map<number, AsyncIterator<EventBlock>>,
): Promise<Answers[Ask["ask"]]> {
  switch (call.ask) {
    case "watermarks":
      return history.watermarks();
    case "totals":
      return history.totals();
    case "receipt":
      return history.receipt(call.digest);
    case "transitions":
      return history.transitions();
    case "people":
      return history.people(call.words, call.limit);
    case "rebuildPeople":
      return history.rebuildPeople();
    case "drain":
      return history.drain(call.writes);
    case "records":
      return history.records(call.shard, call.after, call.limit).then(packRecords);
    case "seals":
      return history.seals(call.shard, call.after);
    case "document":
      return history.document(call.name);
    case "documents":
      return history.documents(call.kind, call.limit);
    case "putDocument":
      return history.putDocument(call.name, call.content, call.from);
    case "snapshot":
      return history.snapshot(call.shard);
    case "snapshotPage":
      return history.snapshotPage(call.name, call.page);
    case "putSnapshotPage":
      return history.putSnapshotPage(call.name, call.page, call.content);
    case "finishSnapshot":
      return history.finishSnapshot(call.head, call.kept);
    case "countAged":
      return history.countAged(call.scan);
    case "removePeople":
      return history.removePeople(call.shard, call.people);
    case "removeAged":
      return history.removeAged(call.scan, call.limit);
    case "replaceRecords":
      return history.replaceRecords(call.shard, call.kind, call.records);
    case "forgetSeals":
      return history.forgetSeals(call.shard, call.upTo);
    case "compact":
      return history.compact(call.acceptedBefore);
    case "copyTo":
      return history.copyTo(call.file);
    case "recordsOf":
      return history.recordsOf(call.kinds);
    case "latestOf":
      return history.latestOf(call.kinds, call.most, call.behind);
    case "countEvents":
      return history.countEvents(call.names);
    case "events":
      return nextBlock(history, call, reads);
    case "enough": {
      const read = reads.get(call.read);
      reads.delete(call.read);
      return Promise.resolve(read?.return?.()).then(() => undefined);
    }
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

  function send<A extends Ask>(ask: A): Promise<Answers[A["ask"]]> {
    if (closed) return Promise.reject(away());
    return new Promise((resolve, reject) => {
      calls++;
      waiting.set(calls, { resolve, reject });
      port.ref();
      port.postMessage({ ...ask, call: calls } satisfies Call);
    });
  }

  return {
    watermarks: () => send({ ask: "watermarks" }),
    totals: () => send({ ask: "totals" }),
    receipt: (digest) => send({ ask: "receipt", digest }),
    transitions: () => send({ ask: "transitions" }),
    people: (words, limit) => send({ ask: "people", words, limit }),
    rebuildPeople: () => send({ ask: "rebuildPeople" }),
    drain: (writes) => send({ ask: "drain", writes: writes.map(unshared) }),
    records: async (shard, after, limit) => unpackRecords(await send({ ask: "records", shard, after, limit })),
    recordsOf: (kinds) => send({ ask: "recordsOf", kinds }),
    latestOf: (kinds, most, behind) => send({ ask: "latestOf", kinds, most, behind }),
    seals: (shard, after) => send({ ask: "seals", shard, after }),
    document: (name) => send({ ask: "document", name }),
    documents: (kind, limit) => send({ ask: "documents", kind, limit }),
    putDocument: (name, content, from) => send({ ask: "putDocument", name, content, from }),
    snapshot: (shard) => send({ ask: "snapshot", shard }),
    snapshotPage: (name, page) => send({ ask: "snapshotPage", name, page }),
    putSnapshotPage: (name, page, content) => send({ ask: "putSnapshotPage", name, page, content }),
    finishSnapshot: (head, kept) => send({ ask: "finishSnapshot", head, kept }),
    countAged: (scan) => send({ ask: "countAged", scan }),
    removePeople: (shard, people) => send({ ask: "removePeople", shard, people }),
    removeAged: (scan, limit) => send({ ask: "removeAged", scan, limit }),
    replaceRecords: (shard, kind, records) => send({ ask: "replaceRecords", shard, kind, records }),
    forgetSeals: (shard, upTo) => send({ ask: "forgetSeals", shard, upTo }),
    compact: (acceptedBefore) => send({ ask: "compact", acceptedBefore }),
    copyTo: (file) => send({ ask: "copyTo", file }),
    countEvents: (names) => send({ ask: "countEvents", names }),
    events: (scan) => readEvents(send, scan, ++calls),
    close: async () => {
      closed = true;
      port.close();
    },
  };
}

type Send = <A extends Ask>(ask: A) => Promise<Answers[A["ask"]]>;

/** The next block is asked for while this one is worked on. */
async function* readEvents(send: Send, scan: EventScan, read: number): AsyncGenerator<EventBlock> {
  const ask = (): Promise<EventBlock | undefined> => {
    const next = send({ ask: "events", read, scan });
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
