/**
 * A stream's content by itself, for what happens rarely: merging two profiles, moving to another plan, comparing folds.
 */
import type { DaySums } from "./day-sums.ts";
import { NO_CELLS } from "./number-cells.ts";
import type { Span } from "./span.ts";
import type { StreamSet } from "./stream-set.ts";

export interface StreamCopy {
  /** Ascending, as are the values of equal keys. */
  readonly keys: readonly number[];
  readonly values: readonly number[];
  readonly days: DaySums | undefined;
}

const NOTHING: StreamCopy = { keys: [], values: [], days: undefined };

export function copyStream(streams: StreamSet, index: number): StreamCopy {
  const span: Span = { cells: NO_CELLS, from: 0, count: 0, stride: 1, days: undefined, sums: undefined };
  if (!streams.point(index, span)) return NOTHING;
  const keys: number[] = [];
  const values: number[] = [];
  for (let i = 0; i < span.count; i++) {
    const at = span.from + i * span.stride;
    keys.push(span.cells[at] as number);
    values.push(span.stride === 1 ? 1 : (span.cells[at + 1] as number));
  }
  return { keys, values, days: span.days };
}

/** What `from` has and `known` has not: for a contribution that stands n times in one and m in the other, n - m. */
export function missingIn(known: StreamCopy, from: StreamCopy): { readonly key: number; readonly value: number }[] {
  const missing: { readonly key: number; readonly value: number }[] = [];
  let k = 0;
  for (const [i, key] of from.keys.entries()) {
    const value = from.values[i] as number;
    while (k < known.keys.length && compare(known, k, key, value) < 0) k++;
    if (k < known.keys.length && compare(known, k, key, value) === 0) k++;
    else missing.push({ key, value });
  }
  return missing;
}

function compare(stream: StreamCopy, at: number, key: number, value: number): number {
  return (stream.keys[at] as number) - key || (stream.values[at] as number) - value;
}
