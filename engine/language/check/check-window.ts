/** A window as written, in the form in which a plan keeps it; or a problem with its length or its days. */
import { ruleDurationMsMax } from "../../limits-of-rules.ts";
import { DAY_MS } from "../../model/local-time.ts";
import { EVER, type LocalWindow, type Period, type Window, type WindowClock } from "../../model/window.ts";
import { checkDuration } from "./check-duration.ts";
import { readInstant } from "../grammar/instant.ts";
import { suggestName } from "../source/nearest.ts";
import type { Report } from "../source/problem.ts";
import type { LocalWindowSyntax, Name, WindowSyntax } from "../grammar/syntax.ts";

const PERIODS: readonly Period[] = ["day", "week", "month", "year"];

const PERIOD_DAYS: Readonly<Record<Period, number>> = { day: 1, week: 7, month: 31, year: 366 };

/** How far apart two events of a window may be; infinite where it only begins, or not even that. */
export function lengthOf(window: Window): number {
  switch (window.kind) {
    case "last":
      return window.ms;
    case "calendar":
      return PERIOD_DAYS[window.period] * DAY_MS;
    case "between":
      return window.to - window.from + DAY_MS;
    case "since":
    case "ever":
      return Number.POSITIVE_INFINITY;
  }
}

export function checkWindow(syntax: WindowSyntax | undefined, report: Report): Window | undefined {
  if (syntax === undefined || syntax.kind === "ever") return EVER;
  if (syntax.kind !== "last") return checkLocal(syntax, syntax.byBrand ? "brand" : "customer", report);
  const ms = checkDuration(syntax.length, ruleDurationMsMax, { report });
  return ms === undefined ? undefined : { kind: "last", ms };
}

function checkLocal(syntax: LocalWindowSyntax, clock: WindowClock, report: Report): LocalWindow | undefined {
  switch (syntax.kind) {
    case "calendar": {
      const { name, span } = syntax.period;
      const period = PERIODS.find((known) => known === name);
      if (period !== undefined) return { kind: "calendar", period, clock };
      const suggestion = suggestName(name, PERIODS, "periods");
      report({ code: "bad_duration", span, message: `\`this\` is not said of \`${name}\``, suggestion });
      return undefined;
    }
    case "since": {
      const from = checkDay(syntax.from, report);
      return from === undefined ? undefined : { kind: "since", from, clock };
    }
    case "between": {
      const from = checkDay(syntax.from, report);
      const to = checkDay(syntax.to, report);
      if (from === undefined || to === undefined) return undefined;
      if (from <= to) return { kind: "between", from, to, clock };
      const message = "no day lies between these two, as the first is the later";
      const suggestion = `write \`between ${syntax.to.name} and ${syntax.from.name}\``;
      report({ code: "always_the_same", span: syntax.span, message, suggestion });
      return undefined;
    }
  }
}

function checkDay({ name, span }: Name, report: Report): number | undefined {
  const [date = "", time] = name.split("T");
  const day = readInstant(date);
  if (typeof day !== "number") report({ code: "bad_instant", span, ...day });
  else if (time === undefined) return day;
  else
    report({
      code: "bad_instant",
      span,
      message: "such a window begins and ends with whole days",
      suggestion: `write \`${date}\``,
    });
  return undefined;
}
