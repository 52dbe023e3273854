/**
 * The stored form of a profile's streams: for each its id, then keys as distances, the first from the profile's clock and
 * the others from the one before, then values unless all are 1, then the folded days.
 */
import { type ByteReader, BytesUnreadable, type ByteWriter } from "../model/byte-buffer.ts";
import { firstKeyAt } from "./contribution.ts";
import { DaySums } from "./day-sums.ts";
import { span } from "./span.ts";
import { type Keeping, SHORT_MAX, shortEntry, type StreamSet } from "./stream-set.ts";

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

/** Where a row's short streams are put together, as they will lie in the set: one row is read at a time. */
const entries: number[] = [];
let cells = new Float64Array(1_024);

/** A stream that gets an array of its own, or is not in the order of the reading plan. */
interface OtherStream {
  readonly index: number;
  readonly stride: number;
  readonly cells: Float64Array;
  readonly days: DaySums | undefined;
}

/** @param streams empty ones */
export function readStreams(reader: ByteReader, streams: StreamSet, by: Keeping): void {
  const { layout, clock } = by;
  const base = firstKeyAt(clock + 1);
  const others: OtherStream[] = [];
  entries.length = 0;
  let used = 0;
  let last = -1;
  for (let left = reader.count(); left > 0; left--) {
    const index = layout.streamOfId.get(reader.u32()) ?? -1;
    const head = reader.varint();
    const count = Math.floor(head / 8);
    const stride = (head & WIDE) + 1;
    const end = readContributions(reader, { count, stride, first: (head & AHEAD) === 0 ? base : undefined }, used);
    const days = (head & WITH_DAYS) === 0 ? undefined : readDays(reader);
    if (index > last && count > 0 && count <= SHORT_MAX && days === undefined) {
      entries.push(shortEntry(index, stride, used));
      used = end;
      last = index;
    } else if (index >= 0) others.push({ index, stride, cells: cells.slice(used, end), days });
  }
  streams.takeShort(entries, cells, used);
  for (const other of others) {
    for (let i = 0; i < other.cells.length; i += other.stride)
      streams.add(by, other.index, other.cells[i] as number, other.stride === 1 ? 1 : (other.cells[i + 1] as number));
    if (other.days !== undefined) streams.addDays(by, other.index, other.days);
  }
  if (others.length > 0) streams.tighten();
}

/** @param of `first`: the first key stands as its distance before this one @returns where they end in `cells` */
function readContributions(
  reader: ByteReader,
  { count, stride, first }: { readonly count: number; readonly stride: number; readonly first: number | undefined },
  from: number,
): number {
  if (count > reader.rest) throw new BytesUnreadable("a count is larger than what follows");
  const end = from + count * stride;
  while (end > cells.length) cells = grown(cells);
  let key = 0;
  for (let at = from; at < end; at += stride) {
    const coded = reader.varint();
    key = at > from || first === undefined ? key + coded : first - coded;
    cells[at] = key;
    if (stride === 2) cells[at + 1] = reader.signedVarint();
  }
  return end;
}

function grown(before: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const after = new Float64Array(before.length * 2);
  after.set(before);
  return after;
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
