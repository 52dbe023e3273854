/**
 * The near wake-ups of one shard in memory: a binary heap of (instant, profile). An entry may be out of date; whoever takes
 * it out looks at the profile's own `wakeUp` and drops it when that says otherwise. Far wake-ups are keys sorted by time
 * in the store, brought here a minute ahead (`horizon`).
 */
import type { Instant, ProfileId } from "../model/ids.ts";

export interface WakeUp {
  readonly at: Instant;
  readonly id: ProfileId;
}

export class WakeUps {
  /** Everything due up to here is in the heap, or dirty in memory. */
  horizon: Instant = Number.NEGATIVE_INFINITY;
  readonly #at: Instant[] = [];
  readonly #ids: ProfileId[] = [];

  get earliest(): Instant {
    return this.#at[0] ?? Number.POSITIVE_INFINITY;
  }

  add(at: Instant, id: ProfileId): void {
    if (at <= this.horizon) this.putBack({ at, id });
  }

  /** One that was taken out in vain. */
  putBack({ at, id }: WakeUp): void {
    let child = this.#at.length;
    this.#at.push(at);
    this.#ids.push(id);
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if ((this.#at[parent] ?? 0) <= at) break;
      this.#swap(parent, child);
      child = parent;
    }
  }

  /** The earliest entry at or before `until`. */
  take(until: Instant): WakeUp | undefined {
    const [[at], [id]] = [this.#at, this.#ids];
    if (at === undefined || id === undefined || at > until) return undefined;
    this.#swap(0, this.#at.length - 1);
    this.#at.pop();
    this.#ids.pop();
    this.#sink();
    return { at, id };
  }

  #sink(): void {
    let parent = 0;
    for (;;) {
      const left = parent * 2 + 1;
      const right = left + 1;
      let least = parent;
      if ((this.#at[left] ?? Number.POSITIVE_INFINITY) < (this.#at[least] ?? Number.POSITIVE_INFINITY)) least = left;
      if ((this.#at[right] ?? Number.POSITIVE_INFINITY) < (this.#at[least] ?? Number.POSITIVE_INFINITY)) least = right;
      if (least === parent) return;
      this.#swap(parent, least);
      parent = least;
    }
  }

  #swap(a: number, b: number): void {
    const at = this.#at[a] as Instant;
    const id = this.#ids[a] as ProfileId;
    this.#at[a] = this.#at[b] as Instant;
    this.#ids[a] = this.#ids[b] as ProfileId;
    this.#at[b] = at;
    this.#ids[b] = id;
  }
}
