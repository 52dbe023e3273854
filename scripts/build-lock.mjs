/**
 * One builder at a time: two test runs, or a test run and a start, in the same folder never write dist/ together. The
 * lock is a folder (creating one is atomic) that names its holder's process; a holder that is gone is passed over.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

/** Runs `task` alone. Waits for another builder, at most `waitMsMax`. */
export async function withBuildLock(folder, task, waitMsMax = 180_000) {
  mkdirSync(folder, { recursive: true });
  const lock = join(folder, ".building");
  const holder = join(lock, "pid");
  const started = Date.now();
  for (;;) {
    try {
      mkdirSync(lock);
      break;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
      if (holderIsGone(holder, started)) rmSync(lock, { recursive: true, force: true });
      else if (Date.now() - started > waitMsMax) throw new Error(`another build holds ${lock}; remove it if none runs`);
      else await pause(100);
    }
  }
  try {
    writeFileSync(holder, String(process.pid));
    return await task();
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

/** A lock without a name is one just taken, unless it stays so for five seconds. */
function holderIsGone(holder, started) {
  let pid;
  try {
    pid = Number(readFileSync(holder, "utf8"));
  } catch {
    return Date.now() - started > 5_000;
  }
  if (!Number.isInteger(pid) || pid <= 0) return Date.now() - started > 5_000;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error.code === "ESRCH";
  }
}
