/** How large a measurement is, from the environment: `npm run bench` takes the names of measurements as its arguments. */

/**
 * A number above 0 of the environment, or what holds where there is none.
 *
 * @throws Error naming the variable where it is anything else: a size that was mistyped would measure nothing
 */
export function sizeOf(variable: `BENCH_${string}`, otherwise: number): number {
  const text = process.env[variable];
  if (text === undefined || text === "") return otherwise;
  const size = Number(text.replaceAll("_", ""));
  if (!(size > 0 && Number.isFinite(size))) throw new Error(`${variable} is "${text}", and takes a number above 0`);
  return size;
}
