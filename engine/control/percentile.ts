/** A percentile out of a histogram's counts, as near as its bounds allow. Pure. */

/**
 * Linear within a bound, as Prometheus' histogram_quantile does it; above the last bound that bound itself.
 * @param counts one for each bound, and one for what is above the last
 * @param share 0.99 for the 99th percentile
 * @returns undefined when nothing was counted
 */
export function percentile(counts: readonly number[], bounds: readonly number[], share: number): number | undefined {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total <= 0) return undefined;
  let below = 0;
  for (const [index, count] of counts.entries()) {
    if (below + count < share * total || count === 0) {
      below += count;
      continue;
    }
    const upper = bounds[index];
    if (upper === undefined) break;
    const lower = bounds[index - 1] ?? 0;
    return rounded(lower + ((upper - lower) * (share * total - below)) / count);
  }
  return bounds.at(-1);
}

/** To three digits that count. */
function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
