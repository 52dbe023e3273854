/** Joins history, rules and the backtest for `vif try` where no engine runs, and reads brand folders for it. */
import { existsSync } from "node:fs";
import { tryRule } from "../backtest/try-rule.ts";
import type { ParsedConfig } from "../config.ts";
import { isRefusal } from "../control/refusal.ts";
import { trialOf } from "../control/rule-trial.ts";
import type { TryAnswer, TryRequest } from "../control/try-port.ts";
import { createHistory, historySettingsOf } from "../history/create-history.ts";
import { checkRules, loadPlan, readRulesFolder, renderProblems } from "../language/port.ts";
import type { RuleFile } from "../language/port.ts";
import { SetupError } from "../model/errors.ts";
import type { Asked } from "./engine-client.ts";
import type { ShowProgress } from "./try-command.ts";

/** @throws SetupError when the folder cannot be read, or its rules have mistakes */
export async function readTriedFolder(folder: string): Promise<RuleFile[]> {
  const files = await readRulesFolder(folder);
  const { problems } = checkRules(files);
  if (problems.length > 0) throw mistakesIn(folder, problems);
  return [...files];
}

function mistakesIn(folder: string, problems: Parameters<typeof renderProblems>[0]): SetupError {
  const text = renderProblems(problems, { colour: false, pathPrefix: `${folder}/` });
  return new SetupError(`The rules in ${folder} have mistakes:\n${text}`, "Nothing was tried.");
}

/** Rejects with HistoryUnavailable, or SetupError where there is no history, or no sound rules. */
export async function tryAlone(
  { dataDir, history: setting, rulesDir }: Pick<ParsedConfig, "dataDir" | "history" | "rulesDir">,
  request: TryRequest,
  show: ShowProgress,
): Promise<Asked<TryAnswer>> {
  const settings = historySettingsOf(setting, dataDir);
  if (settings.kind === "embedded" && !existsSync(settings.file)) {
    throw new SetupError(
      `There is no history in ${dataDir}, and no engine runs on it.`,
      "Start one with `vif start`, or say where its data is with VIF_DATA_DIR.",
    );
  }
  const { plan: source, problems } = checkRules(request.rules ?? (await readRulesFolder(rulesDir)));
  if (source === undefined) throw mistakesIn(rulesDir, problems);
  const { rules: _, ...asked } = request;
  const trial = trialOf(asked, source, request.until ?? Date.now());
  if (isRefusal(trial)) return { is: "no", code: trial.refused, problem: trial.message, remedy: undefined };
  const history = await createHistory(settings);
  try {
    const rule = { ...trial.rule, plan: loadPlan(trial.rule.plan) };
    return { is: "answer", answer: (await tryRule(history, rule, trial.span, show)) as TryAnswer };
  } finally {
    await history.close();
  }
}
