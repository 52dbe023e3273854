/** Joins history, rules and an empty live store for `vif rebuild` and `vif restore`, where no engine runs. */
import { existsSync } from "node:fs";
import type { Config, ParsedConfig } from "../config.ts";
import { createClock, createRandom } from "../create-clock.ts";
import { makeDataFolder } from "../data-folder.ts";
import { createHistory, historySettingsOf } from "../history/create-history.ts";
import type { History } from "../history/port.ts";
import { loadPlan, readRules } from "../language/port.ts";
import { shardThreads, threadsWorkMin } from "../limits-of-reconcile.ts";
import { SetupError } from "../model/errors.ts";
import { checkBackup, endRestore, isPutBack, putBack } from "../node/backup-folder.ts";
import { createStoreSettings } from "../node/create-store-settings.ts";
import { beginRebuild, type RebuildOptions, type RebuildReport, rebuild } from "../reconcile/rebuild.ts";
import { createRebuildThreads } from "../reconcile/create-rebuild-threads.ts";
import { createStore, type MadeStore } from "../store/create-store.ts";
import { createFolderLock } from "../store/embedded/folder-lock.ts";
import type { HotStore } from "../store/port.ts";
import type { RebuildProgress } from "./rebuild-command.ts";

/** A backup put in place, then the live store filled from it. Rejects as `rebuildHere`. */
export async function restoreHere(
  config: ParsedConfig,
  folder: string,
  onProgress: (progress: RebuildProgress) => void,
): Promise<RebuildReport> {
  if (config.history.kind !== "embedded")
    throw new SetupError(
      "VIF_HISTORY is PostgreSQL, and a backup is of an embedded history.",
      "Restore the database by its own means, then fill the live store: vif rebuild",
    );
  const told = await checkBackup(folder, config.shards);
  return fillStore(config, onProgress, async (store) => {
    if (isPutBack(told, config.dataDir)) return;
    // No engine may start between history's coming and the end of the rebuild.
    await beginRebuild(store);
    putBack(folder, told, config.dataDir);
  });
}

/** Rejects with HistoryUnavailable, StoreUnavailable or SetupError. */
export async function rebuildHere(
  config: ParsedConfig,
  onProgress: (progress: RebuildProgress) => void,
): Promise<RebuildReport> {
  const settings = historySettingsOf(config.history, config.dataDir);
  if (settings.kind === "embedded" && !existsSync(settings.file))
    throw new SetupError(
      `There is no history in ${config.dataDir}.`,
      "Say where the data is with VIF_DATA_DIR, or which history with VIF_HISTORY.",
    );
  return fillStore(config, onProgress, async () => undefined);
}

async function inThreads(
  {
    connection,
    ...of
  }: Pick<RebuildOptions, "store" | "rules" | "scratch"> &
    Pick<MadeStore, "connection"> & { readonly history: History },
  onProgress: (progress: RebuildProgress) => void,
): Promise<RebuildReport> {
  const threads = createRebuildThreads({
    ...of,
    connection,
    threads: Math.min(shardThreads, of.store.shards),
    workMin: threadsWorkMin,
  });
  const clock = createClock();
  try {
    const { openLanes } = threads;
    return await rebuild({ ...of, loadPlan, now: () => clock.now(), random: createRandom(), onProgress, openLanes });
  } finally {
    await threads.close();
  }
}

/** @param before done first, with both to ourselves */
async function fillStore(
  config: ParsedConfig,
  onProgress: (progress: RebuildProgress) => void,
  before: (store: HotStore) => Promise<void>,
): Promise<RebuildReport> {
  const rules = await readRules(config.rulesDir);
  if (rules.is === "refused")
    throw new SetupError(`The rules in ${config.rulesDir} have mistakes.`, "`vif check` tells what is wrong where.");
  makeDataFolder(config.dataDir);
  const lock = await createFolderLock(config.dataDir);
  try {
    const clock = createClock();
    const { store, connection } = await createStore(createStoreSettings(config as Config), clock, () => undefined);
    try {
      await before(store);
      const history = await createHistory(historySettingsOf(config.history, config.dataDir));
      try {
        const report = await inThreads(
          { store, connection, history, rules: rules.bytes, scratch: config.dataDir },
          onProgress,
        );
        endRestore(config.dataDir);
        return report;
      } finally {
        await history.close();
      }
    } finally {
      await store.close();
    }
  } finally {
    await lock.close();
  }
}
