/** How often triggers have fired, by name: counted by a turn, let out with its batch, summed for who watches the node. */

/** @returns `to`, with what is added to it */
export function addFirings(to: Map<string, number>, more: Iterable<readonly [string, number]>): Map<string, number> {
  for (const [trigger, count] of more) to.set(trigger, (to.get(trigger) ?? 0) + count);
  return to;
}
