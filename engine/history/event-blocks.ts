/** Blocks of events in the making: records behind each other in one buffer, so that a block travels as one transfer. Pure. */
import { ByteWriter } from "../model/byte-buffer.ts";
import { eventBlockBytesMax } from "../limits.ts";
import type { ProfileId } from "../model/ids.ts";
import type { EventBlock } from "./port.ts";

export class EventBlockWriter {
  #people: ProfileId[] = [];
  #ends: number[] = [];
  readonly #bytes = new ByteWriter(eventBlockBytesMax);

  get isFull(): boolean {
    return this.#bytes.at >= eventBlockBytesMax;
  }

  add(person: ProfileId, record: Uint8Array): void {
    this.#people.push(person);
    this.#bytes.append(record);
    this.#ends.push(this.#bytes.at);
  }

  /** What was added since the last one; undefined: nothing. */
  take(): EventBlock | undefined {
    if (this.#people.length === 0) return undefined;
    const block: EventBlock = { people: this.#people, ends: this.#ends, bytes: this.#bytes.copy() };
    this.#people = [];
    this.#ends = [];
    this.#bytes.at = 0;
    return block;
  }
}

/** The rows of a block, each with a view of its record. */
export function* eventsIn({ people, ends, bytes }: EventBlock): Generator<{
  readonly person: ProfileId;
  readonly record: Uint8Array;
}> {
  // A view of a Buffer is a Buffer, which readers of records take as it is.
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let from = 0;
  for (let row = 0; row < people.length; row++) {
    const end = ends[row] ?? from;
    yield { person: people[row] as ProfileId, record: buffer.subarray(from, end) };
    from = end;
  }
}
