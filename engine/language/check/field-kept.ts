/** A value that is said before its day comes, and kept for less than what lies between that day and the rule, is not met. */
import { printDuration } from "../grammar/duration.ts";
import type { Report } from "../source/problem.ts";
import type { Span } from "../source/source.ts";

export interface LookedBackAt {
  readonly field: string;
  /** After it was last said; undefined: for ever. */
  readonly keptMs: number | undefined;
  /** How long after the day that the value names. */
  readonly afterMs: number;
  readonly span: Span;
}

/** A notice, as the value may have been said long after that day. */
export function noteKept({ field, keptMs, afterMs, span }: LookedBackAt, report: Report): void {
  if (keptMs === undefined || afterMs <= keptMs) return;
  const message = `\`${field}\` is kept for ${printDuration(keptMs)} after it was last said, and this comes ${printDuration(afterMs)} after the day that it names`;
  const suggestion = "shorten the time, or keep it longer: `retention` in fields.yaml";
  report({ code: "beyond_retention", span, message, suggestion, notice: true });
}
