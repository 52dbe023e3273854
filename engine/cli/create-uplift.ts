/** Joins history and the comparison of holdouts for `vif uplift` where no engine runs. */
import { existsSync } from "node:fs";
import { type UpliftQuestion, upliftOf } from "../backtest/uplift.ts";
import type { ParsedConfig } from "../config.ts";
import type { UpliftReport } from "../control/uplift-port.ts";
import { upliftReport } from "../control/uplift-report.ts";
import { createHistory, historySettingsOf } from "../history/create-history.ts";
import { SetupError } from "../model/errors.ts";

/** Rejects with HistoryUnavailable, or SetupError where there is no history. */
export async function readUplift(
  { dataDir, history: setting }: Pick<ParsedConfig, "dataDir" | "history">,
  question: UpliftQuestion,
): Promise<UpliftReport> {
  const settings = historySettingsOf(setting, dataDir);
  if (settings.kind === "embedded" && !existsSync(settings.file)) {
    throw new SetupError(
      `There is no history in ${dataDir}, and no engine runs on it.`,
      "Start one with `vif start`, or say where its data is with VIF_DATA_DIR.",
    );
  }
  const history = await createHistory(settings);
  try {
    return upliftReport(await upliftOf(history, question));
  } finally {
    await history.close();
  }
}
