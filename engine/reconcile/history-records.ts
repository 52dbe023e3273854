/**
 * The records of one shard from history, in order, with whatever is wrong with the rows themselves: positions that are
 * missing, that stand twice, bytes that are no record. A read overlaps the one before by a row, so that a repetition at the
 * seam is seen as well.
 */
import { type History, type HistoryRecord, type HistorySeal, SealWriter } from "../history/port.ts";
import { historyRecordsMax } from "../limits-of-history.ts";
import type { Instant, Position, ShardId } from "../model/ids.ts";
import type { JournalRecord } from "../model/record.ts";
import { decodeRecord } from "../model/record-codec.ts";

export interface ReadRecord {
  readonly position: Position;
  readonly instant: Instant;
  readonly record: JournalRecord;
}

export interface HistoryFlaw {
  readonly cause: "missing_rows" | "repeated_rows" | "edited_history";
  readonly from: Position;
  readonly to: Position;
}

export type ReadRow = { readonly row: ReadRecord } | { readonly flaw: HistoryFlaw };

/** All records with after < position <= upTo. Rejects with HistoryUnavailable. */
export async function* readRecords(
  history: Pick<History, "records" | "seals">,
  shard: ShardId,
  { after, upTo }: { readonly after: Position; readonly upTo: Position },
): AsyncGenerator<ReadRow> {
  const seals = new SealCheck(
    (await history.seals(shard, after)).filter(({ from, to }) => from >= after && to <= upTo),
  );
  let position = after;
  let last: HistoryRecord | undefined;
  let repeated: Position | undefined;
  while (position < upTo) {
    const rows = await history.records(shard, last === undefined ? position : position - 1, historyRecordsMax);
    const fresh = rows.filter((row) => row.position <= upTo);
    let isNew = false;
    let seamSeen = last === undefined;
    for (const row of fresh) {
      if (row.position === position && !seamSeen) {
        seamSeen = true;
        continue;
      }
      if (row.position === position) {
        if (repeated !== position) yield { flaw: repetitionOf(row, last) };
        repeated = position;
        continue;
      }
      isNew = true;
      if (row.position > position + 1)
        yield { flaw: { cause: "missing_rows", from: position + 1, to: row.position - 1 } };
      position = row.position;
      last = row;
      yield readRow(row);
      const broken = seals.see(row);
      if (broken !== undefined) yield { flaw: broken };
    }
    if (!isNew) break;
  }
  if (position < upTo) yield { flaw: { cause: "missing_rows", from: position + 1, to: upTo } };
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

function readRow({ position, instant, record }: HistoryRecord): ReadRow {
  try {
    return { row: { position, instant, record: decodeRecord(record) } };
  } catch {
    // Whatever the bytes are, they are not what was drained: the drainer has read them as a record.
    return { flaw: { cause: "edited_history", from: position, to: position } };
  }
}
