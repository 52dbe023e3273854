/**
 * "Did you mean": the known name nearest to a mistaken one. Damerau's distance (1964), restricted
 * to neighbours, a row at a time. A name
 * more than a third away is no suggestion.
 */

/** @returns the nearest of `known`, or undefined when none is near */
export function nearestName(mistaken: string, known: Iterable<string>): string | undefined {
  let nearest: string | undefined;
  let least = Math.floor(mistaken.length / 3) + 1;
  for (const name of known) {
    const distance = editDistance(mistaken.toLowerCase(), name.toLowerCase());
    if (distance < least) {
      least = distance;
      nearest = name;
    }
  }
  return nearest;
}

/** A letter added, left out or replaced counts one, and so do two neighbours exchanged. */
function editDistance(left: string, right: string): number {
  let before: readonly number[] = [];
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i++) {
    const row = [i];
    for (let j = 1; j <= right.length; j++) {
      const replaced = (previous[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1);
      const exchanged =
        left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1]
          ? (before[j - 2] ?? 0) + 1
          : Number.POSITIVE_INFINITY;
      row.push(Math.min(replaced, exchanged, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    before = previous;
    previous = row;
  }
  return previous[right.length] ?? 0;
}
