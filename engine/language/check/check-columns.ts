/** Whether the file at hand has the columns that a source names: the half of the check that needs the file. Pure. */
import type { ColumnUse } from "../files/source-cells.ts";
import { nearestName } from "../../model/nearest-name.ts";
import type { Report } from "../source/problem.ts";

/** @param existing as the file's first row has them */
export function checkColumns(used: readonly ColumnUse[], existing: readonly string[], report: Report): void {
  const known = new Set(existing);
  for (const { name, span } of used) {
    if (known.has(name)) continue;
    const near = nearestName(name, existing);
    const shown = existing.slice(0, shownColumnsMax).map((column) => `\`${column}\``);
    const rest = existing.length - shown.length;
    const all = `its columns are ${shown.join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
    const suggestion = near === undefined ? all : `did you mean \`${near}\`? ${all}`;
    report({ code: "unknown_column", span, message: `the file has no column \`${name}\``, suggestion });
  }
}

/** Columns named in a suggestion: as many as fit on a few lines. */
const shownColumnsMax = 40;
