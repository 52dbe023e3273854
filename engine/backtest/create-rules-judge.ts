/**
 * Rule files judged beside a running engine: in a thread of its own for each question, which a test that never ends cannot
 * keep longer than `judgeMsMax`, and one question after the other, so that two do not take twice the memory.
 */
import { Worker } from "node:worker_threads";
import { judgeMsMax } from "../limits.ts";
import type { Timers } from "../model/clock.ts";
import { SetupError } from "../model/errors.ts";
import { threadEntry } from "../model/thread-entry.ts";
import type { FromJudge } from "./judge-main.ts";
import type { JudgedRules, RulesQuestion } from "./judge-rules.ts";

export interface RulesJudge {
  /** "late": it took too long. Rejects with SetupError when a folder cannot be read. */
  judge(question: RulesQuestion): Promise<JudgedRules | "late">;
}

export function createRulesJudge(timers: Timers): RulesJudge {
  let last: Promise<unknown> = Promise.resolve();

  async function ask(question: RulesQuestion): Promise<JudgedRules | "late"> {
    const worker = new Worker(threadEntry(import.meta.url, "./judge-main"), {
      workerData: question,
      name: "vif-judge",
    });
    let rest = (): void => undefined;
    try {
      return await new Promise((resolve, reject) => {
        rest = timers.after(judgeMsMax, () => resolve("late"));
        worker.on("message", (told: FromJudge) => {
          if (told.is === "judged") resolve(told.judged);
          else reject(new SetupError(told.problem, told.remedy));
        });
        worker.once("error", reject);
        worker.once("exit", () => reject(new Error("the thread that judges rules ended without an answer")));
      });
    } finally {
      rest();
      await worker.terminate();
    }
  }

  return {
    judge(question) {
      const judged = last.then(() => ask(question));
      last = judged.catch(() => undefined);
      return judged;
    },
  };
}
