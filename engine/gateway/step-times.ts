/**
 * How long the steps of an event's way take, counted by one thread into shared memory that it alone writes; metrics.ts shows
 * the sum of all threads' when somebody scrapes.
 */

/** Of an event's way: parsed; evaluated and decided (its share of the turn); appended durably; from arrival to answer. */
export const STEPS = ["parse", "turn", "append", "answer"] as const;
export type Step = (typeof STEPS)[number];

/** Upper bounds in ms: from a parse (microseconds) to an append on a slow disk. */
export const boundsMs = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500];
/** A step's row: a count for each bound, one above the last, and the sum in ms. */
export const rowLength = boundsMs.length + 2;

/** Times of one thread, which alone may record. */
export interface StepTimes {
  readonly buffer: SharedArrayBuffer;
  record(step: Step, elapsedMs: number): void;
}

export function createStepTimes(): StepTimes {
  const buffer = new SharedArrayBuffer(STEPS.length * rowLength * Float64Array.BYTES_PER_ELEMENT);
  const cells = new Float64Array(buffer);
  return {
    buffer,
    record(step, elapsedMs) {
      const row = STEPS.indexOf(step) * rowLength;
      let bound = 0;
      while (bound < boundsMs.length && elapsedMs > (boundsMs[bound] as number)) bound++;
      (cells[row + bound] as number)++;
      (cells[row + rowLength - 1] as number) += elapsedMs;
    },
  };
}
