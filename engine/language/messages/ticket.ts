/** The lines of a printed ticket: words wrapped to the width of the paper, longer ones cut. Pure. */

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });
/** Letters without marks that join: one code unit is one sign, and no segmenter is needed. */
const PLAIN = /^[\u0020-\u007e\u00a0-\u02af\u2010-\u2027\u20ac]*$/;

function signsOf(word: string): string[] {
  return PLAIN.test(word) ? word.split("") : Array.from(graphemes.segment(word), ({ segment }) => segment);
}

/** @param columns signs that fit into a line; a grapheme is one of them, however many code points it has */
export function wrapTicket(text: string, columns: number): readonly string[] {
  return text
    .trim()
    .split("\n")
    .flatMap((line) => wrapLine(line.trimEnd(), columns));
}

function wrapLine(line: string, columns: number): readonly string[] {
  const lines: string[] = [];
  let current: string[] = [];
  for (const word of line.split(/[ \t]+/)) {
    let signs = signsOf(word);
    if (current.length > 0 && current.length + 1 + signs.length <= columns) {
      current.push(" ", ...signs);
      continue;
    }
    if (current.length > 0) lines.push(current.join(""));
    for (; signs.length > columns; signs = signs.slice(columns)) lines.push(signs.slice(0, columns).join(""));
    current = signs;
  }
  lines.push(current.join(""));
  return lines;
}
