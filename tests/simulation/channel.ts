/**
 * One direction of a connection: keeps order, takes its time, and breaks as a whole. What is on its way when it breaks is
 * never delivered. A frozen receiver gets everything when it thaws, still in order.
 */
import type { Actor, Scheduler } from "./scheduler.ts";

export interface ChannelOptions<T> {
  readonly label: (message: T) => string;
  readonly receiver: Actor | undefined;
  readonly deliver: (message: T) => void;
  /** Longest time that one message takes after the one before it. */
  readonly delayMsMax: () => number;
}

export class Channel<T> {
  readonly #scheduler: Scheduler;
  readonly #options: ChannelOptions<T>;
  readonly #queue: T[] = [];
  #open = true;

  constructor(scheduler: Scheduler, options: ChannelOptions<T>) {
    this.#scheduler = scheduler;
    this.#options = options;
  }

  get open(): boolean {
    return this.#open;
  }

  send(message: T): void {
    if (!this.#open) return;
    this.#queue.push(message);
    if (this.#queue.length === 1) this.#plan(message);
  }

  close(): void {
    this.#open = false;
    this.#queue.length = 0;
  }

  #plan(message: T): void {
    const { label, receiver, deliver, delayMsMax } = this.#options;
    const delayMs = this.#scheduler.random.fraction() * delayMsMax();
    this.#scheduler.after(delayMs, label(message), receiver, () => {
      if (!this.#open) return;
      this.#queue.shift();
      const next = this.#queue[0];
      if (next !== undefined) this.#plan(next);
      deliver(message);
    });
  }
}
