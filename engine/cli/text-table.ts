/** Columns that line up: texts to the left, numbers to the right, wide characters counted as the two cells they take. */

export interface Column {
  readonly title: string;
  readonly align: "left" | "right";
}

export interface TableStyle {
  readonly title: (text: string) => string;
}

/** @returns lines without trailing blanks; cells hold no styles */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  style: TableStyle,
): readonly string[] {
  const widths = columns.map(({ title }, index) =>
    Math.max(cellWidth(title), ...rows.map((row) => cellWidth(row[index] ?? ""))),
  );
  const line = (cells: readonly string[]) =>
    columns
      .map(({ align }, index) => pad(cells[index] ?? "", widths[index] ?? 0, align))
      .join("  ")
      .trimEnd();
  return [style.title(line(columns.map(({ title }) => title))), ...rows.map(line)];
}

/** Cuts the middle-most end off: `a long name…`. */
export function shorten(text: string, cellsMax: number): string {
  if (cellWidth(text) <= cellsMax) return text;
  let kept = "";
  for (const char of text) {
    if (cellWidth(kept) + cellWidth(char) > cellsMax - 1) break;
    kept += char;
  }
  return `${kept}…`;
}

function pad(text: string, width: number, align: Column["align"]): string {
  const blanks = " ".repeat(Math.max(0, width - cellWidth(text)));
  return align === "left" ? text + blanks : blanks + text;
}

/** Wide and full-width characters of Unicode's East Asian Width, roughly, and pictographs; marks that combine take none. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;
const COMBINING = /\p{Mn}|\p{Me}/u;

export function cellWidth(text: string): number {
  let width = 0;
  for (const char of text) width += COMBINING.test(char) ? 0 : WIDE.test(char) ? 2 : 1;
  return width;
}
