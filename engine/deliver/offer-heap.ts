/** Offers that wait for a place, the most urgent first: by priority, then by how long they have been due, then by id. */
import type { MessageId } from "../model/trigger.ts";
import type { ToDesk } from "./desk-port.ts";

export type Offer = Extract<ToDesk, { is: "offer" }>;

export interface HeldOffer<Client> {
  readonly offer: Offer;
  readonly client: Client;
}

export class OfferHeap<Client> {
  readonly #heap: HeldOffer<Client>[] = [];
  /** Those that still hold: what is withdrawn stays in the heap until its turn. */
  readonly #held = new Map<MessageId, HeldOffer<Client>>();

  get size(): number {
    return this.#held.size;
  }

  add(held: HeldOffer<Client>): void {
    this.#held.set(held.offer.message, held);
    const heap = this.#heap;
    let child = heap.length;
    heap.push(held);
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (!isBefore(held, heap[parent] as HeldOffer<Client>)) break;
      heap[child] = heap[parent] as HeldOffer<Client>;
      child = parent;
    }
    heap[child] = held;
  }

  withdraw(message: MessageId): void {
    this.#held.delete(message);
  }

  withdrawWhere(isGone: (held: HeldOffer<Client>) => boolean): void {
    for (const [message, held] of this.#held) if (isGone(held)) this.#held.delete(message);
  }

  take(): HeldOffer<Client> | undefined {
    for (;;) {
      const first = this.#heap[0];
      const last = this.#heap.pop();
      if (first === undefined || last === undefined) return undefined;
      if (this.#heap.length > 0) this.#sink(last);
      if (this.#held.get(first.offer.message) !== first) continue;
      this.#held.delete(first.offer.message);
      return first;
    }
  }

  #sink(sunk: HeldOffer<Client>): void {
    const heap = this.#heap;
    let parent = 0;
    for (;;) {
      let least = parent * 2 + 1;
      const left = heap[least];
      if (left === undefined) break;
      const right = heap[least + 1];
      if (right !== undefined && isBefore(right, left)) least += 1;
      const child = heap[least] as HeldOffer<Client>;
      if (!isBefore(child, sunk)) break;
      heap[parent] = child;
      parent = least;
    }
    heap[parent] = sunk;
  }
}

function isBefore<Client>({ offer: a }: HeldOffer<Client>, { offer: b }: HeldOffer<Client>): boolean {
  if (a.priority !== b.priority) return a.priority > b.priority;
  if (a.due !== b.due) return a.due < b.due;
  return a.message < b.message;
}
