/** A map of the latest so many entries: the oldest makes room for a new one. */
export class LatestEntries<Key, Value> {
  readonly #entries = new Map<Key, Value>();
  /**
   * Goes on from where the oldest stood last. A new iterator would step over every entry deleted before it: with a million
   * entries that takes a thousand times as long as all the rest of `set`.
   */
  readonly #fromOldest = this.#entries.keys();
  readonly #most: number;

  /** @param most at least 1 */
  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: Key): Value | undefined {
    return this.#entries.get(key);
  }

  /** It is the latest now, whether it was there before or not. */
  set(key: Key, value: Value): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size <= this.#most) return;
    const oldest = this.#fromOldest.next();
    if (oldest.done !== true) this.#entries.delete(oldest.value);
  }

  delete(key: Key): void {
    this.#entries.delete(key);
  }

  /** From the oldest; what is deleted meanwhile is not met. */
  keys(): Iterable<Key> {
    return this.#entries.keys();
  }
}
