/** `vif report`: what is in the durable history, for a person or, with --json, for a program. */
import { parseFlags } from "./command.ts";
import type { Command, Nearest } from "./command.ts";
import type { ReportSource } from "./report-source.ts";
import { findReport } from "./report-source.ts";
import { renderReport } from "./report-text.ts";
import { printable } from "./terminal.ts";

const HELP = `Tells what is in the durable history: events, profiles, segments.

Usage: vif report [--fresh] [--all] [--shards] [--json]

Options:
  --fresh    bring what has just happened into history first (it follows within a second anyway)
  --all      list every event and segment, not only the first twenty
  --shards   add where each shard stands
  --json     one JSON object in place of text; times in milliseconds since 1970
  --help     this text

A running engine is asked; when none runs on the data folder, the history is opened directly.
Settings are the engine's: VIF_DATA_DIR and VIF_HISTORY, or vif.yaml.

Examples:
  vif report
  vif report --fresh --shards
  vif report --json | jq '.byEvent[] | select(.name == "order_completed").events'
  VIF_HISTORY=postgres://vif@db.example/vif vif report

Exit codes: 0 told, 1 not to be had, 2 not understood.`;

/** @param source made when the command runs, for it reads settings */
export function createReportCommand(source: () => Promise<ReportSource>, nearest: Nearest): Command {
  return {
    name: "report",
    summary: "tell what is in the durable history",
    help: HELP,
    async run(args, { out, err, outStyle, errStyle }) {
      const { fresh, all, shards, json } = parseFlags(args, ["fresh", "all", "shards", "json"], nearest);
      const found = await findReport(await source(), fresh);
      if ("problem" in found) {
        err(`${errStyle.red("No report:")} ${printable(found.problem)}`);
        if (found.remedy !== undefined) err(found.remedy);
        return 1;
      }
      if (json) out(JSON.stringify(shards ? { ...found.report, status: found.status } : found.report, undefined, 2));
      else out(renderReport({ ...found, all, shards }, outStyle));
      return 0;
    },
  };
}
