/**
 * What a stored row says, told without opening the profile: what stands at its beginning, enough for who stores the row
 * elsewhere as it stands; and that it says what another one says.
 */
import { bufferOf, ByteReader } from "../model/byte-buffer.ts";
import type { Instant, Position } from "../model/ids.ts";
import { isEmptied } from "./emptied.ts";
import { AGENDA, readFlags, readIdentifier, SEALED, WAKES } from "./row-codec.ts";

export interface RowHead {
  /** Of the last record in the row. */
  readonly position: Position;
  /** Infinity: none. */
  readonly wakeUp: Instant;
  readonly isEmptied: boolean;
  /** Messages are waiting, or have lately ended. */
  readonly hasAgenda: boolean;
}

const OF_SEALED = Object.freeze({ wakeUp: Number.POSITIVE_INFINITY, isEmptied: false, hasAgenda: false });

/**
 * Whether two rows say the same, byte by byte, but for when the profile wakes up: two profiles of which this is true are equal;
 * of one for which it is not, they may be all the same.
 */
export function saySame(one: Uint8Array, other: Uint8Array): boolean {
  const [ours, theirs] = [wakeUpPlace(one), wakeUpPlace(other)];
  if (ours.flags !== theirs.flags) return false;
  const [left, right] = [bufferOf(one), bufferOf(other)];
  return (
    left[0] === right[0] &&
    left.compare(right, FLAGS_END, theirs.at, FLAGS_END, ours.at) === 0 &&
    left.compare(right, theirs.end, right.length, ours.end, left.length) === 0
  );
}

/** Version and first byte of flags. */
const FLAGS_END = 2;

/** Of the wake-up's bytes, and the flags but that there is one. */
function wakeUpPlace(row: Uint8Array): { readonly flags: number; readonly at: number; readonly end: number } {
  const reader = new ByteReader(row);
  const { flags } = readFlags(reader);
  reader.varint();
  if ((flags & SEALED) !== 0) return { flags, at: reader.at, end: reader.at };
  reader.varint();
  const { at } = reader;
  return { flags: flags & ~WAKES, at, end: (flags & WAKES) !== 0 ? at + 8 : at };
}

/** @throws UnknownRowError on a later version's row, BytesUnreadable on one that was cut */
export function readRowHead(row: Uint8Array): RowHead {
  const reader = new ByteReader(row);
  const { flags, moreFlags } = readFlags(reader);
  const position = reader.varint();
  if ((flags & SEALED) !== 0) return { position, ...OF_SEALED };
  // Clock.
  reader.varint();
  const wakeUp = (flags & WAKES) !== 0 ? reader.f64() : Number.POSITIVE_INFINITY;
  // Of an emptied one there is one identifier.
  const isOne = reader.count() === 1;
  return {
    position,
    wakeUp,
    isEmptied: isOne && isEmptied({ sealedInto: undefined, identifiers: [readIdentifier(reader)] }),
    hasAgenda: (moreFlags & AGENDA) !== 0,
  };
}
