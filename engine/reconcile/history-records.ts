/**
 * The records of one shard from history, in order, with whatever is wrong with the rows themselves: positions that are
 * missing, that stand twice, bytes that are no record. They come page by page, the next one being read while this one is
 * folded; a page overlaps the one before by a row, so that a repetition at the seam is seen as well.
 */
import { type History, type HistoryRecord, type HistorySeal, SealWriter } from "../history/port.ts";
import { historyPageBytes, historyRecordsFirst, historyRecordsMax, historyRecordsMin } from "../limits-of-history.ts";
import { HistoryUnavailable } from "../model/errors.ts";
import type { Instant, Position, ShardId, Slot } from "../model/ids.ts";
import type { JournalRecord } from "../model/record.ts";
import { decodeRecord, readRecordSlot } from "../model/record-codec.ts";

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

export interface RecordRange {
  readonly after: Position;
  readonly upTo: Position;
  /** Whose records are opened, by their slots; undefined: everybody's. */
  readonly isOurs?: (slot: Slot) => boolean;
  /** As `decodeRecord`, where less is looked at. A page ends behind a plan's record: what comes after it may be read otherwise. */
  readonly decode?: (bytes: Uint8Array) => JournalRecord;
}

/** All records with after < position <= upTo, in pages. Rejects with HistoryUnavailable. */
export async function* readRecords(
  history: Pick<History, "records" | "seals">,
  shard: ShardId,
  { after, upTo, isOurs, decode = decodeRecord }: RecordRange,
): AsyncGenerator<readonly ReadRow[]> {
  const seals = new SealCheck(
    (await history.seals(shard, after)).filter(({ from, to }) => from >= after && to <= upTo),
  );
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
    let page: ReadRow[] = [];
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
      const read = readRow(row, isOurs, decode);
      page.push(read);
      const broken = seals.see(row);
      if (broken !== undefined) page.push({ flaw: broken });
      if ("flaw" in read || read.row.record?.kind !== "plan") continue;
      yield page;
      page = [];
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
  readonly #seals: readonly HistorySeal[];
  #at = 0;
  #seal = new SealWriter();

  constructor(seals: readonly HistorySeal[]) {
    this.#seals = seals;
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

function readRow(
  { position, instant, record }: HistoryRecord,
  isOurs: RecordRange["isOurs"],
  decode: NonNullable<RecordRange["decode"]>,
): ReadRow {
  try {
    const isWanted = isOurs === undefined || isOfSome(record, isOurs);
    return { row: { position, instant, record: isWanted ? decode(record) : undefined } };
  } catch {
    // Whatever the bytes are, they are not what was drained: the drainer has read them as a record.
    return { flaw: { cause: "edited_history", from: position, to: position } };
  }
}

function isOfSome(record: Uint8Array, isOurs: (slot: Slot) => boolean): boolean {
  const slot = readRecordSlot(record);
  return slot === undefined || isOurs(slot);
}
