/**
 * How far a replay has come, kept in the data folder of the engine that it talks to, so that a replay that was killed goes
 * on where it was. It only saves work: that nothing is counted twice is the engine's promise, by the ids of receipts. A
 * file that has changed since is begun anew.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

export interface ReplayState {
  readonly version: 1;
  readonly file: string;
  readonly bytes: number;
  readonly modifiedMs: number;
  /** Digest of the mapping: another one makes other receipts of the same rows. */
  readonly mapping: string;
  readonly source: string;
  readonly shiftMs: number;
  /** Receipts by their number: see Settled. */
  readonly below: number;
  readonly beyond: readonly number[];
  /** Of the file of rejected rows: rows that were none, and bytes, at this moment. */
  readonly rejectedRows: number;
  readonly rejectedBytes: number;
  readonly rows: number;
  /** Rows of refused receipts. */
  readonly refusedRows: number;
  readonly accepted: number;
  readonly repeated: number;
  readonly refused: number;
  readonly flags: Readonly<Record<string, number>>;
  readonly done: boolean;
}

/** @param path of the replayed file, absolute */
export function replayStateFile(dataDir: string, path: string, source: string): string {
  const name = createHash("sha256").update(`${path}\n${source}`).digest("hex").slice(0, 16);
  return join(dataDir, "replay", `${name}.json`);
}

/** undefined: there is none, or it cannot be read, and the replay begins anew. */
export function readReplayState(file: string): ReplayState | undefined {
  try {
    const state = JSON.parse(readFileSync(file, "utf8")) as Partial<ReplayState>;
    return state.version === 1 ? (state as ReplayState) : undefined;
  } catch {
    return undefined;
  }
}

/** Whole or not at all. Throws the system's error. */
export function writeReplayState(file: string, state: ReplayState): void {
  mkdirSync(dirname(file), { recursive: true });
  const draft = `${file}.draft`;
  writeFileSync(draft, `${JSON.stringify(state)}\n`, { mode: 0o600 });
  renameSync(draft, file);
}
