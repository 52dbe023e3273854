/**
 * From the bytes of a journal batch to history's rows: what a report or a query asks of a record becomes a column, the
 * record's own bytes stay as they are. Pure.
 */
import type { Position, ShardId } from "../model/ids.ts";
import { decodeRecord, readBatchHead, readEventColumns, splitBatch } from "../model/record-codec.ts";
import type { SplitRecord } from "../model/record-codec.ts";
import type { StoredBatch } from "../store/port.ts";
import type { EventRow, HistoryRow, ReceiptRow, TransitionRow } from "./port.ts";

/**
 * The rows of a batch behind a position, which may lie within it.
 * @throws CorruptBatchError, UnknownRecordError as the codec
 */
export function rowsOfBatch(shard: ShardId, batch: StoredBatch, after: Position): readonly HistoryRow[] {
  const { instant } = readBatchHead(batch.bytes);
  const rows: HistoryRow[] = [];
  for (const split of splitBatch(batch.bytes)) {
    if (split.position <= after) continue;
    const { position, kind, profile, record } = split;
    const receipt = receiptOf(split);
    rows.push({
      shard,
      position,
      kind,
      instant,
      epoch: batch.epoch,
      profile,
      event: kind === "event" ? readEventColumns(record) : receipt?.event,
      transition: transitionOf(split),
      receipt: receipt?.row,
      record,
    });
  }
  return rows;
}

/** The bytes of the record at a position; undefined when the batch does not hold it. */
export function recordAt(batch: StoredBatch, position: Position): Uint8Array | undefined {
  return splitBatch(batch.bytes).find((split) => split.position === position)?.record;
}

interface ReceiptParts {
  readonly event: EventRow | undefined;
  readonly row: ReceiptRow;
}

/** Of a ledger record, and of nobody's receipt. */
function receiptOf({ kind, record }: SplitRecord): ReceiptParts | undefined {
  if (kind !== "ledger" && kind !== "receipt") return undefined;
  const decoded = decodeRecord(record);
  if (decoded.kind === "ledger") {
    const { facts, earned, reversed, eligible, balance, answer } = decoded;
    return { event: undefined, row: { facts, earned, reversed, eligible, balance, answer } };
  }
  if (decoded.kind !== "receipt" || decoded.unclaimed === undefined) return undefined;
  const { facts, event, answer } = decoded.unclaimed;
  return { event, row: { facts, earned: 0, reversed: 0, eligible: 0, balance: 0, answer } };
}

function transitionOf({ kind, record }: SplitRecord): TransitionRow | undefined {
  if (kind !== "transition") return undefined;
  const decoded = decodeRecord(record);
  return decoded.kind === "transition" ? { segment: decoded.segment, entered: decoded.entered } : undefined;
}
