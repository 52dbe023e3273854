/**
 * The `on` of a trigger, before names are looked up: an event, one after another, a segment entered or left, a date of the
 * profile, or a schedule. The first words tell which; an event, or a sequence of them, is what is none of the others.
 */
import { parseOccasionLine } from "../grammar/condition-line.ts";
import type { ScheduleDays } from "../plan/checked-trigger.ts";
import type { WindowClock } from "../../model/window.ts";
import { UNIT_MS } from "../grammar/duration.ts";
import { DAY_MS } from "../../model/local-time.ts";
import { WEEKDAYS } from "../grammar/weekdays.ts";
import { suggestName } from "../source/nearest.ts";
import type { Complaint, Report } from "../source/problem.ts";
import type { Span } from "../source/source.ts";
import type { ConditionSyntax, EventSyntax, Name, SequenceSyntax } from "../grammar/syntax.ts";
import type { YamlText } from "../source/yaml-source.ts";

export type OccasionSyntax =
  | { readonly is: "event"; readonly event: Name; readonly where: ConditionSyntax | undefined }
  | { readonly is: "sequence"; readonly sequence: SequenceSyntax }
  | { readonly is: "segment"; readonly segment: Name; readonly entered: boolean }
  | {
      readonly is: "date";
      readonly field: Name;
      readonly offsetDays: number;
      readonly timeMs: number;
      readonly yearly: boolean;
      readonly clock: WindowClock;
    }
  | { readonly is: "schedule"; readonly days: ScheduleDays; readonly timeMs: number; readonly clock: WindowClock };

const NAME = "`?([\\p{L}_][\\p{L}\\p{N}_.-]*)`?";
const SEGMENT = new RegExp(`^(entered|left)\\s+segment\\s+["']?(${NAME})["']?$`, "u");
const AT = "\\s+at\\s+(\\S+)(?:\\s+(local time|in brand time))?$";
const SCHEDULE = new RegExp(`^every\\s+(.+?)${AT}`, "u");
const DATE = new RegExp(`^(?:(\\d{1,4})\\s+days?\\s+(before|after)\\s+)?${NAME}(\\s+every\\s+year)?${AT}`, "u");
const LENGTH = /^(\d+)\s+(second|minute|hour|day|week|month|year)s?\s+(before|after)\b(?:\s+(\S+))?.*/u;
const TIME = /^([01]\d|2[0-3]):([0-5]\d)$/;
const MONTHLY = /^(\d{1,2})(?:st|nd|rd|th)\s+of\s+the\s+month$/;
const WEEK: readonly string[] = WEEKDAYS;
const DAY_NAMES = ["day", "weekday", ...WEEK, "1st of the month"];
const MINUTE_MS = 60_000;

/** @returns undefined when it was wrong and reported */
export function readOccasion(text: YamlText, report: Report): OccasionSyntax | undefined {
  const line = text.value.trim();
  const spanOf = (part: string): Span => {
    const start = text.value.indexOf(part);
    return { start: text.offsetAt(start), end: text.offsetAt(start + part.length) };
  };
  const name = (part: string): Name => ({ name: part, span: spanOf(part) });
  const segment = SEGMENT.exec(line);
  if (segment?.[3] !== undefined)
    return { is: "segment", segment: name(segment[3]), entered: segment[1] === "entered" };
  if (/^every\b/.test(line)) {
    const [, days, time, clock] = SCHEDULE.exec(line) ?? [];
    if (days === undefined || time === undefined) return refuse(report, { ...NO_SCHEDULE, span: text.span });
    const on = readDays(days, spanOf(days), report);
    const timeMs = readTime(time, spanOf(time), report);
    return on && timeMs !== undefined ? { is: "schedule", days: on, timeMs, clock: clockOf(clock) } : undefined;
  }
  const [, days, side, field, yearly, time, clock] = DATE.exec(line) ?? [];
  if (field === undefined || time === undefined) {
    const [length, count = "", unit = "", apart = "", field = "FIELD"] = LENGTH.exec(line) ?? [];
    if (length !== undefined) {
      const message = "a trigger waits for a day and a time of it: so many days before, or after, a date";
      const days = Math.max(1, Math.ceil((Number(count) * (UNIT_MS[unit] ?? 0)) / DAY_MS));
      const suggestion = `write the day and the time: \`${days} ${days === 1 ? "day" : "days"} ${apart} ${field} at 09:00\``;
      return refuse(report, { code: "wrong_shape", span: spanOf(length), message, suggestion });
    }
    const tree = parseOccasionLine(text, report);
    return tree && occasionOf(tree, report);
  }
  const timeMs = readTime(time, spanOf(time), report);
  if (timeMs === undefined) return undefined;
  return {
    is: "date",
    field: name(field),
    offsetDays: days === undefined ? 0 : Number(days) * (side === "before" ? -1 : 1),
    timeMs,
    yearly: yearly !== undefined,
    clock: clockOf(clock),
  };
}

function occasionOf(tree: EventSyntax | SequenceSyntax, report: Report): OccasionSyntax | undefined {
  if (tree.window !== undefined) {
    const message = "what sets a trigger off happens at one moment, and has no window";
    const suggestion = "leave the window out; how often it may fire is said by `at most: 1 per 7 days`";
    return refuse(report, { code: "not_applicable", span: tree.window.span, message, suggestion });
  }
  if (tree.kind === "event") return { is: "event", event: tree.event, where: tree.where };
  return { is: "sequence", sequence: tree };
}

const NO_SCHEDULE = {
  code: "wrong_shape",
  message: "a schedule is a day and a time",
  suggestion: "write `every day at 08:00`, `every monday at 08:00`, `every 1st of the month at 08:00`",
} as const;

function refuse(report: Report, complaint: Complaint): undefined {
  report(complaint);
}

const clockOf = (words: string | undefined): WindowClock => (words === "in brand time" ? "brand" : "customer");

/** ms since midnight. */
export function readTime(written: string, span: Span, report: Report): number | undefined {
  const [, hours, minutes] = TIME.exec(written) ?? [];
  if (hours !== undefined && minutes !== undefined) return (Number(hours) * 60 + Number(minutes)) * MINUTE_MS;
  const message = `\`${written}\` is no time of day`;
  return refuse(report, { code: "bad_instant", span, message, suggestion: "times are written `08:00` or `21:30`" });
}

const DAYS_OF_MONTH = "write `1st` to `31st`; a month without a 31st has its last day for it";

function readDays(written: string, span: Span, report: Report): ScheduleDays | undefined {
  const ofMonth = MONTHLY.exec(written)?.[1];
  if (ofMonth !== undefined) {
    const day = Number(ofMonth);
    if (day >= 1 && day <= 31) return { is: "month", day };
    return refuse(report, {
      code: "bad_instant",
      span,
      message: `no month has a day ${day}`,
      suggestion: DAYS_OF_MONTH,
    });
  }
  if (written === "day") return { is: "week", days: [0, 1, 2, 3, 4, 5, 6] };
  if (written === "weekday") return { is: "week", days: [0, 1, 2, 3, 4] };
  const words = written.split(/\s*,\s*|\s+and\s+/);
  const days = new Set(words.map((word) => WEEK.indexOf(word)));
  if (!days.has(-1)) return { is: "week", days: [...days].sort((a, b) => a - b) };
  const wrong = words.find((word) => !WEEK.includes(word)) ?? written;
  const message = `\`${wrong}\` is no day of a schedule`;
  return refuse(report, { code: "unknown_choice", span, message, suggestion: suggestName(wrong, DAY_NAMES, "days") });
}
