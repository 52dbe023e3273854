/** The length of a written duration in ms, or a problem: an unknown unit, nothing, or beyond what rules may name. */
import type { Complaint } from "../source/problem.ts";
import { printDuration, suggestUnit, unitMs } from "../grammar/duration.ts";
import type { DurationSyntax } from "../grammar/syntax.ts";

export function checkDuration(
  syntax: DurationSyntax,
  longestMs: number,
  out: { report(complaint: Complaint): void },
): number | undefined {
  const { count, unit, span } = syntax;
  const unitLength = unitMs(unit.name);
  if (unitLength === undefined) {
    const message = `\`${unit.name}\` is not a unit of time`;
    out.report({ code: "bad_duration", span: unit.span, message, suggestion: suggestUnit(unit.name) });
    return undefined;
  }
  const ms = count * unitLength;
  if (count > 0 && Number.isInteger(count) && ms <= longestMs) return ms;
  const message =
    ms > longestMs
      ? `a duration is at most ${printDuration(longestMs)}`
      : "a duration is a whole number of units, from 1 up";
  const suggestion =
    ms > longestMs
      ? "shorten it; where all that ever happened counts, leave the window out"
      : count > 0
        ? "use a smaller unit: `36 hours`, not `1.5 days`"
        : "write such as `7 days` or `12 hours`";
  out.report({ code: "bad_duration", span, message, suggestion });
  return undefined;
}
