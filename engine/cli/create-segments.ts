/** Joins history, rules and the backtest for `vif segments` where no engine runs. */
import { existsSync } from "node:fs";
import { segmentsAsOf } from "../backtest/segments-as-of.ts";
import type { ParsedConfig } from "../config.ts";
import type { Segments } from "../control/segments-port.ts";
import { createHistory, historySettingsOf } from "../history/create-history.ts";
import { loadPlan, readRules } from "../language/port.ts";
import { SetupError } from "../model/errors.ts";
import type { Instant } from "../model/ids.ts";

/** Rejects with HistoryUnavailable, or SetupError where there is no history, or no sound rules. */
export async function readSegments(
  { dataDir, history: setting, rulesDir }: Pick<ParsedConfig, "dataDir" | "history" | "rulesDir">,
  at: Instant,
): Promise<Segments> {
  const settings = historySettingsOf(setting, dataDir);
  if (settings.kind === "embedded" && !existsSync(settings.file)) {
    throw new SetupError(
      `There is no history in ${dataDir}, and no engine runs on it.`,
      "Start one with `vif start`, or say where its data is with VIF_DATA_DIR.",
    );
  }
  const rules = await readRules(rulesDir);
  if (rules.is === "refused")
    throw new SetupError(`The rules in ${rulesDir} have mistakes.`, "`vif check` tells what is wrong where.");
  const history = await createHistory(settings);
  try {
    const { segments, ...rest } = await segmentsAsOf(history, loadPlan(rules.bytes), at);
    return { ...rest, segments: [...segments] };
  } finally {
    await history.close();
  }
}
