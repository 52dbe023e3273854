/**
 * A rule file's text and the places in it. Every syntax node carries a span of offsets into the file; lines and columns
 * are worked out here, only when a problem is to be shown.
 */

/** A file of the brand folder. `path` is relative to that folder, with forward slashes. */
export interface RuleFile {
  readonly path: string;
  readonly text: string;
  /** Set where it is a link that leads to no file; the text is then empty. */
  readonly link?: "nowhere" | "folder";
}

/** Half-open range of UTF-16 offsets into one file's text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A place as people and editors count it: both from 1, columns in characters (code points), a tab being one. */
export interface Place {
  readonly line: number;
  readonly column: number;
  /** Characters of the span on its first line; at least 1. */
  readonly length: number;
  /** The whole line, without its end. */
  readonly lineText: string;
}

export function placeOf(text: string, span: Span): Place {
  const start = Math.min(span.start, text.length);
  const lineStart = text.lastIndexOf("\n", start - 1) + 1;
  const newline = text.indexOf("\n", lineStart);
  const lineText = text.slice(lineStart, newline < 0 ? text.length : newline).replace(/\r$/, "");
  let line = 1;
  for (let i = text.indexOf("\n"); i >= 0 && i < lineStart; i = text.indexOf("\n", i + 1)) line++;
  const marked = text.slice(start, Math.min(span.end, lineStart + lineText.length));
  return {
    line,
    column: [...text.slice(lineStart, start)].length + 1,
    length: Math.max(1, [...marked].length),
    lineText,
  };
}

/** The smallest span that holds both. */
export function cover(first: Span, last: Span): Span {
  return { start: Math.min(first.start, last.start), end: Math.max(first.end, last.end) };
}
