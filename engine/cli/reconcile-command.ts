/** `vif reconcile`: live compared with history by the engine that runs, and put right; a bar on a terminal meanwhile. */
import type { NightProgress, NightReport } from "../control/nights-port.ts";
import { parseFlags } from "./command.ts";
import type { Command, Nearest } from "./command.ts";
import { sayNo } from "./engine-client.ts";
import type { EngineClient } from "./engine-client.ts";
import { followAnswer } from "./follow-answer.ts";
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
      const asked = await followAnswer<NightReport>(client, {
        path: `/v1/reconcile?dryRun=${dryRun}&whole=${whole}`,
        body: {},
        signal,
        onSaid(name, data) {
          if (name === "progress" && status.columns !== undefined)
            status.show(renderNightProgress(data as NightProgress, status.columns));
          else if (name === "waiting") terminal.err("Another node, or another run, is at it: waiting for its end.");
        },
        unended: { remedy: "Nothing is half done: begin it anew." },
      });
      status.clear();
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
