/**
 * The folder that holds what this node keeps: its secrets, its name, the embedded store and history. Made before anything
 * else, so that a place where none can be is told at once, with what to do.
 */
import { mkdirSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { SetupError } from "./model/errors.ts";

/**
 * Makes the folder, for this user only, and the folders above it that are missing.
 * @throws SetupError
 */
export function makeDataFolder(folder: string): void {
  try {
    makeFolder(resolve(folder));
  } catch (cause) {
    throw unwritableDataFolder(folder, cause);
  }
}

export function unwritableDataFolder(folder: string, cause: unknown): SetupError {
  const reason = (cause as NodeJS.ErrnoException).code ?? "error";
  return new SetupError(
    `The data folder ${folder} cannot be written (${reason}).`,
    "Give this user the right to write there, or set VIF_DATA_DIR to another folder.",
    { cause },
  );
}

/** One folder at a time: Node's own `recursive` never ends under a folder that answers ENOENT though it is there, as /proc. */
function makeFolder(path: string): void {
  if (isFolder(path)) return;
  const above = dirname(path);
  if (above !== path) makeFolder(above);
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Another process may have made it meanwhile.
    if (!isFolder(path)) throw error;
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
