/**
 * For tests of this room: rows that are plausible, distinct by shard and position, and hold all that a row may hold; a
 * journal of real batches in memory, whose ways to fail are called by name; a clock that stands until it is moved.
 */
import { encodeBatch, splitBatch } from "../model/record-codec.ts";
import { digestText } from "../model/hash.ts";
import type { EventName } from "../model/event.ts";
import type { EventColumns } from "../model/record-codec.ts";
import type { JournalRecord } from "../model/record.ts";
import type { StoredBatch } from "../store/port.ts";
import type { DrainedStore } from "./drain-shard.ts";
import { eventRow } from "./journal-rows.ts";
import type { DrainWrite, History, HistoryRow, HistoryWatermark, MergeRow, ReceiptRow, TransitionRow } from "./port.ts";
import type { PersonTerms } from "./people-words.ts";
import type { Epoch, Instant, Position, ProfileId, ShardId, SourceId } from "../model/ids.ts";

const START = Date.UTC(2025, 2, 1, 23, 59, 58);

interface EventParts {
  readonly name?: string;
  readonly timestamp?: Instant;
  readonly messageId?: string;
  readonly source?: string;
  readonly body?: string;
}

interface RowParts {
  /** By what else there is, where it is not said. */
  readonly kind?: HistoryRow["kind"];
  readonly profile?: string;
  readonly instant?: Instant;
  readonly event?: EventParts;
  readonly transition?: TransitionRow;
  readonly receipt?: ReceiptRow;
  readonly merge?: MergeRow;
  readonly named?: PersonTerms;
  readonly record?: Uint8Array;
}

/** @param name a hex digit or some, for short */
export function person(name: string): ProfileId {
  return name.padStart(24, "f") as ProfileId;
}

export function row(shard: number, position: number, parts: RowParts = {}): HistoryRow {
  const { profile, instant = START + position * 97, event, transition, receipt, merge, named, record, kind } = parts;
  const columns: EventColumns = {
    name: "page_viewed" as EventName,
    timestamp: instant - 5,
    messageId: `m-${shard}-${position}`,
    source: "web" as SourceId,
    body: '{"fields":{}}',
  };
  // Every other event's record ends with its body, as nearly all do.
  const head = Uint8Array.of(shard & 255, position & 255, position >> 8, 0, 255, 10, 92);
  const body = Buffer.from(event?.body ?? (event === undefined ? "" : columns.body));
  const recorded = record ?? (position % 2 === 0 ? Buffer.concat([head, body]) : head);
  return {
    shard: shard as ShardId,
    position,
    kind: kind ?? kindOf(parts),
    instant,
    epoch: 1 + Math.floor(position / 20),
    profile: profile === undefined ? undefined : person(profile),
    event: event && eventRow({ ...columns, ...event } as EventColumns, recorded),
    transition,
    receipt,
    merge,
    named,
    record: recorded,
  };
}

function kindOf({ event, transition, receipt, merge }: RowParts): HistoryRow["kind"] {
  if (event !== undefined) return "event";
  if (transition !== undefined) return "transition";
  if (receipt !== undefined) return "ledger";
  return merge === undefined ? "plan" : "received";
}

type ReceiptParts = Partial<Omit<ReceiptRow, "facts"> & ReceiptRow["facts"]>;

/** A sale of one line for 1.00 EUR. */
export function receipt(parts: ReceiptParts = {}): ReceiptRow {
  const { earned = 0, reversed = 0, eligible = 0, balance = 0, answer = '"print":[]', ...more } = parts;
  const { parts: earnedBy, ...facts } = more;
  return {
    facts: {
      source: "till" as SourceId,
      store: "lyon-1",
      till: "3",
      receiptId: "r-\0-é",
      digest: "0123456789abcdef",
      kind: "sale",
      currency: "EUR",
      at: START,
      lines: 1,
      linesAmount: "100000000",
      total: 10_000,
      refersTo: null,
      flags: ["late", "no_lines"],
      ...facts,
    },
    earned,
    reversed,
    eligible,
    ...(earnedBy && { parts: earnedBy }),
    balance,
    answer,
  };
}

/** Of a sale of which 20 points came by one rule and 5 by another, of shoes. */
export function earnedParts(reversed: readonly [number, number], returned: readonly [number, number]) {
  const isSale = reversed[0] + reversed[1] + returned[0] === 0;
  const part = (which: 0 | 1, earned: number, eligible: number) => ({
    earned: isSale ? earned : 0,
    eligible: isSale ? eligible : 0,
    reversed: reversed[which],
    returned: returned[which],
  });
  return [
    { rule: "points", but: ["gift \0 card"], ...part(0, 20, 25_5000) },
    { rule: "shoes", of: ["shoes"], ...part(1, 5, 5_5000) },
  ];
}

function absorbed(n: number, loser: string, is: "done" | "refused"): { position: Position; record: Uint8Array } {
  const identifier = { kind: "user", value: 'u "9" é' } as const;
  const profiles = { loser: person(loser), winner: person("a") };
  const body = { ask: "absorb", mergeId: `m-${n}`, identifier, user: "u", ...profiles, state: "AAEC" } as const;
  const record = { kind: "received", from: 1 as ShardId, fromEpoch: 1, n, body, result: { is } } as const;
  const [split] = splitBatch(encodeBatch({ firstPosition: n, instant: START, records: [record] }));
  if (split === undefined) throw new TypeError("a batch without its record");
  return split;
}

/** Records as they stand in a history: two merges, and between them one that was refused. */
export const PAST_MERGES: readonly { readonly position: Position; readonly record: Uint8Array }[] = [
  absorbed(1, "b", "done"),
  absorbed(2, "c", "refused"),
  absorbed(3, "d", "done"),
];
export const peopleMerged = [
  { loser: person("b"), winner: person("a") },
  { loser: person("d"), winner: person("a") },
].sort((one, other) => (one.loser < other.loser ? -1 : 1));

/** Rows `first` to `first + count - 1` of a shard's journal: mostly events, over three days, of ten people. */
export function journalRows(shard: number, first: number, count: number): readonly HistoryRow[] {
  return Array.from({ length: count }, (_, index) => {
    const position = first + index;
    const profile = `0a${position % 10}`.padEnd(24, "0");
    const instant = START + position * 3_600_000;
    if (position % 7 === 3)
      return row(shard, position, { profile, instant, transition: { segment: "recent", entered: position % 2 === 0 } });
    if (position % 11 === 5) return row(shard, position, { instant });
    const body = JSON.stringify({ fields: { total: position * 10_000, title: `chose "${position}" \\ \t é🦆` } });
    return row(shard, position, { profile, instant, event: { body } });
  });
}

/** All of a shard's records, asked page by page. */
export async function historyOf(history: History, shard: number, limit = 20) {
  const all: { readonly position: number; readonly instant: Instant; readonly record: string }[] = [];
  for (;;) {
    const page = await history.records(shard as ShardId, all.at(-1)?.position ?? 0, limit);
    if (page.length === 0) return all;
    for (const { position, instant, record } of page)
      all.push({ position, instant, record: Buffer.from(record).toString("hex") });
  }
}

interface TestBatch extends StoredBatch {
  readonly lastPosition: Position;
}

/** A journal in memory as a store offers it, appended to in batches of real bytes; every append differs from all others. */
export function createTestJournal() {
  const batches = new Map<ShardId, TestBatch[]>();
  const lasts = new Map<ShardId, Position>();
  const checkpoints = new Map<ShardId, Position>();
  let appends = 0;
  const of = (shard: ShardId): TestBatch[] => {
    const known = batches.get(shard) ?? [];
    batches.set(shard, known);
    return known;
  };
  const store: DrainedStore = {
    journal: {
      last: async (shard) => lasts.get(shard) ?? 0,
      read: async (shard, after, bytesMax) => {
        let bytes = 0;
        return of(shard).filter((batch) => {
          if (batch.lastPosition <= after || bytes >= bytesMax) return false;
          bytes += batch.bytes.length;
          return true;
        });
      },
      trim: async (shard, upTo) => {
        batches.set(
          shard,
          of(shard).filter(({ lastPosition }) => lastPosition > upTo),
        );
      },
    },
    state: {
      loadMeta: async (shard) => {
        const watermark = checkpoints.get(shard);
        return watermark === undefined ? undefined : { watermark, meta: new Uint8Array() };
      },
    },
  };

  function put(shard: ShardId, batch: TestBatch): void {
    of(shard).push(batch);
    lasts.set(shard, batch.lastPosition);
  }

  return {
    ...store,
    /** One batch of `count` records: half of them events, a quarter transitions, a quarter plans. */
    append(shard: ShardId, epoch: Epoch, count: number): TestBatch {
      appends++;
      const firstPosition = (lasts.get(shard) ?? 0) + 1;
      const records = Array.from({ length: count }, (_, index) => testRecord(firstPosition + index, appends));
      const bytes = encodeBatch({ firstPosition, instant: START + appends, records });
      const batch = { firstPosition, count, epoch, bytes, lastPosition: firstPosition + count - 1 };
      put(shard, batch);
      return batch;
    },
    put,
    /** The store lost everything behind `last`, which ends a batch. */
    rewind(shard: ShardId, last: Position): void {
      batches.set(
        shard,
        of(shard).filter(({ lastPosition }) => lastPosition <= last),
      );
      lasts.set(shard, last);
    },
    corrupt(shard: ShardId): void {
      const bytes = of(shard)[0]?.bytes;
      if (bytes !== undefined) bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    },
    checkpoint: (shard: ShardId, watermark: Position) => void checkpoints.set(shard, watermark),
    /** The last position that is gone. */
    trimmedTo: (shard: ShardId) => (of(shard)[0]?.firstPosition ?? (lasts.get(shard) ?? 0) + 1) - 1,
  };
}

function testRecord(position: Position, append: number): JournalRecord {
  const profile = "000".padEnd(24, "a") as ProfileId;
  if (position % 4 === 3) return { kind: "transition", profile, segment: "big spender", entered: true, epoch: append };
  if (position % 4 === 0) return { kind: "plan", digest: `plan ${append}` as never };
  const messageId = `m-${append}-${position}`;
  const body = JSON.stringify({ fields: { total: position, append } });
  return {
    kind: "event",
    profile,
    creates: position === 1,
    event: {
      type: "track",
      name: "order_completed" as EventName,
      source: "web" as SourceId,
      messageId,
      digest: digestText(messageId),
      bodyHash: append,
      identifiers: [{ kind: "anonymous", value: "a1" }],
      proved: true,
      timestamp: START - 1000 + position,
      fields: { total: position, append },
      body,
    },
  };
}

/** A clock and timers moved by hand; tasks that are due run in order, each with what it starts at once. */
export function createManualTime() {
  let nowMs = 1_000;
  let tasks: { readonly atMs: number; readonly task: () => void }[] = [];
  return {
    now: () => START + nowMs,
    monotonicMs: () => nowMs,
    after(delayMs: number, task: () => void) {
      const entry = { atMs: nowMs + delayMs, task };
      tasks.push(entry);
      return () => {
        tasks = tasks.filter((other) => other !== entry);
      };
    },
    async advance(ms: number): Promise<void> {
      const end = nowMs + ms;
      for (;;) {
        const [next] = tasks.filter(({ atMs }) => atMs <= end).sort((a, b) => a.atMs - b.atMs);
        if (next === undefined) break;
        nowMs = Math.max(nowMs, next.atMs);
        tasks = tasks.filter((other) => other !== next);
        next.task();
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      nowMs = end;
    },
  };
}

/** Sixteen hex digits. */
export function digest(n: number): string {
  return String(n).padStart(16, "0");
}

export function mark(epoch: number, position: number): HistoryWatermark {
  return { epoch, position };
}

export function write(
  n: number,
  from: HistoryWatermark,
  to: HistoryWatermark,
  rows: readonly HistoryRow[],
): DrainWrite {
  return { shard: shard(n), from, to, rows };
}

export function shard(n: number): ShardId {
  return n as ShardId;
}
