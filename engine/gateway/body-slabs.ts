/**
 * Keeps the bytes of events until they are answered, for they may have to be sent again to another owner. Bodies are
 * copied one behind the other into slabs, and a slab is used anew when nothing in it is kept any more: 100,000 events a
 * second cause no garbage but one view each. One event that is never answered holds its slab; the router's deadline ends that.
 */
import { routerSlabBytes } from "../limits.ts";

export interface Slab {
  readonly bytes: Uint8Array;
  used: number;
  kept: number;
}

export class BodySlabs {
  readonly #free: Slab[] = [];
  #current: Slab = createSlab(routerSlabBytes);

  /** The slab that the next `keep` copies into, to be given to `release` later. */
  slabFor(bytes: number): Slab {
    if (this.#current.used + bytes > this.#current.bytes.length) {
      if (bytes > routerSlabBytes) return createSlab(bytes);
      this.#current = this.#free.pop() ?? createSlab(routerSlabBytes);
    }
    return this.#current;
  }

  /** A stable copy of `body` in `slab`. */
  keep(slab: Slab, body: Uint8Array): Uint8Array {
    const from = slab.used;
    slab.used += body.length;
    slab.kept++;
    slab.bytes.set(body, from);
    return slab.bytes.subarray(from, slab.used);
  }

  release(slab: Slab): void {
    slab.kept--;
    if (slab.kept > 0) return;
    slab.used = 0;
    if (slab !== this.#current && slab.bytes.length === routerSlabBytes) this.#free.push(slab);
  }
}

function createSlab(bytes: number): Slab {
  return { bytes: new Uint8Array(bytes), used: 0, kept: 0 };
}
