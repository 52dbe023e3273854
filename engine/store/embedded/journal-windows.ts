/**
 * What was read of the journal's files lately. The batches of all shards lie in them between each other, a few of each in
 * what a read fetches at once: whoever goes through shard after shard, as the drain does, finds those of the next in what was
 * fetched for the one before. Only what was durable when it was fetched is served again, for only that stays as it is.
 */
import { journalReadBytes, journalWindowsKept } from "../../limits.ts";
import type { LocatedBatch } from "./journal-asks.ts";

type Place = Pick<LocatedBatch, "segment" | "offset" | "length">;

interface Window {
  readonly segment: number;
  readonly offset: number;
  readonly bytes: Buffer;
  /** Of its file; what lies behind may have changed since. */
  readonly durableEnd: number;
}

export class JournalWindows {
  /** @returns fewer bytes where the file ends */
  readonly #read: (place: Place) => Buffer;
  /** The one fetched last at the end. */
  readonly #kept: Window[] = [];
  /** Files are written one after the other, so all before this is durable. */
  #durable = { segment: -1, end: 0 };

  constructor(read: (place: Place) => Buffer) {
    this.#read = read;
  }

  /** Those were told to be durable. */
  note(batches: readonly Place[]): void {
    for (const { segment, offset, length } of batches)
      if (segment > this.#durable.segment || (segment === this.#durable.segment && offset + length > this.#durable.end))
        this.#durable = { segment, end: offset + length };
  }

  /** Of a batch that was noted. */
  bytesAt(place: Place): Buffer {
    const { segment, offset, length } = place;
    const start = offset - (offset % journalReadBytes);
    // What lies across two windows is read by itself.
    if (offset + length > start + journalReadBytes) return this.#read(place);
    const window = this.#kept.find((each) => holds(each, place)) ?? this.#fetch({ segment, offset: start });
    return window.bytes.subarray(offset - start, offset - start + length);
  }

  clear(): void {
    this.#kept.length = 0;
  }

  #fetch({ segment, offset }: Pick<Place, "segment" | "offset">): Window {
    const before = this.#kept.findIndex((each) => each.segment === segment && each.offset === offset);
    if (before >= 0) this.#kept.splice(before, 1);
    const { segment: last, end } = this.#durable;
    const durableEnd = segment < last ? Number.POSITIVE_INFINITY : end;
    const bytes = this.#read({ segment, offset, length: journalReadBytes });
    const window = { segment, offset, bytes, durableEnd };
    this.#kept.push(window);
    if (this.#kept.length > journalWindowsKept) this.#kept.shift();
    return window;
  }
}

function holds(window: Window, { segment, offset, length }: Place): boolean {
  const end = offset + length;
  return (
    window.segment === segment &&
    offset >= window.offset &&
    end <= window.offset + window.bytes.length &&
    end <= window.durableEnd
  );
}
