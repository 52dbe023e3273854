/** What stands after `vif try`, and what a rule would have done as a person reads it. Pure. */
import type { TryAnswer } from "../control/try-port.ts";
import { reportNameCellsMax, tryDaysMax } from "../limits.ts";
import type { Instant } from "../model/ids.ts";
import { type Nearest, parseArguments, UsageError } from "./command.ts";
import { printable, type Style } from "./terminal.ts";
import { parseWrittenTime } from "./time-argument.ts";
import { renderTable, shorten } from "./text-table.ts";

export const TRY_HELP = `Tries a rule over the past: who would have matched, entered and left, and been sent a message, by consent, caps, quiet hours
and what other triggers send. Nothing is sent, and nothing changes.

Usage: vif try RULE --since TIME [--until TIME] [--rules FOLDER] [--json]

RULE is the name of a segment, a content or a trigger.

Options:
  --since TIME     from when on: 30d, 12h or 8w ago; a day (2026-01-31) or a time (2026-01-31T10:00Z)
  --until TIME     up to when, in the same forms; now when left out
  --rules FOLDER   a brand folder to try it in, such as a draft; the rules in force when left out
  --json           one JSON object in place of text; times in milliseconds since 1970
  --help           this text

People live through their events again, in the order of the events' own times. Only who has done something that the rule
rests on is looked at. A running engine is asked; when none runs on the data folder, history and rules are read directly.

Examples:
  vif try lapsing-vip --since 90d
  vif try home-hero --since 2026-01-01 --until 2026-02-01
  vif try spring-sale --since 30d --rules ./draft --json

Exit codes: 0 tried, 1 no such rule or not to be had, 2 not understood.`;

export interface TryArguments {
  readonly rule: string;
  readonly since: Instant;
  readonly until: Instant;
  readonly rules: string | undefined;
  readonly json: boolean;
}

const HOUR_MS = 3_600_000;
const AGO_MS: Readonly<Record<string, number>> = { h: HOUR_MS, d: 24 * HOUR_MS, w: 7 * 24 * HOUR_MS };

/** @throws UsageError */
export function parseTryArguments(args: readonly string[], nearest: Nearest, now: Instant): TryArguments {
  const form = { flags: ["json"], values: ["since", "until", "rules"], words: ["RULE"] } as const;
  const { flags, values, words } = parseArguments(args, form, nearest);
  if (values.since === undefined) throw new UsageError("--since is missing: from when on, such as --since 30d.");
  const since = parseTime("since", values.since, now);
  const until = values.until === undefined ? now : parseTime("until", values.until, now);
  if (since >= until) throw new UsageError("--since must be before --until, and before now.");
  if (until - since > tryDaysMax * 24 * HOUR_MS)
    throw new UsageError(`A rule is tried over at most ${tryDaysMax} days at a time.`);
  return { rule: words[0] ?? "", since, until, rules: values.rules, json: flags.json };
}

function parseTime(name: string, text: string, now: Instant): Instant {
  const [, count, unit = ""] = /^(\d{1,5})([hdw])$/.exec(text) ?? [];
  if (count !== undefined) return now - Number(count) * (AGO_MS[unit] ?? 0);
  const parsed = parseWrittenTime(text);
  if (parsed === undefined)
    throw new UsageError(`--${name} is how long ago (30d, 12h, 8w), a day (2026-01-31) or a time, and not "${text}".`);
  return parsed.at;
}

const NUMBERS = new Intl.NumberFormat("en-US");
/** Lines of figures at most: what spans more days is told in weeks, or in longer spans. */
const LINES_MAX = 31;

export function renderTried(report: TryAnswer, source: string, style: Style): string {
  const { rule, since, until, events, people } = report;
  const head = [
    `${style.bold(printable(rule))}  ${dayOf(since)} to ${dayOf(until)}  ${style.dim(source)}`,
    "",
    ...renderFound(report, style),
    "",
    style.dim(`${NUMBERS.format(people)} people with ${NUMBERS.format(events)} events that the rule rests on.`),
  ];
  return head.join("\n");
}

function renderFound(report: TryAnswer, style: Style): readonly string[] {
  switch (report.kind) {
    case "segment":
      return renderSegment(report, style);
    case "content":
      return renderContent(report, style);
    case "trigger":
      return renderTrigger(report, style);
  }
}

type TriedTrigger = Extract<TryAnswer, { kind: "trigger" }>;

function renderTrigger(report: TriedTrigger, style: Style): readonly string[] {
  const { fired, reached, sent, days, some } = report;
  const columns = [
    { title: "", align: "left" },
    { title: "Messages", align: "right" },
    { title: "", align: "left" },
  ] as const;
  const spans = inSpans(days.map((day) => ({ day: day.day, entered: day.fired, left: 0, inside: 0 })));
  const most = Math.max(1, ...spans.map(({ entered }) => entered));
  const rows = spans.map(({ from, entered, quiet }) => [
    fromText(from, quiet),
    NUMBERS.format(entered),
    style.dim("▇".repeat(Math.ceil((entered / most) * 24))),
  ]);
  const people = some.length === 0 ? [] : ["", `Some of those people: ${some.slice(0, 5).join(", ")}`];
  const note = style.dim(
    `Together with the triggers that compete with it or share a cap, as if none had sent anything before ${dayOf(report.since)}.`,
  );
  return [
    `${style.bold(NUMBERS.format(fired))} messages set off, for ${NUMBERS.format(reached)} people, of which ${style.green(NUMBERS.format(sent))} would have gone out`,
    "",
    ...renderThinning(report, style),
    ...renderTable(columns, rows, { title: style.bold }),
    ...people,
    "",
    note,
  ];
}

/** Reasons of the pressure of all rules together; the others are of this message and this person alone. */
const OF_PRESSURE: readonly string[] = ["pressure", "outbid"];
const REASONS: Readonly<Record<string, string>> = {
  no_consent: "to people who have not agreed",
  unsubscribed: "to people who have unsubscribed or complained",
  unreachable: "to people without a proved address",
  out_of_window: "to people who have not written lately, as the channel demands",
  condition: "to people who no longer meet the condition when it would go out",
  expired: "too late",
  holdout: "to people who are held out for comparison",
  pressure: "kept back by a cap",
  outbid: "outbid by a message that goes before",
};

/** From what was set off down to what goes out, step by step, and what this rule's messages keep from others. */
function renderThinning({ fired, sent, skipped, outbids }: TriedTrigger, style: Style): readonly string[] {
  if (skipped.length === 0 && outbids.length === 0) return [];
  const pressing = skipped.filter(({ reason }) => OF_PRESSURE.includes(reason));
  const alone = skipped.filter(({ reason }) => !OF_PRESSURE.includes(reason));
  const lost = (all: readonly { readonly messages: number }[]): number =>
    all.reduce((sum, { messages }) => sum + messages, 0);
  const row = (messages: number, text: string): readonly string[] => [`-${NUMBERS.format(messages)}`, text];
  const rowsOf = ({ reason, messages, by = [] }: TriedTrigger["skipped"][number]): (readonly string[])[] => [
    row(messages, REASONS[reason] ?? reason.replaceAll("_", " ")),
    ...by.map(({ name, messages: some }) => ["", `  ${NUMBERS.format(some)} by ${printable(name)}`]),
  ];
  const rows = [
    [NUMBERS.format(fired), "set off"],
    ...alone.flatMap(rowsOf),
    ...(alone.length > 0 && pressing.length > 0 ? [[NUMBERS.format(fired - lost(alone)), "could go out alone"]] : []),
    ...pressing.flatMap(rowsOf),
    [NUMBERS.format(sent), "go out"],
  ];
  const columns = [
    { title: "Messages", align: "right" },
    { title: "", align: "left" },
  ] as const;
  const beaten = outbids.map(({ trigger, messages }) => `${NUMBERS.format(messages)} of ${printable(trigger)}`);
  return [
    ...renderTable(columns, rows, { title: style.bold }),
    ...(beaten.length === 0
      ? []
      : ["", `Its messages go before others, which are then not sent: ${beaten.join(", ")}.`]),
    "",
  ];
}

function renderSegment(report: Extract<TryAnswer, { kind: "segment" }>, style: Style): readonly string[] {
  const { insideBefore, insideNow, entered, left, days, some } = report;
  const figures = [
    `${NUMBERS.format(insideBefore)} inside at first`,
    style.green(`+${NUMBERS.format(entered)} entered`),
    style.red(`-${NUMBERS.format(left)} left`),
    style.bold(`${NUMBERS.format(insideNow)} inside at last`),
  ];
  const columns = [
    { title: "", align: "left" },
    { title: "Entered", align: "right" },
    { title: "Left", align: "right" },
    { title: "Inside", align: "right" },
    { title: "", align: "left" },
  ] as const;
  const spans = inSpans(days);
  const most = Math.max(1, ...spans.map(({ inside }) => inside));
  const rows = spans.map(({ from, entered: came, left: went, inside, quiet }) => [
    fromText(from, quiet),
    NUMBERS.format(came),
    NUMBERS.format(went),
    NUMBERS.format(inside),
    style.dim("▇".repeat(Math.ceil((inside / most) * 24))),
  ]);
  const table = renderTable(columns, rows, { title: style.bold });
  const people = some.length === 0 ? [] : ["", `Some of those inside: ${some.slice(0, 5).join(", ")}`];
  return [figures.join("   "), "", ...table, ...people];
}

interface Span {
  readonly from: string;
  entered: number;
  left: number;
  inside: number;
  /** More spans after it in which nothing happened. */
  quiet: number;
}

/**
 * Days, or as many of them together as fit; each span is told by its first day and by how it ended. Those in which nothing
 * happened are one, where several follow each other.
 */
function inSpans(days: readonly { day: string; entered: number; left: number; inside: number }[]): readonly Span[] {
  const length = Math.ceil(days.length / LINES_MAX);
  const spans: Span[] = [];
  for (const [index, { day, entered, left, inside }] of days.entries()) {
    const last = spans.at(-1);
    if (last === undefined || index % length === 0) spans.push({ from: day, entered, left, inside, quiet: 0 });
    else Object.assign(last, { entered: last.entered + entered, left: last.left + left, inside });
  }
  const isQuiet = ({ entered, left }: Span): boolean => entered === 0 && left === 0;
  const folded: Span[] = [];
  for (const span of spans) {
    const last = folded.at(-1);
    if (last !== undefined && isQuiet(last) && isQuiet(span)) last.quiet += 1;
    else folded.push(span);
  }
  return folded;
}

function fromText(from: string, quiet: number): string {
  return quiet === 0 ? from : `${from} and ${quiet} more`;
}

function renderContent(report: Extract<TryAnswer, { kind: "content" }>, style: Style): readonly string[] {
  const columns = [
    { title: "Would be shown", align: "left" },
    { title: "People", align: "right" },
    { title: "Share", align: "right" },
  ] as const;
  const rows = report.shows.map(({ show, people }) => [
    shorten(printable(show), reportNameCellsMax),
    NUMBERS.format(people),
    `${((people / report.people) * 100).toFixed(1)} %`,
  ]);
  if (rows.length === 0) return ["Nobody has done anything that the rule rests on."];
  return renderTable(columns, rows, { title: style.bold });
}

function dayOf(instant: Instant): string {
  return new Date(instant).toISOString().slice(0, 16).replace("T", " ");
}

/** `[######..........]  38 %  1,203,000 events  of 41,000 people` */
export function renderTryProgress(
  { events, eventsAll, people }: { readonly events: number; readonly eventsAll: number; readonly people: number },
  columns: number,
): string {
  const part = eventsAll === 0 ? 1 : Math.min(1, events / eventsAll);
  const percent = `${String(Math.floor(part * 100)).padStart(3)} %`;
  const text = `  ${percent}  ${NUMBERS.format(events)} events of ${NUMBERS.format(people)} people`;
  const width = Math.min(40, columns - text.length - 3);
  if (width < 5) return text.trimStart().slice(0, Math.max(0, columns - 1));
  const full = Math.round(part * width);
  return `[${"#".repeat(full)}${".".repeat(width - full)}]${text}`;
}
