/** Entry of the thread that judges a set of rule files: one question, one answer, and it ends. A fault ends it with its error. */
import { parentPort, workerData } from "node:worker_threads";
import { SetupError } from "../model/errors.ts";
import { standBack } from "../stand-back.ts";
import { judgeRules } from "./judge-rules.ts";
import type { JudgedRules, RulesQuestion } from "./judge-rules.ts";

standBack();

export type FromJudge =
  | { readonly is: "judged"; readonly judged: JudgedRules }
  | { readonly is: "unfit"; readonly problem: string; readonly remedy: string };

const say = (told: FromJudge): void => parentPort?.postMessage(told);

void judgeRules(workerData as RulesQuestion).then(
  (judged) => say({ is: "judged", judged }),
  (error: unknown) => {
    if (!(error instanceof SetupError)) throw error;
    say({ is: "unfit", problem: error.message, remedy: error.remedy });
  },
);
