/**
 * A backup is a folder: all of history as of one instant, from which the live store is made again; the secret by which
 * visitors are known; products, and what was learned of them. What was acknowledged before it began is in it, of every shard,
 * or none is made. It is written beside and put in place by its name, so that one that is there is whole; what it says of
 * itself has history's digest, so that one that was damaged since is told from it.
 */
import {
  chmodSync,
  closeSync,
  copyFileSync,
  cpSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { type History, digestOfFile } from "../history/port.ts";
import { RECOMMEND_FOLDER } from "../recommend/port.ts";
import { SetupError } from "../model/errors.ts";
import type { Instant, Position, ShardId } from "../model/ids.ts";
import type { Journal } from "../store/port.ts";
import type { DrainFacts } from "./node-report.ts";

const HISTORY = "history.duckdb";
const TOLD = "backup.json";
/** What a data folder has that is of no event, or has not: the secret where a setting has it; products, and what was learned. */
const BESIDE = ["visitor-secret", RECOMMEND_FOLDER];
/** In a data folder while a restore is at it: the digest of the history that it puts there. */
const RESTORING = "restoring";

export interface BackupTold {
  readonly version: 1;
  /** All that was acknowledged by then is in it. */
  readonly at: Instant;
  readonly shards: number;
  /** Of history. */
  readonly size: number;
  readonly digest: string;
}

export interface BackupOptions {
  readonly history: Pick<History, "copyTo">;
  /** Whether history is this engine's own file, of all shards; else it is not for an engine to back up. */
  readonly isEmbedded: boolean;
  readonly drainer: {
    /** Resolves when all that our shards hold is in history, or cannot be drained: `status` says which, as of then. */
    flush(): Promise<void>;
    status(): Pick<DrainFacts, "shards">;
  };
  readonly journal: Pick<Journal, "last">;
  readonly dataDir: string;
  readonly shards: number;
  readonly now: () => Instant;
}

/**
 * @returns what makes one backup at a time. It rejects with SetupError, with StoreUnavailable, and with HistoryUnavailable,
 * also where the disk is full.
 */
export function createBackups(options: BackupOptions): (folder: string) => Promise<BackupTold> {
  let underWay: string | undefined;
  return async (folder) => {
    if (underWay !== undefined)
      throw new SetupError(`A backup into ${underWay} is under way.`, "Wait until it is done, or has failed.");
    underWay = folder;
    try {
      return await backUp(options, folder);
    } finally {
      underWay = undefined;
    }
  };
}

/** Where it rejects, nothing is left of it. */
async function backUp(options: BackupOptions, folder: string): Promise<BackupTold> {
  const { history, isEmbedded, dataDir, shards, now } = options;
  if (!isEmbedded) throw notOurs();
  checkFree(folder);
  const draft = `${folder}.partial`;
  begin(draft);
  try {
    const at = now();
    await drainAll(options);
    const file = join(draft, HISTORY);
    const copy = await history.copyTo(file);
    if (copy === undefined) throw notOurs();
    copyBeside(dataDir, draft);
    const told: BackupTold = { version: 1, at, shards, ...copy };
    writeFileSync(join(draft, TOLD), `${JSON.stringify(told)}\n`, { flush: true });
    flushFile(file);
    checkFree(folder);
    renameSync(draft, folder);
    return told;
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    throw withoutSpace(error, folder);
  }
}

function notOurs(): SetupError {
  return new SetupError(
    "History is in PostgreSQL, which is backed up by its own means.",
    "Use pg_dump, or a base backup with its log; docs/nights.md tells how it is restored.",
  );
}

/**
 * Whatever the journals of all shards hold by now into history: a flush ends as well where a shard cannot be drained, and
 * knows nothing of one that is not ours at the moment.
 */
async function drainAll({ drainer, journal, shards }: BackupOptions): Promise<void> {
  const all = Array.from({ length: shards }, (_, shard) => shard as ShardId);
  const ends = await Promise.all(all.map((shard) => journal.last(shard)));
  await drainer.flush();
  const told = new Map(drainer.status().shards.map((each) => [each.shard, each]));
  const [first, ...others] = all.flatMap((shard) => undrainedText(shard, told.get(shard), ends[shard] ?? 0));
  if (first === undefined) return;
  throw new SetupError(
    others.length === 0 ? first : `${first} ${others.length} more of ${shards} are not drained either.`,
    "`vif doctor` says what is wrong. A backup would lack what was acknowledged, so none is made; where the engine has just been started, try again in some seconds.",
  );
}

/** @param end of its journal, when the backup was asked for. @returns one text, or none where history has all up to there */
function undrainedText(shard: ShardId, told: DrainFacts["shards"][number] | undefined, end: Position): string[] {
  if (told === undefined) return [`Shard ${shard} is not drained: it is not this engine's at present.`];
  const { state, drained } = told;
  if (state !== "draining") return [`Shard ${shard} is not drained: its journal is ${state}.`];
  return drained < end ? [`Shard ${shard} is not drained: history has come to ${drained} of ${end}.`] : [];
}

/** Nothing is there, or a folder that is empty. */
function checkFree(folder: string): void {
  const there = statSync(folder, { throwIfNoEntry: false });
  if (there === undefined || (there.isDirectory() && readdirSync(folder).length === 0)) return;
  throw new SetupError(
    there.isDirectory() ? `${folder} is not empty.` : `${folder} is no folder.`,
    "Name a folder that is not there yet, or is empty: each backup is one of its own.",
  );
}

/** What a killed one has left goes; nothing else does. */
function begin(draft: string): void {
  try {
    const left = existsSync(draft) ? readdirSync(draft) : [];
    const others = left.filter((name) => name !== TOLD && !BESIDE.includes(name) && !name.startsWith(HISTORY));
    if (others.length > 0)
      throw new SetupError(`${draft} is in the way.`, "Move it away: it is not of a backup that was stopped.");
    rmSync(draft, { recursive: true, force: true });
    mkdirSync(dirname(draft), { recursive: true });
    mkdirSync(draft, { mode: 0o700 });
  } catch (cause) {
    if (cause instanceof SetupError) throw cause;
    const reason = (cause as NodeJS.ErrnoException).code ?? "error";
    throw new SetupError(`${draft} cannot be made (${reason}).`, "Name a folder that the engine may write beside.", {
      cause,
    });
  }
}

function withoutSpace(error: unknown, folder: string): unknown {
  if ((error as NodeJS.ErrnoException).code !== "ENOSPC") return error;
  return new SetupError(
    `There is no space left on the disk for ${folder}.`,
    "Free some, or name a folder of another disk.",
    { cause: error },
  );
}

/** As they stand: what is half-written is of the next. */
function copyBeside(from: string, to: string): void {
  const filter = (path: string): boolean => !path.endsWith(".part");
  for (const name of BESIDE) {
    if (!existsSync(join(from, name))) continue;
    cpSync(join(from, name), join(to, name), { recursive: true, filter });
    // Wherever it was kept meanwhile, nobody else is to read it.
    chmodSync(join(to, name), statSync(join(to, name)).isDirectory() ? 0o700 : 0o600);
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
 * What is in a backup, which is read as a whole: it is what was written, and of as many shards as can be restored.
 * Rejects with SetupError.
 */
export async function checkBackup(folder: string, shards: number): Promise<BackupTold> {
  const told = readTold(folder);
  if (shards < told.shards || !Number.isInteger(Math.log2(shards / told.shards)))
    throw new SetupError(
      `The backup in ${folder} is of ${told.shards} shards, and VIF_SHARDS is ${shards}.`,
      `Set VIF_SHARDS to ${told.shards}, or to twice, four times and so on as many: it can grow, and not shrink.`,
    );
  const history = join(folder, HISTORY);
  const size = statSync(history, { throwIfNoEntry: false })?.size;
  if (size !== told.size || (await digestOfFile(history)) !== told.digest)
    throw new SetupError(
      `The backup in ${folder} is damaged: ${HISTORY} is ${size === undefined ? "missing" : "not what was written"}.`,
      "Copy it anew from where it was kept, or use another one.",
    );
  return told;
}

/** @throws SetupError when the data folder has a history that no restore of this backup has put there */
export function isPutBack({ digest }: BackupTold, dataDir: string): boolean {
  if (!existsSync(join(dataDir, HISTORY))) return false;
  const mark = join(dataDir, RESTORING);
  if (existsSync(mark) && readFileSync(mark, "utf8") === digest) return true;
  throw new SetupError(
    `There is a history in ${dataDir} already.`,
    "Move the data folder away, or name another with VIF_DATA_DIR.",
  );
}

/**
 * History and what was beside it into a data folder that has none; the live store is still to be rebuilt from them. A backup stays as
 * it is.
 * @throws SetupError
 */
export function putBack(folder: string, { digest }: BackupTold, dataDir: string): void {
  const history = join(dataDir, HISTORY);
  const draft = `${history}.partial`;
  try {
    copyBeside(folder, dataDir);
    // A log that is left of another file is none of this one.
    rmSync(`${history}.wal`, { force: true });
    copyFileSync(join(folder, HISTORY), draft);
    chmodSync(draft, 0o600);
    flushFile(draft);
    writeFileSync(join(dataDir, RESTORING), digest, { flush: true });
    renameSync(draft, history);
  } catch (error) {
    rmSync(draft, { force: true });
    throw withoutSpace(error, dataDir);
  }
}

/** The live store is filled from it. */
export function endRestore(dataDir: string): void {
  rmSync(join(dataDir, RESTORING), { force: true });
}

function readTold(folder: string): BackupTold {
  let told: Partial<BackupTold> | undefined;
  try {
    told = JSON.parse(readFileSync(join(folder, TOLD), "utf8")) as BackupTold;
  } catch (cause) {
    throw new SetupError(`${folder} is no backup of Vif.`, "Name a folder that `vif backup` has made.", { cause });
  }
  const { version, at, shards, size, digest } = told ?? {};
  if (version !== 1)
    throw new SetupError(
      `The backup in ${folder} is of form ${String(version)}, not 1.`,
      "Use the version of Vif that made it, or a later one.",
    );
  if (typeof at !== "number" || typeof shards !== "number" || typeof size !== "number" || typeof digest !== "string")
    throw new SetupError(`The backup in ${folder} is damaged: ${TOLD} is not what was written.`, "Use another one.");
  return { version, at, shards, size, digest };
}
