/** A step of the night that is done now, by the engine that runs: `vif retain`, `vif rfm`. */
import { parseFlags } from "./command.ts";
import type { Command, Nearest } from "./command.ts";
import { sayNo } from "./engine-client.ts";
import type { EngineClient } from "./engine-client.ts";
import { followAnswer } from "./follow-answer.ts";
import type { Style } from "./terminal.ts";

export interface NightStepSource {
  readonly client: EngineClient;
  readonly signal: AbortSignal;
}

/** @typeParam Told what the control plane answers at `/v1/` and the command's name */
export interface NightStepForm<Told> extends Pick<Command, "name" | "summary" | "help"> {
  readonly render: (told: Told, style: Style) => string;
}

/** @param source made when the command runs, for it reads settings */
export function createNightStepCommand<Told>(
  { name, summary, help, render }: NightStepForm<Told>,
  source: () => Promise<NightStepSource>,
  nearest: Nearest,
): Command {
  return {
    name,
    summary,
    help,
    async run(args, terminal) {
      const { "dry-run": dryRun, json } = parseFlags(args, ["dry-run", "json"], nearest);
      const { client, signal } = await source();
      const asked = await followAnswer<Told>(client, {
        path: `/v1/${name}?dryRun=${dryRun}`,
        body: {},
        signal,
        onSaid(said) {
          if (said === "waiting") terminal.err("A night is under way: waiting for its end.");
        },
        unended: { remedy: "Begin it anew: it goes on where it was." },
      });
      if (asked.is === "no") {
        sayNo(terminal, signal.aborted ? { ...asked, problem: "Stopped." } : asked);
        return 1;
      }
      terminal.out(json ? JSON.stringify(asked.answer, undefined, 2) : render(asked.answer, terminal.outStyle));
      return 0;
    },
  };
}
