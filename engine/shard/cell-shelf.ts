/**
 * The identity cells that a worker has in memory, as bytes: those that were put there last, as many as fit into the bound.
 * As texts in a map they took five times the room, three times as long to find, and V8 walked a million of them at each
 * marking.
 */
import { ByteShelf } from "../model/byte-shelf.ts";
import type { CellKey } from "../model/identifier.ts";
import type { ProfileId } from "../model/ids.ts";
import type { HashKey } from "../model/keyed-hash.ts";

const SLAB_BYTES = 64 * 1024;
const ID_BYTES = 12;

export class CellShelf {
  readonly #shelf: ByteShelf<undefined>;
  readonly #bytesMax: number;

  constructor(bytesMax: number, hashKey: HashKey) {
    this.#shelf = new ByteShelf(SLAB_BYTES, hashKey);
    // Room for the cells of a turn in any case, and for a slab that is begun while another one goes.
    this.#bytesMax = Math.max(bytesMax, 4 * SLAB_BYTES);
  }

  /** Resident bytes. */
  get bytes(): number {
    return this.#shelf.bytes;
  }

  /** undefined: not here; null: known to be absent. */
  get(key: CellKey): ProfileId | null | undefined {
    this.#shelf.begin().text(key);
    const slot = this.#shelf.find();
    if (slot < 0) return undefined;
    const reader = this.#shelf.read(slot);
    return reader.rest === 0 ? null : (reader.hex(ID_BYTES) as ProfileId);
  }

  set(key: CellKey, profile: ProfileId | null): void {
    const writer = this.#shelf.begin();
    writer.text(key);
    this.#shelf.endKey();
    if (profile !== null) writer.hex(profile);
    this.#shelf.put(undefined);
    while (this.#shelf.bytes > this.#bytesMax && this.#shelf.slabs > 2) this.#shelf.dropOldest();
  }

  deleteWhere(matches: (key: CellKey) => boolean): void {
    this.#shelf.deleteWhere((key) => matches(key.text() as CellKey));
  }
}
