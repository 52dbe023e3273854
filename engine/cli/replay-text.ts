/** What a person reads of a replay: the line that moves, and the sums at the end. */
import { basename } from "node:path";
import type { Clock } from "../model/clock.ts";
import { renderProgress } from "../replay/port.ts";
import type { ReplayEnd, ReplayProgress, ReplayState } from "../replay/port.ts";
import type { StatusLine, Style } from "./terminal.ts";

const rateWindowMs = 3_000;

/** The line that moves: the rate is that of the last seconds. */
export function createProgressShow({
  status,
  style,
  clock,
}: {
  readonly status: StatusLine;
  readonly style: Style;
  readonly clock: Clock;
}): (progress: ReplayProgress) => void {
  const marks: { readonly at: number; readonly rows: number }[] = [];
  return (progress) => {
    const { columns } = status;
    if (columns === undefined) return;
    const now = clock.monotonicMs();
    marks.push({ at: now, rows: progress.settledRows });
    while (marks.length > 2 && now - (marks[0]?.at ?? now) > rateWindowMs) marks.shift();
    const first = marks[0];
    const seconds = first === undefined ? 0 : (now - first.at) / 1_000;
    const rate = first === undefined || seconds === 0 ? 0 : (progress.settledRows - first.rows) / seconds;
    status.show(renderProgress({ ...progress, rate, columns }, { full: style.green, rest: style.dim }));
  };
}

const NUMBERS = new Intl.NumberFormat("en-US");
const count = (value: number): string => NUMBERS.format(value);

export function renderReplayEnd(
  end: ReplayEnd,
  told: {
    readonly rejectedPath: string;
    readonly seconds: number;
    readonly style: Style;
    readonly meaningOf: (flag: string) => string;
  },
): string {
  const { style, seconds } = told;
  const settled = end.accepted + end.repeated + end.refused;
  const rate = seconds > 0 && end.before === 0 ? `, ${count(Math.round(end.rows / seconds))} lines a second` : "";
  const figures: (readonly [string, number, string])[] = [
    ["Lines", end.rows, `read in ${seconds.toFixed(1)} s${rate}`],
    ["Receipts", settled, end.before > 0 ? `${count(end.before)} of them in former runs` : ""],
    ["  new", end.accepted, ""],
    ["  known", end.repeated, end.repeated > 0 ? "sent before; counted once" : ""],
    ["  refused", end.refused, ""],
    ["Rejected", end.rejectedRows, end.rejectedRows > 0 ? `lines, in ${told.rejectedPath}` : "lines"],
  ];
  const width = Math.max(...figures.map(([, value]) => count(value).length));
  const rows = figures.map(([name, value, note]) =>
    `${name.padEnd(10)}${count(value).padStart(width)}${note === "" ? "" : `   ${style.dim(note)}`}`.trimEnd(),
  );
  const flags = [...end.flags].sort(([, a], [, b]) => b - a).filter(([flag]) => flag !== "late");
  const flagWidth = Math.max(...flags.map(([flag]) => flag.length));
  const flagCountWidth = Math.max(...flags.map(([, n]) => count(n).length));
  const flagged = flags.map(
    ([flag, n]) =>
      `  ${count(n).padStart(flagCountWidth)}  ${flag.padEnd(flagWidth)}  ${style.dim(told.meaningOf(flag))}`,
  );
  if (flagged.length > 0) flagged.unshift("", "Flagged receipts");
  const foreign = end.flags.get("other_currency") ?? 0;
  const unpaid = foreign === 0 ? [] : ["", style.yellow(sayForeign(foreign))];
  return [headline(end, style), "", ...rows, ...flagged, ...unpaid].join("\n");
}

/** A receipt keeps what it earned when it came, so that this is worth a word before the whole file is in. */
function sayForeign(receipts: number): string {
  const who = receipts === 1 ? "1 receipt of a customer" : `${count(receipts)} receipts of customers`;
  return `${who} earned no points, being in another currency than the loyalty rule. For points the rule of rules/loyalty/ must be in the file's currency before it is replayed: what is in keeps what it earned.`;
}

/** Of a replay that is begun again once it was done. */
export function renderReplayDone({ file, accepted, repeated, refused }: ReplayState): string {
  const then = `${count(accepted)} new, ${count(repeated)} known, ${count(refused)} refused`;
  return `${basename(file)} was replayed to its end before (${then}): nothing is left to do, and nothing was sent now. --again reads it anew; no receipt counts twice.`;
}

function headline({ is, reason, state }: ReplayEnd, style: Style): string {
  const name = basename(state.file);
  switch (is) {
    case "done":
      return style.green(`${name}: all of it is in.`);
    case "stopped":
      return style.yellow(`${name}: stopped. The same command goes on from here.`);
    case "torn":
      return style.red(
        `${name}: ${reason ?? "torn"}. What came before is in; receipts that may not be whole were not sent. Begin again with a whole file.`,
      );
    case "ahead":
      return style.red(
        `${name}: the next receipt would happen at ${reason ?? ""}, which is still to come. Shift by less, or go on then.`,
      );
  }
}
