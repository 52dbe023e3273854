/**
 * Secrets that Vif makes for itself and keeps in its data folder, readable by its own user only. A secret is whole or
 * absent, whatever is killed when; two processes that make the same one at once agree on it.
 */
import { randomBytes } from "node:crypto";
import { chmodSync, linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeDataFolder, unwritableDataFolder } from "./data-folder.ts";
import { secretCharsMin } from "./limits.ts";
import { SetupError } from "./model/errors.ts";

/**
 * The secret kept under `name`, made on first use with the data folder. The first of two processes to link its draft
 * wins, and the other reads that.
 * @throws SetupError when the folder cannot be written
 */
export function keepSecret(dataDir: string, name: string): string {
  const path = join(dataDir, name);
  const draft = `${path}.${process.pid}`;
  try {
    makeDataFolder(dataDir);
    const kept = readSecret(dataDir, name);
    if (kept !== undefined) return kept;
    writeFileSync(draft, `${randomBytes(32).toString("base64url")}\n`, { mode: 0o600, flush: true });
    linkUnlessThere(draft, path);
    rmSync(draft, { force: true });
    chmodSync(path, 0o600);
  } catch (cause) {
    if (cause instanceof SetupError) throw cause;
    throw unwritableDataFolder(dataDir, cause);
  }
  return readSecret(dataDir, name) ?? keepSecret(dataDir, name);
}

function linkUnlessThere(draft: string, path: string): void {
  try {
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

/**
 * @returns undefined when none has been made yet
 * @throws SetupError when the file holds none, or cannot be read
 */
export function readSecret(dataDir: string, name: string): string | undefined {
  const path = join(dataDir, name);
  let text: string;
  try {
    text = readFileSync(path, "utf8").trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw unwritableDataFolder(dataDir, error);
  }
  if (text.length < secretCharsMin)
    throw new SetupError(
      `${path} holds no secret of ${secretCharsMin} characters.`,
      `Remove ${path}; a new one is made.`,
    );
  return text;
}
