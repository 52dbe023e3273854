/** Joins history, rules and an empty live store for `vif rebuild`, where no engine runs. */
import { existsSync } from "node:fs";
import type { Config, ParsedConfig } from "../config.ts";
import { createClock, createRandom } from "../create-clock.ts";
import { makeDataFolder } from "../data-folder.ts";
import { createHistory, historySettingsOf } from "../history/create-history.ts";
import { loadPlan, readRules } from "../language/port.ts";
import { SetupError } from "../model/errors.ts";
import { createStoreSettings } from "../node/create-store-settings.ts";
import { type RebuildReport, rebuild } from "../reconcile/rebuild.ts";
import { createStore } from "../store/create-store.ts";
import { createFolderLock } from "../store/embedded/folder-lock.ts";
import type { RebuildProgress } from "./rebuild-command.ts";

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
  const rules = await readRules(config.rulesDir);
  if (rules.is === "refused")
    throw new SetupError(`The rules in ${config.rulesDir} have mistakes.`, "`vif check` tells what is wrong where.");
  makeDataFolder(config.dataDir);
  const lock = await createFolderLock(config.dataDir);
  try {
    const history = await createHistory(settings);
    try {
      const clock = createClock();
      const { store } = await createStore(createStoreSettings(config as Config), clock, () => undefined);
      try {
        const { bytes } = rules;
        const now = (): number => clock.now();
        return await rebuild({ store, history, loadPlan, rules: bytes, now, random: createRandom(), onProgress });
      } finally {
        await store.close();
      }
    } finally {
      await history.close();
    }
  } finally {
    await lock.close();
  }
}
