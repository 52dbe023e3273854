/** The report as a person reads it: totals, then events, then segments, then how far history is behind. Pure. */
import { reportLinesMax, reportNameCellsMax } from "../limits.ts";
import type { Report, Status } from "../control/port.ts";
import { printable } from "./terminal.ts";
import type { Style } from "./terminal.ts";
import { renderTable, shorten } from "./text-table.ts";

export interface ReportText {
  readonly report: Report;
  /** Of the engine that was asked; undefined when the history was read without one. */
  readonly status: Status | undefined;
  /** Where it came from, in words. */
  readonly source: string;
  readonly all: boolean;
  readonly shards: boolean;
}

export function renderReport({ report, status, source, all, shards }: ReportText, style: Style): string {
  const sections = [
    [`${style.bold("History")}  ${style.dim(source)}`, "", ...totalLines(report, style)],
    receiptLines(report, style),
    eventLines(report, all, style),
    segmentLines(report, all, style),
    status === undefined ? [] : behindLines(status, style),
    shards ? shardLines(report, status, style) : [],
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n");
}

function totalLines({ events, profiles, firstTimestamp, lastTimestamp }: Report, style: Style): readonly string[] {
  if (firstTimestamp === undefined || lastTimestamp === undefined) return ["No events yet."];
  const width = Math.max(integer(events).length, integer(profiles).length);
  const span = `from ${instant(firstTimestamp)} to ${instant(lastTimestamp)}`;
  return [
    `Events    ${integer(events).padStart(width)}   ${style.dim(span)}`,
    `Profiles  ${integer(profiles).padStart(width)}   ${style.dim(`${ratio(events, profiles)} events each`)}`,
  ];
}

function receiptLines({ receipts: sums }: Report, style: Style): readonly string[] {
  if (sums === undefined) return [];
  const { receipts, returns, unclaimed, lines, byCurrency, customers, entries, points } = sums;
  const figures = [
    ["Receipts", receipts, `${integer(returns)} are returns, ${integer(unclaimed)} are nobody's`],
    ["Lines", lines, byCurrency.map(({ currency, total }) => `${amount(total)} ${currency}`).join(", ")],
    ["Ledger", entries, `entries of ${integer(customers)} customers, ${integer(points)} points in all`],
  ] as const;
  const width = Math.max(...figures.map(([, value]) => integer(value).length));
  return figures.map(
    ([name, value, note]) => `${name.padEnd(8)}  ${integer(value).padStart(width)}   ${style.dim(note)}`,
  );
}

function eventLines({ events, byEvent }: Report, all: boolean, style: Style): readonly string[] {
  if (byEvent.length === 0) return [];
  const shown = all ? byEvent : byEvent.slice(0, reportLinesMax);
  const rows = shown.map((event) => [
    nameCell(event.name),
    integer(event.events),
    percent(event.events, events),
    integer(event.profiles),
  ]);
  const columns = [
    { title: "Event", align: "left" },
    { title: "Events", align: "right" },
    { title: "Share", align: "right" },
    { title: "Profiles", align: "right" },
  ] as const;
  return [...renderTable(columns, rows, { title: style.bold }), ...rest(byEvent.length - shown.length, style)];
}

function segmentLines({ transitions }: Report, all: boolean, style: Style): readonly string[] {
  if (transitions.length === 0) return [];
  const shown = all ? transitions : transitions.slice(0, reportLinesMax);
  const rows = shown.map(({ segment, entered, left }) => [
    nameCell(segment),
    integer(entered),
    integer(left),
    integer(entered - left),
  ]);
  const columns = [
    { title: "Segment", align: "left" },
    { title: "Entered", align: "right" },
    { title: "Left", align: "right" },
    { title: "Inside", align: "right" },
  ] as const;
  return [...renderTable(columns, rows, { title: style.bold }), ...rest(transitions.length - shown.length, style)];
}

function behindLines({ shards, history }: Status, style: Style): readonly string[] {
  const records = shards.reduce((sum, { lagRecords }) => sum + lagRecords, 0);
  const seconds = Math.max(0, ...shards.map(({ lagSeconds }) => lagSeconds));
  const lines: string[] = [];
  if (records > 0) {
    const waited = `${integer(records)} ${records === 1 ? "record is" : "records are"} on the way to history`;
    lines.push(style.dim(`${waited}, the oldest for ${seconds.toFixed(1)} s.`));
  }
  if (history.trouble !== undefined)
    lines.push(style.yellow(`History cannot be written: ${printable(history.trouble)}`));
  for (const { shard, drain } of shards) {
    if (drain === "draining" || drain === "unknown") continue;
    lines.push(style.red(`Shard ${shard} is not drained: its journal is ${drain}.`));
  }
  return lines;
}

function shardLines({ watermarks }: Report, status: Status | undefined, style: Style): readonly string[] {
  const owned = new Map(status?.shards.map((shard) => [shard.shard, shard]));
  const drained = new Map(watermarks.map((watermark) => [watermark.shard, watermark]));
  const known = [...new Set([...owned.keys(), ...drained.keys()])].sort((a, b) => a - b);
  if (known.length === 0) return [];
  const columns = [
    { title: "Shard", align: "right" },
    { title: "Epoch", align: "right" },
    { title: "History", align: "right" },
  ] as const;
  // What only an engine knows stands to the right.
  const columnsHere = [
    { title: "Journal", align: "right" },
    { title: "Behind", align: "right" },
    { title: "Here", align: "left" },
  ] as const;
  const rows = known.map((shard) => {
    const here = owned.get(shard);
    const there = drained.get(shard);
    const cells = [integer(shard), integer(here?.epoch ?? there?.epoch ?? 0), integer(there?.position ?? 0)];
    return here === undefined ? cells : [...cells, integer(here.durable), integer(here.lagRecords), here.state];
  });
  return renderTable(status === undefined ? columns : [...columns, ...columnsHere], rows, { title: style.bold });
}

function rest(left: number, style: Style): readonly string[] {
  return left === 0 ? [] : [style.dim(`and ${integer(left)} more: --all`)];
}

function nameCell(name: string): string {
  return shorten(name === "" ? '""' : printable(name), reportNameCellsMax);
}

const NUMBERS = new Intl.NumberFormat("en-US");

function integer(value: number): string {
  return NUMBERS.format(value);
}

/** Of an integer text in 1/10,000: two decimals, or as many as there are. `97477479340` is `9,747,747.934`. */
function amount(parts: string): string {
  const value = BigInt(parts);
  const size = value < 0n ? -value : value;
  const decimals = String(size % 10_000n)
    .padStart(4, "0")
    .replace(/0{1,2}$/, "");
  return `${value < 0n ? "-" : ""}${NUMBERS.format(size / 10_000n)}.${decimals}`;
}

function percent(part: number, whole: number): string {
  if (whole === 0) return "";
  const share = (part / whole) * 100;
  return share > 0 && share < 0.1 ? "<0.1 %" : `${share.toFixed(1)} %`;
}

function ratio(events: number, profiles: number): string {
  return profiles === 0 ? "0" : (events / profiles).toFixed(1);
}

/** `2025-03-01 12:30 UTC` */
function instant(at: number): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? String(at) : `${date.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
