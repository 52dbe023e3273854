/**
 * Watches a brand folder and reads it again whenever a file of it has changed, by the file system's own events where they
 * come, else by looking at names, sizes and times now and then, which also serves network folders. An editor's save makes
 * several events (write, rename, touch); they are one change. Readings never overlap. A fresh reading is told only when it
 * says something new: the same meaning saved again is no news.
 */
import { type FSWatcher, statSync, watch } from "node:fs";
import { join, relative } from "node:path";
import { rulesPollMs, rulesSettleMs } from "../../limits-of-rules.ts";
import type { Timers } from "../../model/clock.ts";
import { readRules, type RulesReading } from "./read-rules.ts";
import { isRulePath, listRulesFolder, templateNames, templatesFolder } from "./rules-folder.ts";

export interface RulesWatchOptions {
  readonly folder: string;
  /** A file that keeps compiled e-mails between starts. */
  readonly cache?: string | undefined;
  readonly timers: Timers;
  /** Told of the first reading too. */
  readonly onReading: (reading: RulesReading) => void;
  /** The folder cannot be read; it is tried again. */
  readonly onTrouble: (cause: Error) => void;
}

export interface RulesWatch {
  close(): void;
}

export function watchRules(options: RulesWatchOptions): RulesWatch {
  const { folder, timers } = options;
  let seen: string | undefined;
  let told = "";
  let closed = false;
  let looking = false;
  let again = false;
  let cancelTimer = (): void => undefined;
  const watchers = [folder, templatesFolder(folder)].map((each) => openWatcher(each, () => lookAfter(rulesSettleMs)));
  void look();

  function lookAfter(delayMs: number): void {
    if (closed) return;
    again = looking;
    cancelTimer();
    if (!looking) cancelTimer = timers.after(delayMs, () => void look());
  }

  async function look(): Promise<void> {
    looking = true;
    again = false;
    try {
      const state = folderState(folder);
      if (state !== seen) {
        const reading = await readRules(folder, options.cache);
        seen = state;
        tell(reading);
      }
    } catch (error) {
      complain(error instanceof Error ? error : new Error(String(error)));
    }
    looking = false;
    lookAfter(again ? rulesSettleMs : rulesPollMs);
  }

  function tell(reading: RulesReading): void {
    const says =
      reading.is === "sound" ? reading.digest + JSON.stringify(reading.templates) : JSON.stringify(reading.problems);
    if (closed || says === told) return;
    told = says;
    options.onReading(reading);
  }

  /** Once: and the first reading after it is news, though it be of what was read before. */
  function complain(cause: Error): void {
    if (closed || cause.message === told) return;
    told = cause.message;
    seen = undefined;
    options.onTrouble(cause);
  }

  return {
    close() {
      closed = true;
      cancelTimer();
      for (const watcher of watchers) watcher?.close();
    },
  };
}

/** Undefined where the file system tells of nothing: looking now and then serves as well, only later. */
function openWatcher(folder: string, onEvent: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(folder, { recursive: true }, onEvent);
    watcher.on("error", () => watcher.close());
    return watcher;
  } catch {
    return undefined;
  }
}

/**
 * Paths, sizes and times of the rule files as one text. Taken before they are read, so that no change is ever missed.
 * Asked one after the other: of a thousand files that takes 6 ms of the processor, and 15 where all are asked at once.
 */
function folderState(folder: string): string {
  const paths = listRulesFolder(folder)
    .filter((entry) => !entry.isDirectory())
    .map((entry) => ({ path: join(entry.parentPath, entry.name), isLink: entry.isSymbolicLink() }))
    .filter(({ path, isLink }) => isLink || isRulePath(relative(folder, path).replaceAll("\\", "/")))
    .map(({ path }) => path)
    .sort();
  for (const name of templateNames(folder)) paths.push(join(templatesFolder(folder), name));
  return paths.map(lineOf).join("\n");
}

function lineOf(path: string): string {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    return found === undefined ? path : `${path} ${found.size} ${found.mtimeMs} ${found.ino}`;
  } catch {
    // A link in a circle, or a folder that may not be entered: it is read as it can be.
    return path;
  }
}
