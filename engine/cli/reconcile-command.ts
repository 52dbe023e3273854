/** `vif reconcile`: live compared with history by the engine that runs, and put right. */
import { parseFlags } from "./command.ts";
import type { Command, Nearest } from "./command.ts";
import { followNight, type NightSource } from "./follow-night.ts";
import { RECONCILE_HELP, renderNight } from "./reconcile-text.ts";

/** @param source made when the command runs, for it reads settings */
export function createReconcileCommand(source: () => Promise<NightSource>, nearest: Nearest): Command {
  return {
    name: "reconcile",
    summary: "compare live with history, and put right what differs",
    help: RECONCILE_HELP,
    async run(args, terminal) {
      const { "dry-run": dryRun, whole, json } = parseFlags(args, ["dry-run", "whole", "json"], nearest);
      const path = `/v1/reconcile?dryRun=${dryRun}&whole=${whole}`;
      const remedy = "Nothing is half done: begin it anew.";
      const night = await followNight(await source(), { path, remedy }, terminal);
      if (night === undefined) return 1;
      terminal.out(json ? JSON.stringify(night, undefined, 2) : renderNight(night, terminal.outStyle));
      return night.drifts === night.repaired ? 0 : 1;
    },
  };
}
