/**
 * A part of what is known is kept from the models, to choose their parameters by: nothing of the test part is ever looked at
 * for that. Where times are known the split is by time (what comes last is asked for); where they are not, it is by chance.
 */
import type { InteractionMatrix } from "../interactions/interaction-matrix.ts";

export interface Split {
  readonly train: InteractionMatrix;
  readonly test: InteractionMatrix;
}

/** @param part of each customer's entries, from 0 to 1; who has one entry keeps it in training */
export function splitByChance(matrix: InteractionMatrix, part: number, random: () => number): Split {
  const isHeldOut = new Uint8Array(matrix.entries.length);
  for (let customer = 0; customer < matrix.customers; customer += 1) {
    const start = matrix.starts[customer] as number;
    const length = (matrix.starts[customer + 1] as number) - start;
    const held = Math.min(Math.round(part * length), length - 1);
    // Floyd's draw of `held` distinct places.
    for (let last = length - held; last < length; last += 1) {
      const place = start + Math.floor(random() * (last + 1));
      isHeldOut[isHeldOut[place] === 1 ? start + last : place] = 1;
    }
  }
  return { train: keep(matrix, (at) => isHeldOut[at] === 0), test: keep(matrix, (at) => isHeldOut[at] === 1) };
}

function keep(matrix: InteractionMatrix, isKept: (at: number) => boolean): InteractionMatrix {
  const { customers, products } = matrix;
  const starts = new Uint32Array(customers + 1);
  const entries = new Uint32Array(matrix.entries.length);
  const weights = matrix.weights && new Float32Array(matrix.entries.length);
  let kept = 0;
  for (let customer = 0; customer < customers; customer += 1) {
    for (let at = matrix.starts[customer] as number; at < (matrix.starts[customer + 1] as number); at += 1) {
      if (!isKept(at)) continue;
      entries[kept] = matrix.entries[at] as number;
      if (weights !== undefined) weights[kept] = matrix.weights?.[at] ?? 1;
      kept += 1;
    }
    starts[customer + 1] = kept;
  }
  return { customers, products, starts, entries: entries.slice(0, kept), weights: weights?.slice(0, kept) };
}
