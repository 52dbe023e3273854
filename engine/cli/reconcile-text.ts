/** What a night has found, as a person reads it in a minute. Pure. */
import type { NightProgress, NightReport } from "../control/nights-port.ts";
import { localTime } from "./engine-client.ts";
import { printable, type Style } from "./terminal.ts";
import { renderTable } from "./text-table.ts";

export const RECONCILE_HELP = `Compares every profile and every identifier of the live store with what the records of history give, each as of its own
last record, while everything goes on; says what differs and why, and puts it right by the owner of its shard.

Usage: vif reconcile [--dry-run] [--whole] [--json]

Options:
  --dry-run   only tell what differs; nothing is changed
  --whole     read all records of history, where otherwise those since the last night's snapshot are read
  --json      one JSON object in place of text; times in milliseconds since 1970
  --help      this text

It begins by itself every night (VIF_NIGHT, 3:15 when not set). One node does it at a time; a second one waits. It may be
stopped at any time, and is simply begun anew. The values that differ are told here only, and kept nowhere.

Examples:
  vif reconcile
  vif reconcile --dry-run
  vif reconcile --json

Exit codes: 0 live is what history says by now, 1 something differs and was not put right, or could not be compared, 2 not
understood.`;

const NUMBERS = new Intl.NumberFormat("en");
const DRIFTS_SHOWN = 20;
const SECTIONS_SHOWN = 6;

/** What each cause means. */
export const CAUSES: Readonly<Record<NightReport["byCause"][number]["cause"], string>> = {
  lost_checkpoint: "live was as of before records that its checkpoint vouches for",
  lost_profile: "a profile was not in the live store",
  unknown_profile: "a profile of which no record tells",
  stale_aggregate: "what is kept of events was not what the events give",
  wrong_balance: "points were not the sum of the ledger",
  wrong_membership: "in or out of a segment against the records",
  contradicted_membership: "in or out of a segment against its rule",
  lost_wake_up: "something was due before the profile would have been woken",
  edited_store: "a profile was altered in the live store",
  wrong_cell: "an identifier led to another profile",
  lost_message: "a message between shards was lost",
  half_merged: "a merge was done on one side only",
  missing_rows: "history lacks rows",
  repeated_rows: "history has a row twice",
  edited_history: "rows of history were altered",
  history_behind: "history is behind the live store",
};

const OUTCOMES: Readonly<Record<NightReport["told"][number]["outcome"], string>> = {
  found: "not put right: a dry run",
  repaired: "put right from history",
  kept: "live was right, and is kept",
  not_repaired: "NOT put right",
};

export function renderNight(night: NightReport, style: Style): string {
  const { startedAt, endedAt, drifts, repaired, node, dryRun, byCause, told } = night;
  const seconds = Math.max(0, Math.round((endedAt - startedAt) / 1000));
  const lines = [
    style.bold(`Live and history${dryRun ? ", compared only" : ""}`),
    `${NUMBERS.format(night.profiles)} profiles and ${NUMBERS.format(night.cells)} identifiers of ${night.shards} shards, against ${NUMBERS.format(night.records)} records`,
    style.dim(`${localTime(startedAt)}, ${seconds} s, by node ${printable(node)}${snapshotsOf(night)}`),
    "",
    verdictOf(night, style),
  ];
  if (drifts === 0) return lines.join("\n");
  const columns = [
    { title: "Cause", align: "left" },
    { title: "Found", align: "right" },
    { title: dryRun ? "" : "Settled", align: "right" },
  ] as const;
  const rows = byCause.map(({ cause, found, repaired: settled }) => [
    CAUSES[cause],
    NUMBERS.format(found),
    dryRun ? "" : NUMBERS.format(settled),
  ]);
  lines.push("", ...renderTable(columns, rows, { title: style.bold }), "");
  for (const drift of told.slice(0, DRIFTS_SHOWN)) {
    const records = drift.records.map(({ position, kind }) => `${kind} ${position}`).join(", ");
    lines.push(`${printable(drift.about)} (shard ${drift.shard}): ${CAUSES[drift.cause]}; ${OUTCOMES[drift.outcome]}`);
    for (const { name, live, history } of drift.sections.slice(0, SECTIONS_SHOWN))
      lines.push(`  ${printable(name)}`, `    live     ${shown(live)}`, `    history  ${shown(history)}`);
    if (records !== "") lines.push(style.dim(`  records: ${records}`));
  }
  const more = drifts - Math.min(told.length, DRIFTS_SHOWN);
  if (more > 0) lines.push(style.dim(`and ${NUMBERS.format(more)} more; --json names ${told.length} of them`));
  if (drifts > repaired && dryRun) lines.push("", "Put it right with: vif reconcile");
  return lines.join("\n");
}

function snapshotsOf({ snapshots }: NightReport): string {
  if (snapshots === undefined) return "";
  const { read, taken, broken } = snapshots;
  const parts = [`${read} read`, `${taken} taken`, ...(broken > 0 ? [`${broken} not usable`] : [])];
  return `; snapshots: ${parts.join(", ")}`;
}

function shown(text: string | undefined): string {
  return text === undefined ? "(nothing)" : printable(text);
}

function verdictOf({ drifts, repaired, dryRun }: NightReport, style: Style): string {
  if (drifts === 0) return style.green("Nothing differs.");
  const count = drifts === 1 ? "1 difference" : `${NUMBERS.format(drifts)} differences`;
  if (dryRun) return style.yellow(`${count}.`);
  if (drifts === repaired) return style.yellow(`${count}, all settled.`);
  return style.red(`${count}, ${NUMBERS.format(drifts - repaired)} of them not settled.`);
}

/** `[######..........]  38 %  1,203,000 records, shard 3 of 8` */
export function renderNightProgress({ records, recordsAll, shard, shards }: NightProgress, columns: number): string {
  const part = recordsAll === 0 ? 1 : Math.min(1, records / recordsAll);
  const percent = `${String(Math.floor(part * 100)).padStart(3)} %`;
  const text = `  ${percent}  ${NUMBERS.format(records)} records, shard ${shard + 1} of ${shards}`;
  const width = Math.min(40, columns - text.length - 3);
  if (width < 5) return text.trimStart().slice(0, Math.max(0, columns - 1));
  const full = Math.round(part * width);
  return `[${"#".repeat(full)}${".".repeat(width - full)}]${text}`;
}
