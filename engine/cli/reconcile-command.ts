/** `vif reconcile`: live compared with history by the engine that runs, and put right; a bar on a terminal meanwhile. */
import type { NightProgress, NightReport } from "../control/nights-port.ts";
import { parseFlags } from "./command.ts";
import type { Command, Nearest } from "./command.ts";
import { sayNo } from "./engine-client.ts";
import type { Asked, EngineClient } from "./engine-client.ts";
import { RECONCILE_HELP, renderNight, renderNightProgress } from "./reconcile-text.ts";
import type { StatusLine } from "./terminal.ts";

export interface ReconcileSource {
  readonly client: EngineClient;
  readonly status: StatusLine;
  readonly signal: AbortSignal;
}

/** @param source made when the command runs, for it reads settings */
export function createReconcileCommand(source: () => Promise<ReconcileSource>, nearest: Nearest): Command {
  return {
    name: "reconcile",
    summary: "compare live with history, and put right what differs",
    help: RECONCILE_HELP,
    async run(args, terminal) {
      const { "dry-run": dryRun, whole, json } = parseFlags(args, ["dry-run", "whole", "json"], nearest);
      const { client, status, signal } = await source();
      let found: Asked<NightReport> = {
        is: "no",
        code: undefined,
        problem: "The engine has ended before it was done.",
        remedy: "Nothing is half done: begin it anew.",
      };
      const each = (name: string, text: string): void => {
        const data: unknown = JSON.parse(text);
        // Our own engine's, made by the schemas that these types come from.
        if (name === "progress" && status.columns !== undefined)
          status.show(renderNightProgress(data as NightProgress, status.columns));
        else if (name === "waiting") terminal.err("Another node, or another run, is at it: waiting for its end.");
        else if (name === "report") found = { is: "answer", answer: data as NightReport };
        else if (name === "problem") {
          const { code, message } = data as { readonly code: string; readonly message: string };
          found = { is: "no", code, problem: message, remedy: undefined };
        }
      };
      const told = await client.listen(`/v1/reconcile?dryRun=${dryRun}&whole=${whole}`, each, signal, {});
      status.clear();
      if (told.is === "no") {
        sayNo(terminal, told);
        return 1;
      }
      // Set by `each`, which the compiler does not follow.
      const asked = found as Asked<NightReport>;
      if (asked.is === "no") {
        sayNo(terminal, signal.aborted ? { ...asked, problem: "Stopped." } : asked);
        return 1;
      }
      const { answer } = asked;
      terminal.out(json ? JSON.stringify(answer, undefined, 2) : renderNight(answer, terminal.outStyle));
      return answer.drifts === answer.repaired ? 0 : 1;
    },
  };
}
