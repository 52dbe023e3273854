/** `vif backup` and `vif restore`: history into a folder while an engine runs, and everything made of it again where none does. */
import { resolve } from "node:path";
import type { BackedUp } from "../control/backup-port.ts";
import { parseArguments } from "./command.ts";
import type { Command, Nearest } from "./command.ts";
import { localTime, sayNo } from "./engine-client.ts";
import type { EngineClient } from "./engine-client.ts";
import { followAnswer } from "./follow-answer.ts";
import type { RebuildProgress, RebuildTold } from "./rebuild-command.ts";
import { rebuildProgressText, renderRebuilt } from "./rebuild-command.ts";
import type { StatusLine } from "./terminal.ts";

export interface BackupSources {
  readonly client: () => Promise<EngineClient>;
  readonly signal: () => AbortSignal;
  readonly status: () => StatusLine;
  /** Rejects with SetupError, HistoryUnavailable or StoreUnavailable. */
  readonly restore: (folder: string, onProgress: (progress: RebuildProgress) => void) => Promise<RebuildTold>;
}

const BACKUP_HELP = `Writes all that happened, as of now, into a folder of its own, while the engine runs and takes events: history, and the
secret by which visitors are known. The live store is not in it, as it is made of history again.

Usage: vif backup <folder> [--json]

All that was acknowledged is in it, of every shard, or none is made. The folder must not be there yet, or be empty. It holds
what people did and who they are: keep it as you keep the data folder. Rules, templates and settings are files of yours, and
not in it. Where VIF_HISTORY is PostgreSQL, use its own means: see docs/nights.md.

Examples:
  vif backup /var/backups/vif/$(date +%F)

Exit codes: 0 the backup is whole, 1 it could not be made and nothing is left of it, 2 not understood.`;

const RESTORE_HELP = `Puts a backup in place, and fills the live store from it. No engine may run meanwhile.

Usage: vif restore <folder> [--json]

The data folder must have no history, and the store that VIF_STORE names must be empty. VIF_SHARDS may be as many as when the
backup was made, or twice, four times and so on as many. What happened after the backup is not there; a message that was due
by now may have been sent since, and is not sent again. Stopped or killed at any point it is run again; until it is done no
engine starts there.

Examples:
  VIF_DATA_DIR=/var/lib/vif vif restore /var/backups/vif/2026-03-01

Exit codes: 0 restored, 1 not, or history has flaws, 2 not understood.`;

const NUMBERS = new Intl.NumberFormat("en");

export function createBackupCommands({ client, signal, status, restore }: BackupSources, nearest: Nearest): Command[] {
  return [
    {
      name: "backup",
      summary: "write all that happened into a folder, while the engine runs",
      help: BACKUP_HELP,
      async run(args, terminal) {
        const { folder, json } = parse(args, nearest);
        const path = resolve(folder);
        const asked = await followAnswer<BackedUp>(await client(), {
          path: "/v1/backup",
          body: { folder: path },
          signal: signal(),
          unended: { remedy: `Begin it anew, once an engine runs: what is left of it (${path}.partial) goes then.` },
        });
        if (asked.is === "no") {
          sayNo(terminal, asked);
          return 1;
        }
        const { answer } = asked;
        if (answer.is === "refused") {
          sayNo(terminal, { is: "no", code: undefined, problem: answer.problem, remedy: answer.remedy });
          return 1;
        }
        const { at, bytes } = answer;
        const megabytes = NUMBERS.format(Math.ceil(bytes / 1_000_000));
        terminal.out(
          json
            ? JSON.stringify(answer, undefined, 2)
            : `${path}: all that was acknowledged by ${localTime(at)}, ${megabytes} MB`,
        );
        return 0;
      },
    },
    {
      name: "restore",
      summary: "put a backup in place, and fill the live store from it",
      help: RESTORE_HELP,
      async run(args, { out, outStyle }) {
        const { folder, json } = parse(args, nearest);
        const line = status();
        const told = await restore(resolve(folder), (progress) => {
          if (line.columns !== undefined) line.show(rebuildProgressText(progress));
        });
        line.clear();
        out(json ? JSON.stringify(told, undefined, 2) : renderRebuilt(told, outStyle.bold));
        return told.flaws.length === 0 ? 0 : 1;
      },
    },
  ];
}

function parse(args: readonly string[], nearest: Nearest): { readonly folder: string; readonly json: boolean } {
  const { flags, words } = parseArguments(args, { flags: ["json"], values: [], words: ["FOLDER"] }, nearest);
  return { folder: words[0] ?? "", json: flags.json };
}
