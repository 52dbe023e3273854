/** `vif night`: all that a night does, now, by the engine that runs. */
import { parseFlags } from "./command.ts";
import type { Command, Nearest } from "./command.ts";
import { followNight, type NightSource } from "./follow-night.ts";
import { stepLines } from "./nights-command.ts";
import { renderNight } from "./reconcile-text.ts";

const HELP = `Does now what a night does by itself: compares live with history and puts right what differs (vif reconcile), removes
what is too old and gives the disk its room back (vif retain), works out who buys how often (vif rfm), and learns what is
recommended (vif recommend).

Usage: vif night [--whole] [--json]

Options:
  --whole   compare by all records of history, where otherwise those since the last night's snapshot are read
  --json    one JSON object in place of text, as in vif nights; times in milliseconds since 1970
  --help    this text

Everything goes on meanwhile. One node does it at a time; a second one waits. It may be stopped at any time: what is not done
by then is done by the next night. Where something differs nothing is removed that could tell why, until a later night finds
nothing, or seven have found something.

Examples:
  vif night
  vif night --whole
  vif night --json | jq '.steps[] | {step, changed}'

Exit codes: 0 all of it is done, 1 something differs and was not put right, or was put off, or nothing could be done,
2 not understood.`;

/** @param source made when the command runs, for it reads settings */
export function createNightCommand(source: () => Promise<NightSource>, nearest: Nearest): Command {
  return {
    name: "night",
    summary: "do now all that a night does",
    help: HELP,
    async run(args, terminal) {
      const { whole, json } = parseFlags(args, ["whole", "json"], nearest);
      const path = `/v1/night?whole=${whole}`;
      const night = await followNight(
        await source(),
        { path, remedy: "Nothing is half done: begin it anew." },
        terminal,
      );
      if (night === undefined) return 1;
      const style = terminal.outStyle;
      const text = (): string => [renderNight(night, style), ...stepLines(night, style)].join("\n");
      terminal.out(json ? JSON.stringify(night, undefined, 2) : text());
      const isDone = (night.steps ?? []).every(({ problem }) => problem === undefined);
      return night.drifts === night.repaired && isDone ? 0 : 1;
    },
  };
}
