/**
 * A backup is a folder: all of history as of one instant, from which the live store is made again, and the secret by which
 * visitors are known. It is written beside and put in place by its name, so that one that is there is whole.
 */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  closeSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { History } from "../history/port.ts";
import { SetupError } from "../model/errors.ts";
import type { Instant } from "../model/ids.ts";

const HISTORY = "history.duckdb";
const TOLD = "backup.json";
/** What a data folder has, or has not where a setting has it. */
const SECRETS = ["visitor-secret"];

export interface BackupTold {
  readonly version: 1;
  /** All that was acknowledged by then is in it. */
  readonly at: Instant;
  readonly shards: number;
}

export interface BackupOptions {
  readonly history: Pick<History, "copyTo">;
  /** Resolves when all that shards hold is in history. */
  readonly flush: () => Promise<void>;
  readonly dataDir: string;
  readonly shards: number;
  readonly now: () => Instant;
}

/** Rejects with SetupError, and with HistoryUnavailable, also where the disk is full; then nothing is left of it. */
export async function backUp(options: BackupOptions, folder: string): Promise<BackupTold & { readonly bytes: number }> {
  const { history, flush, dataDir, shards, now } = options;
  if (existsSync(folder))
    throw new SetupError(
      `${folder} is there already.`,
      "Name a folder that is not there: each backup is one of its own.",
    );
  const draft = `${folder}.partial`;
  begin(draft);
  try {
    const at = now();
    await flush();
    const file = join(draft, HISTORY);
    if (!(await history.copyTo(file)))
      throw new SetupError(
        "History is in PostgreSQL, which is backed up by its own means.",
        "Use pg_dump, or a base backup with its log; docs/nights.md tells how it is restored.",
      );
    for (const name of SECRETS) {
      if (!existsSync(join(dataDir, name))) continue;
      copyFileSync(join(dataDir, name), join(draft, name));
      chmodSync(join(draft, name), 0o600);
    }
    const told: BackupTold = { version: 1, at, shards };
    writeFileSync(join(draft, TOLD), `${JSON.stringify(told)}\n`, { flush: true });
    flushFile(file);
    renameSync(draft, folder);
    return { ...told, bytes: statSync(join(folder, HISTORY)).size };
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    throw error;
  }
}

/** What a killed one has left goes. */
function begin(draft: string): void {
  try {
    rmSync(draft, { recursive: true, force: true });
    mkdirSync(dirname(draft), { recursive: true });
    mkdirSync(draft, { mode: 0o700 });
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? "error";
    throw new SetupError(`${draft} cannot be made (${reason}).`, "Name a folder that the engine may write beside.", {
      cause,
    });
  }
}

function flushFile(path: string): void {
  const file = openSync(path, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/**
 * History and secrets into a data folder that has none; the live store is still to be rebuilt from them. A backup stays as
 * it is.
 * @throws SetupError
 */
export function putBack(folder: string, dataDir: string): BackupTold {
  const told = readTold(folder);
  const history = join(dataDir, HISTORY);
  if (existsSync(history))
    throw new SetupError(
      `There is a history in ${dataDir} already.`,
      "Move the data folder away, or name another with VIF_DATA_DIR. If it is of a restore that was stopped: vif rebuild",
    );
  for (const name of SECRETS) {
    if (!existsSync(join(folder, name))) continue;
    copyFileSync(join(folder, name), join(dataDir, name));
    chmodSync(join(dataDir, name), 0o600);
  }
  // A log that is left of another file is none of this one.
  rmSync(`${history}.wal`, { force: true });
  copyFileSync(join(folder, HISTORY), `${history}.partial`);
  flushFile(`${history}.partial`);
  renameSync(`${history}.partial`, history);
  return told;
}

function readTold(folder: string): BackupTold {
  let told: BackupTold;
  try {
    told = JSON.parse(readFileSync(join(folder, TOLD), "utf8")) as BackupTold;
  } catch (cause) {
    throw new SetupError(`${folder} is no backup of Vif.`, "Name a folder that `vif backup` has made.", { cause });
  }
  if (told.version !== 1)
    throw new SetupError(
      `The backup in ${folder} is of form ${String(told.version)}, not 1.`,
      "Use the version of Vif that made it, or a later one.",
    );
  return told;
}
