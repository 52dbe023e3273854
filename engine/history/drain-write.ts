/**
 * What every adapter holds a drain to before it writes anything: rows fill their interval exactly, shards are named once,
 * epochs never fall; only a shard of which there is nothing yet may begin anywhere, and what is lost is passed over whole. A
 * violation is a mistake of the caller, so that a store can trust the watermark to mean "all that is left of the records up to
 * here, once". Pure.
 */
import type { DrainWrite, HistoryWatermark } from "./port.ts";

/** Where a shard stands that was never drained. */
export const UNDRAINED: HistoryWatermark = { epoch: 0, position: 0 };

export function sameWatermark(left: HistoryWatermark, right: HistoryWatermark): boolean {
  return left.epoch === right.epoch && left.position === right.position;
}

/** Throws a RangeError naming shard and position. */
export function checkDrainWrites(writes: readonly DrainWrite[]): void {
  const seen = new Set<number>();
  for (const { shard, from, to, rows, passesOver } of writes) {
    if (seen.has(shard)) throw new RangeError(`Shard ${shard} stands twice in one drain.`);
    seen.add(shard);
    if (to.epoch < from.epoch || to.position < from.position) {
      throw new RangeError(`The drain of shard ${shard} goes back from ${show(from)} to ${show(to)}.`);
    }
    // A shard that goes on behind what another one has recorded of its people.
    const begins = rows.length === 0 && sameWatermark(from, UNDRAINED);
    const passes = rows.length === 0 && passesOver === true;
    if (!begins && !passes && rows.length !== to.position - from.position) {
      throw new RangeError(`The drain of shard ${shard} from ${show(from)} to ${show(to)} has ${rows.length} rows.`);
    }
    let position = from.position;
    for (const row of rows) {
      position++;
      if (row.shard !== shard || row.position !== position) {
        throw new RangeError(
          `The drain of shard ${shard} has a row ${row.shard}:${row.position} in place of ${position}.`,
        );
      }
    }
  }
}

function show(watermark: HistoryWatermark): string {
  return `(epoch ${watermark.epoch}, position ${watermark.position})`;
}
