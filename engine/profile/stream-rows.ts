/**
 * The stored form of a profile's streams: for each its id, then keys as distances, the first from the profile's clock and
 * the others from the one before, then values unless all are 1, then the folded days.
 */
import type { ByteReader, ByteWriter } from "../model/byte-buffer.ts";
import { firstKeyAt } from "./contribution.ts";
import { DaySums } from "./day-sums.ts";
import { span } from "./span.ts";
import type { Keeping, StreamSet } from "./stream-set.ts";

const WIDE = 1;
const WITH_DAYS = 2;
/** The first key is later than the clock and stands as it is. */
const AHEAD = 4;

export function writeStreams(writer: ByteWriter, streams: StreamSet, { layout, clock }: Keeping): void {
  writer.varint(streams.count);
  for (const index of streams.indexes()) {
    streams.point(index, span);
    const { cells, from, count, stride, days } = span;
    const base = firstKeyAt(clock + 1);
    const first = count > 0 ? (cells[from] as number) : 0;
    const ahead = first > base;
    writer.u32(layout.plan.streams[index]?.id as number);
    writer.varint(count * 8 + (stride === 2 ? WIDE : 0) + (days === undefined ? 0 : WITH_DAYS) + (ahead ? AHEAD : 0));
    if (count > 0) writer.varint(ahead ? first : base - first);
    let before = first;
    for (let i = 0; i < count; i++) {
      const at = from + i * stride;
      const key = cells[at] as number;
      if (i > 0) writer.varint(key - before);
      if (stride === 2) writer.signedVarint(cells[at + 1] as number);
      before = key;
    }
    if (days !== undefined) writeDays(writer, days);
  }
}

export function readStreams(reader: ByteReader, streams: StreamSet, by: Keeping): void {
  const { layout, clock } = by;
  for (let left = reader.count(); left > 0; left--) {
    const index = layout.streamOfId.get(reader.u32());
    const head = reader.varint();
    const count = Math.floor(head / 8);
    let key = 0;
    for (let i = 0; i < count; i++) {
      const distance = reader.varint();
      key = i > 0 ? key + distance : (head & AHEAD) !== 0 ? distance : firstKeyAt(clock + 1) - distance;
      const value = (head & WIDE) === 0 ? 1 : reader.signedVarint();
      if (index !== undefined) streams.add(by, index, key, value);
    }
    if ((head & WITH_DAYS) === 0) continue;
    const days = readDays(reader);
    if (index !== undefined) streams.addDays(by, index, days);
  }
  streams.tighten();
}

function writeDays(writer: ByteWriter, days: DaySums): void {
  const rows = [...days.entries()];
  writer.varint(rows.length);
  for (const { day, count, high, low, firstKey, firstValue, lastKey, lastValue, least, greatest } of rows) {
    writer.signedVarint(day);
    writer.varint(count);
    writer.signedVarint(high);
    writer.signedVarint(low);
    writer.varint(firstKey);
    writer.varint(lastKey - firstKey);
    // A stream that only counts has the value 1 throughout.
    const counts = least === 1 && greatest === 1;
    writer.u8(counts ? 1 : 0);
    if (!counts) for (const value of [firstValue, lastValue, least, greatest]) writer.signedVarint(value);
  }
}

function readDays(reader: ByteReader): DaySums {
  const days = new DaySums();
  for (let left = reader.count(); left > 0; left--) {
    const [day, count] = [reader.signedVarint(), reader.varint()];
    const [high, low] = [reader.signedVarint(), reader.signedVarint()];
    const firstKey = reader.varint();
    const lastKey = firstKey + reader.varint();
    const value = reader.u8() === 1 ? () => 1 : () => reader.signedVarint();
    const [firstValue, lastValue, least, greatest] = [value(), value(), value(), value()];
    days.put({ day, count, high, low, firstKey, firstValue, lastKey, lastValue, least, greatest });
  }
  return days;
}
