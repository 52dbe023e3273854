/**
 * Up to where an aggregate is exact, and how much it can come to at most. A stream keeps the newest contributions of a
 * person one by one and older ones by day (profile/day-sums.ts): a rule for which that could matter is told so.
 */
import { daysToldMsMax, streamEntriesMax } from "../../limits.ts";
import { DAY_MS } from "../../model/local-time.ts";
import type { Reduce } from "../../model/plan.ts";
import type { Window } from "../../model/window.ts";
import type { ValueType } from "../conditions/kind.ts";
import { printDuration } from "../grammar/duration.ts";
import type { Report } from "../source/problem.ts";
import type { Span } from "../source/source.ts";

const KEPT = streamEntriesMax.toLocaleString("en");
const PERIOD_DAYS = { day: 1, week: 7, month: 31, year: 366 } as const;

export function boundsOf(reduce: Reduce, window: Window): Pick<ValueType, "most" | "windowed"> {
  return {
    ...(reduce === "days" && { most: daysMost(window) }),
    ...(reduce === "count" && { windowed: window.kind === "last" || window.kind === "calendar" }),
  };
}

/** On how many different days of the calendar something can have happened; undefined: on any number. */
function daysMost(window: Window): number | undefined {
  switch (window.kind) {
    case "last":
      // The window begins and ends within days. (One more where clocks go forward, which no rule is about.)
      return Math.ceil(window.ms / DAY_MS) + 1;
    case "calendar":
      return PERIOD_DAYS[window.period];
    case "between":
      return (window.to - window.from) / DAY_MS + 1;
    case "since":
    case "ever":
      return undefined;
  }
}

/** Of which older days are kept as well. A count of more than are kept one by one is more than nearly all that it is compared with. */
const FOLDED_WELL: readonly Reduce[] = ["sum", "average", "smallest", "largest", "first-value"];
const OF_ALL: readonly Reduce[] = ["distinct", "sequence"];

/** Says so where one event a day is enough to come to more than is kept exactly. */
export function noteBound(
  syntax: { readonly reduce: Reduce; readonly span: Span },
  window: Window,
  report: Report,
): void {
  const { reduce, span } = syntax;
  const isLong = window.kind === "last" && window.ms > streamEntriesMax * DAY_MS;
  const isEver = window.kind === "ever" || window.kind === "since";
  const note = (message: string, suggestion: string) =>
    report({ code: "inexact", span, message, suggestion, notice: true });
  if (OF_ALL.includes(reduce)) {
    if (!isLong && !isEver) return;
    note(
      `this is told from the newest ${KEPT} events of a person; of older ones it knows nothing any more`,
      `where somebody may have more, write a window: \`in last ${printDuration(365 * DAY_MS)}\``,
    );
  } else if (reduce === "days" && isEver)
    note(
      `of somebody with more than ${KEPT} events days are told apart for ${printDuration(daysToldMsMax)} back`,
      `where somebody may have more, write a window: \`in last ${printDuration(daysToldMsMax)}\``,
    );
  else if (isLong && FOLDED_WELL.includes(reduce))
    note(
      `the newest ${KEPT} events of a person are counted exactly; older ones are kept by day, and leave the window up to a day late`,
      `where somebody may have more, shorten the window: one event a day comes to that in ${printDuration(streamEntriesMax * DAY_MS)}`,
    );
}
