/** `vif rebuild`: an empty live store filled from history, while no engine runs. */
import { parseFlags } from "./command.ts";
import type { Command, Nearest } from "./command.ts";
import type { StatusLine } from "./terminal.ts";

export interface RebuildProgress {
  readonly shard: number;
  readonly shards: number;
  readonly records: number;
  readonly recordsAll: number;
}

export interface RebuildTold {
  readonly shards: number;
  readonly shardsBefore: number;
  readonly profiles: number;
  readonly cells: number;
  readonly unknown: number;
  readonly flaws: readonly {
    readonly shard: number;
    readonly cause: string;
    readonly from: number;
    readonly to: number;
  }[];
}

export interface RebuildSource {
  readonly status: StatusLine;
  readonly rebuild: (onProgress: (progress: RebuildProgress) => void) => Promise<RebuildTold>;
}

const HELP = `Fills an empty live store from history, with no engine running, to have all in place before one is started. It needs no
command: an engine fills a store that was lost, another one, or one of more shards by itself, and serves meanwhile.

Usage: vif rebuild [--json]

Options:
  --json   one JSON object in place of text
  --help   this text

The store that VIF_STORE names must be empty: FLUSHDB on Redis; the folder \`store\` of the data folder moved away. Its number
of shards (VIF_SHARDS) may be that of before, or twice, four times and so on as many. What had happened in the last second
before a store was lost may not have come to history, and is lost with it. A message that may have been sent by then is
not sent again.

Killed at any point, it is run again and goes on. Afterwards start the engine, and compare: vif reconcile

Examples:
  vif rebuild
  VIF_STORE=redis://127.0.0.1:6379 vif rebuild
  VIF_SHARDS=16 vif rebuild --json

Exit codes: 0 rebuilt, 1 not, or history has flaws, 2 not understood.`;

const NUMBERS = new Intl.NumberFormat("en");

/** @param source made when the command runs, for it reads settings */
export function createRebuildCommand(source: () => Promise<RebuildSource>, nearest: Nearest): Command {
  return {
    name: "rebuild",
    summary: "fill an empty live store from history; no engine may run",
    help: HELP,
    async run(args, { out, outStyle }) {
      const { json } = parseFlags(args, ["json"], nearest);
      const { status, rebuild } = await source();
      const told = await rebuild((progress) => {
        if (status.columns !== undefined) status.show(rebuildProgressText(progress));
      });
      status.clear();
      out(json ? JSON.stringify(told, undefined, 2) : renderRebuilt(told, outStyle.bold));
      return told.flaws.length === 0 ? 0 : 1;
    },
  };
}

export function rebuildProgressText({ shard, shards, records, recordsAll }: RebuildProgress): string {
  const percent = recordsAll === 0 ? 100 : Math.min(100, Math.floor((records / recordsAll) * 100));
  return `${String(percent).padStart(3)} %  ${NUMBERS.format(records)} records, shard ${shard + 1} of ${shards}`;
}

export function renderRebuilt(told: RebuildTold, bold: (text: string) => string): string {
  const { profiles, cells, shards, shardsBefore, unknown, flaws } = told;
  const grown = shards === shardsBefore ? "" : `, where history has ${shardsBefore}`;
  return [
    bold("The live store is filled from history."),
    `${NUMBERS.format(profiles)} profiles and ${NUMBERS.format(cells)} identifiers in ${shards} shards${grown}`,
    ...(unknown === 0 ? [] : [`${NUMBERS.format(unknown)} messages may have been sent, and are not sent again`]),
    ...flaws.map(({ shard, cause, from, to }) => `history of shard ${shard}, positions ${from} to ${to}: ${cause}`),
    "Start the engine, then compare: vif reconcile",
  ].join("\n");
}
