/**
 * The rows of one shard from history, in order, with whatever is wrong with them: positions that are missing, that stand
 * twice, rows that are not what was drained. They come page by page, the next one being read while this one is folded; a page
 * overlaps the one before by a row, so that a repetition at the seam is seen as well. What a row is a record of is read when
 * its turn has come, and nothing of those that are of somebody else.
 */
import { type History, type HistoryRecord, type HistorySeal, SealWriter } from "../history/port.ts";
import {
  historyPageBytes,
  historyRecordsFirst,
  historyRecordsMax,
  historyRecordsMin,
  sealsAtOnce,
} from "../limits-of-history.ts";
import { HistoryUnavailable } from "../model/errors.ts";
import type { Instant, Position, ShardId, Slot } from "../model/ids.ts";
import type { JournalRecord } from "../model/record.ts";
import { BytesUnreadable } from "../model/byte-buffer.ts";
import { decodeRecord, readRecordSlot } from "../model/record-codec.ts";
import { UnknownRecordError } from "../model/record-head.ts";

export interface ReadRecord {
  readonly position: Position;
  readonly instant: Instant;
  /** undefined: it concerns one person only, who is not among those that are folded. */
  readonly record: JournalRecord | undefined;
}

export interface HistoryFlaw {
  readonly cause: "missing_rows" | "repeated_rows" | "edited_history";
  readonly from: Position;
  readonly to: Position;
}

export type ReadRow = { readonly row: ReadRecord } | { readonly flaw: HistoryFlaw };

/** `record` undefined: of somebody else; what it says was not kept. */
export interface ShardRow extends Omit<HistoryRecord, "record"> {
  readonly record: Uint8Array | undefined;
}

export type FoundRow = ShardRow | { readonly flaw: HistoryFlaw };

/** After which rows are to be read for what comes after `position`: where a seal begins, so that none is passed over. */
export async function sealedBefore(
  history: Pick<History, "seals">,
  shard: ShardId,
  position: Position,
): Promise<Position> {
  if (position === 0) return 0;
  return Math.min(position, (await history.seals(shard, position, 1))[0]?.from ?? position);
}

/** All rows with after < position <= upTo, in pages. Rejects with HistoryUnavailable. */
export async function* readRows(
  history: Pick<History, "records" | "seals">,
  shard: ShardId,
  { after, upTo }: { readonly after: Position; readonly upTo: Position },
): AsyncGenerator<readonly FoundRow[]> {
  const seals = new SealCheck(history, shard, { after, upTo });
  let limit = historyRecordsFirst;
  const ask = (from: Position): Promise<readonly HistoryRecord[]> => {
    const page = history.records(shard, from, limit).catch((error: unknown) => {
      // Rows that are all at once far larger than those before may be more than a history has memory for.
      if (!(error instanceof HistoryUnavailable) || limit <= historyRecordsFirst) throw error;
      limit = historyRecordsFirst;
      return history.records(shard, from, limit);
    });
    // It is awaited below, or nobody wants it any more.
    page.catch(() => undefined);
    return page;
  };
  let position = after;
  let last: HistoryRecord | undefined;
  let repeated: Position | undefined;
  let next = position < upTo ? ask(position) : undefined;
  while (next !== undefined) {
    const rows: readonly HistoryRecord[] = await next;
    const end = rows.at(-1)?.position ?? upTo;
    limit = rowsFitting(rows, limit);
    next = end < upTo ? ask(end - 1) : undefined;
    if (rows.length > 0) await seals.readUpTo(end);
    const page: FoundRow[] = [];
    let isNew = false;
    let seamSeen = last === undefined;
    for (const row of rows) {
      if (row.position > upTo) break;
      if (row.position === position && !seamSeen) {
        seamSeen = true;
        continue;
      }
      if (row.position === position) {
        if (repeated !== position) page.push({ flaw: repetitionOf(row, last) });
        repeated = position;
        continue;
      }
      isNew = true;
      if (row.position > position + 1)
        page.push({ flaw: { cause: "missing_rows", from: position + 1, to: row.position - 1 } });
      position = row.position;
      last = row;
      page.push(row);
      const broken = seals.see(row);
      if (broken !== undefined) page.push({ flaw: broken });
    }
    yield page;
    if (!isNew) break;
  }
  if (position < upTo) yield [{ flaw: { cause: "missing_rows", from: position + 1, to: upTo } }];
}

/** How many of such rows are asked for at once: as many as are so many bytes, and twice as many as before at most. */
function rowsFitting(rows: readonly HistoryRecord[], before: number): number {
  let bytes = 1;
  for (const { record } of rows) bytes += record.byteLength;
  const fitting = Math.ceil((historyPageBytes / bytes) * rows.length);
  return Math.max(historyRecordsMin, Math.min(fitting, before * 2, historyRecordsMax));
}

/** Whether what was drained in one write is still what it was. */
class SealCheck {
  readonly #history: Pick<History, "seals">;
  readonly #shard: ShardId;
  readonly #within: { readonly after: Position; readonly upTo: Position };
  #seals: readonly HistorySeal[] = [];
  #at = 0;
  /** Where the seals end that were read; Infinity: there are no more. */
  #readTo: Position;
  #seal = new SealWriter();

  constructor(
    history: Pick<History, "seals">,
    shard: ShardId,
    within: { readonly after: Position; readonly upTo: Position },
  ) {
    this.#history = history;
    this.#shard = shard;
    this.#within = within;
    this.#readTo = within.after;
  }

  /** All that begin before that row. Rejects with HistoryUnavailable. */
  async readUpTo(position: Position): Promise<void> {
    const { after, upTo } = this.#within;
    while (this.#readTo < position) {
      const more = await this.#history.seals(this.#shard, this.#readTo, sealsAtOnce);
      this.#readTo = more.length < sealsAtOnce ? Number.POSITIVE_INFINITY : (more.at(-1)?.to ?? position);
      const within = more.filter(({ from, to }) => from >= after && to <= upTo);
      this.#seals = [...this.#seals.slice(this.#at), ...within];
      this.#at = 0;
    }
  }

  see({ position, record }: HistoryRecord): HistoryFlaw | undefined {
    let seal = this.#seals[this.#at];
    while (seal !== undefined && seal.to < position) {
      this.#next();
      seal = this.#seals[this.#at];
    }
    if (seal === undefined || position <= seal.from) return undefined;
    this.#seal.add(record);
    if (position < seal.to) return undefined;
    const isWhole = this.#seal.finish() === seal.digest;
    this.#next();
    return isWhole ? undefined : { cause: "edited_history", from: seal.from + 1, to: seal.to };
  }

  #next(): void {
    this.#at += 1;
    this.#seal = new SealWriter();
  }
}

function repetitionOf({ position, record }: HistoryRecord, last: HistoryRecord | undefined): HistoryFlaw {
  const same = last !== undefined && Buffer.compare(record, last.record) === 0;
  return { cause: same ? "repeated_rows" : "edited_history", from: position, to: position };
}

/** @param decode as `decodeRecord`, where less of it is looked at */
export function openRow(
  { position, instant, record }: ShardRow,
  isOurs: (slot: Slot) => boolean,
  decode: (bytes: Uint8Array) => JournalRecord = decodeRecord,
): ReadRow {
  try {
    const isWanted = record !== undefined && isOfSome(record, isOurs);
    return { row: { position, instant, record: isWanted ? decode(record) : undefined } };
  } catch {
    // Whatever the bytes are, they are not what was drained: the drainer has read them as a record.
    return { flaw: { cause: "edited_history", from: position, to: position } };
  }
}

const UNREADABLE = [BytesUnreadable, UnknownRecordError, SyntaxError];

/** undefined: it cannot be read. Nobody is to fall over a row that was altered by hand. */
export function recordIn(bytes: Uint8Array): JournalRecord | undefined {
  try {
    return decodeRecord(bytes);
  } catch (error) {
    if (UNREADABLE.some((kind) => error instanceof kind)) return undefined;
    throw error;
  }
}

function isOfSome(record: Uint8Array, isOurs: (slot: Slot) => boolean): boolean {
  const slot = readRecordSlot(record);
  return slot === undefined || isOurs(slot);
}
