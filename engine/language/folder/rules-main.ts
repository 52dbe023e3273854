/** Entry of the thread that watches and checks the rules folder; see rules-thread.ts. Its messages are `RulesMessage`. */
import { parentPort, workerData } from "node:worker_threads";
import { createTimers } from "../../create-clock.ts";
import { SetupError } from "../../model/errors.ts";
import type { RulesMessage } from "./rules-thread.ts";
import { watchRules } from "./watch-rules.ts";
import { standBack } from "../../stand-back.ts";

standBack();

function send(message: RulesMessage): void {
  parentPort?.postMessage(message);
}

const { folder, cache } = workerData as { readonly folder: string; readonly cache: string | undefined };
watchRules({
  folder,
  cache,
  timers: createTimers(),
  onReading: send,
  onTrouble: (cause) => {
    const remedy = cause instanceof SetupError ? cause.remedy : "see that the folder can be read";
    send({ is: "trouble", message: cause.message, remedy });
  },
});
