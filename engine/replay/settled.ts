/**
 * Which of the numbers 0, 1, 2 ... are settled: all below `below`, and some beyond. Numbers settle out of order, but never
 * far apart, so that what is kept is small. Pure.
 */
export interface Settled {
  /** All numbers under it are settled. */
  readonly below: number;
  has(number: number): boolean;
  add(number: number): void;
  /** Settled numbers that are not below, in order. */
  beyond(): readonly number[];
}

export function createSettled(below: number, beyond: readonly number[]): Settled {
  const rest = new Set(beyond);
  let first = below;
  return {
    get below() {
      return first;
    },
    has: (number) => number < first || rest.has(number),
    add(number) {
      if (number !== first) {
        if (number > first) rest.add(number);
        return;
      }
      first++;
      while (rest.delete(first)) first++;
    },
    beyond: () => [...rest].sort((a, b) => a - b),
  };
}
