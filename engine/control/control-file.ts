/**
 * `control.json` in the data folder: how the `vif` command finds the engine that runs on it. Whole or absent, readable by
 * its own user only, since it holds the token. A file whose process is gone is as good as none.
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Check } from "typebox/value";
import { ControlFileSchema } from "./port.ts";
import type { ControlFile } from "./port.ts";

const NAME = "control.json";

/** Replaces what an engine that was killed has left behind. */
export function writeControlFile(dataDir: string, file: ControlFile): void {
  const path = join(dataDir, NAME);
  const draft = `${path}.${file.pid}`;
  rmSync(draft, { force: true });
  writeFileSync(draft, `${JSON.stringify(file)}\n`, { mode: 0o600, flag: "wx" });
  renameSync(draft, path);
}

/** Leaves another process's file alone. */
export function removeControlFile(dataDir: string, pid: number): void {
  if (readFile(dataDir)?.pid === pid) rmSync(join(dataDir, NAME), { force: true });
}

/** undefined when there is none, it cannot be read, or its process is gone. */
export function readControlFile(dataDir: string): ControlFile | undefined {
  const file = readFile(dataDir);
  return file !== undefined && isAlive(file.pid) ? file : undefined;
}

function readFile(dataDir: string): ControlFile | undefined {
  try {
    const file: unknown = JSON.parse(readFileSync(join(dataDir, NAME), "utf8"));
    return Check(ControlFileSchema, file) ? file : undefined;
  } catch {
    return undefined;
  }
}

/** Signal 0 tests for existence; EPERM says that the process is another user's. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
