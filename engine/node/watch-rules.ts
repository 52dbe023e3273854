/**
 * Notices that a rule file was saved: by the file system's own events where they come, else by looking at names, sizes and
 * times every second, which also serves network folders. A save often makes several events; they are one change. A change
 * is worked off before the next one is.
 */
import { watch } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { rulesPollMs, rulesSettleMs } from "../limits.ts";
import type { Timers } from "../model/clock.ts";

export interface RulesWatchOptions {
  readonly timers: Timers;
  readonly onChange: () => Promise<void>;
  readonly onTrouble: (text: string) => void;
}

export function watchRules(folder: string, options: RulesWatchOptions): { close(): void } {
  const { timers, onChange, onTrouble } = options;
  let seen: string | undefined;
  let closed = false;
  let cancelTimer = (): void => undefined;
  const events = watchEvents();
  void look();

  /** Undefined where the file system gives none. */
  function watchEvents(): { close(): void } | undefined {
    try {
      const watcher = watch(folder, { recursive: true }, () => lookAfter(rulesSettleMs));
      watcher.on("error", () => watcher.close());
      return watcher;
    } catch {
      return undefined;
    }
  }

  function lookAfter(delayMs: number): void {
    cancelTimer();
    if (!closed) cancelTimer = timers.after(delayMs, () => void look());
  }

  async function look(): Promise<void> {
    try {
      const state = await folderState(folder);
      const changed = seen !== undefined && state !== seen;
      seen = state;
      if (changed && !closed) await onChange();
    } catch (error) {
      onTrouble(error instanceof Error ? error.message : String(error));
    }
    lookAfter(rulesPollMs);
  }

  return {
    close() {
      closed = true;
      cancelTimer();
      events?.close();
    },
  };
}

/** Paths, sizes and times as one text; of all files, as whoever reads them knows which count. */
async function folderState(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
  const lines = await Promise.all(
    files.sort().map(async (path) => {
      const found = await stat(path).catch(() => undefined);
      return found === undefined ? path : `${path} ${found.size} ${found.mtimeMs}`;
    }),
  );
  return lines.join("\n");
}
