/**
 * Globs: `*` stands for any run of characters, `?` for one, everything else for itself. Never a regular expression: the
 * pieces between stars are looked for one after the other, each from where the one before it ended, so that no text and no
 * pattern takes longer than their lengths multiplied.
 */

interface Glob {
  /** Pieces between stars, as characters; `?` is undefined. */
  readonly pieces: readonly (readonly (string | undefined)[])[];
}

const KEPT_MAX = 10_000;
const kept = new Map<string, Glob>();

function globOf(pattern: string): Glob {
  const known = kept.get(pattern);
  if (known !== undefined) return known;
  if (kept.size >= KEPT_MAX) kept.clear();
  const pieces = pattern.split("*").map((piece) => [...piece].map((sign) => (sign === "?" ? undefined : sign)));
  const glob = { pieces };
  kept.set(pattern, glob);
  return glob;
}

/** False of what is unknown. */
export function matchesGlob(text: string | undefined, pattern: string): boolean {
  if (text === undefined) return false;
  const { pieces } = globOf(pattern);
  const signs = [...text];
  const [first = [], ...rest] = pieces;
  const last = rest.pop();
  if (!standsAt(signs, first, 0)) return false;
  if (last === undefined) return signs.length === first.length;
  let from = first.length;
  for (const piece of rest) {
    while (from + piece.length <= signs.length && !standsAt(signs, piece, from)) from++;
    if (from + piece.length > signs.length) return false;
    from += piece.length;
  }
  const end = signs.length - last.length;
  return end >= from && standsAt(signs, last, end);
}

function standsAt(signs: readonly string[], piece: Glob["pieces"][number], at: number): boolean {
  if (at + piece.length > signs.length) return false;
  return piece.every((sign, index) => sign === undefined || sign === signs[at + index]);
}
