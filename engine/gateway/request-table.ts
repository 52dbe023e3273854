/**
 * Requests by the number under which they were sent last: a slot of the table and a serial in one number, so that an answer
 * finds its request without a hash, and an answer to an earlier sending finds nothing.
 */
import type { RequestId } from "../shard/port.ts";
import type { Routed } from "./routed.ts";

/** `id = serial x SLOTS_MAX + slot`: far above the bounds of requests and watches together. */
const SLOTS_MAX = 2 ** 20;
/** Then serials begin anew, since a number of more than 53 bits is another: days of the fastest traffic later. */
const SERIALS_MAX = 2 ** 33 - 1;

export class RequestTable {
  readonly #requests: (Routed | undefined)[] = [];
  readonly #freeSlots: number[] = [];
  #serial: number;

  /** @param serial of the last sending before */
  constructor(serial = 0) {
    this.#serial = serial;
  }

  /** For the next request; it must be put before another one is made. */
  nextSlot(): number {
    return this.#freeSlots.pop() ?? this.#requests.length;
  }

  put(request: Routed): void {
    this.#requests[request.slot] = request;
  }

  remove({ slot }: Routed): void {
    this.#requests[slot] = undefined;
    this.#freeSlots.push(slot);
  }

  has(request: Routed): boolean {
    return this.#requests[request.slot] === request;
  }

  nextId({ slot }: Routed): RequestId {
    this.#serial = (this.#serial % SERIALS_MAX) + 1;
    return this.#serial * SLOTS_MAX + slot;
  }

  /** The request that was sent under this number last, unless it has been answered. */
  find(id: RequestId): Routed | undefined {
    const request = this.#requests[id % SLOTS_MAX];
    return request?.id === id ? request : undefined;
  }

  /** By index: whoever is told something may ask anew meanwhile. */
  forEach(visit: (request: Routed) => void): void {
    for (let slot = 0, end = this.#requests.length; slot < end; slot++) {
      const request = this.#requests[slot];
      if (request !== undefined) visit(request);
    }
  }
}
