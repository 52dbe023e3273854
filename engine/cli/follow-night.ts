/** A night that the engine does now, followed to its end: on a terminal a bar while it compares, then what is under way. */
import type { NightProgress, NightReport, NightStepBegun } from "../control/nights-port.ts";
import { sayNo } from "./engine-client.ts";
import type { EngineClient } from "./engine-client.ts";
import { followAnswer } from "./follow-answer.ts";
import { renderNightProgress } from "./reconcile-text.ts";
import type { StatusLine, Terminal } from "./terminal.ts";

export interface NightSource {
  readonly client: EngineClient;
  readonly status: StatusLine;
  readonly signal: AbortSignal;
}

const UNDER_WAY: Readonly<Record<NightStepBegun["step"], string>> = {
  retain: "removing what is too old ...",
  rfm: "working out who buys how often ...",
  recommend: "learning what is recommended ...",
};

/** @returns undefined: it came to nothing, which was said */
export async function followNight(
  { client, status, signal }: NightSource,
  { path, remedy }: { readonly path: string; readonly remedy: string },
  terminal: Terminal,
): Promise<NightReport | undefined> {
  const asked = await followAnswer<NightReport>(client, {
    path,
    body: {},
    signal,
    onSaid(name, data) {
      if (name === "waiting") terminal.err("Another node, or another run, is at it: waiting for its end.");
      if (status.columns === undefined) return;
      if (name === "progress") status.show(renderNightProgress(data as NightProgress, status.columns));
      else if (name === "step") status.show(UNDER_WAY[(data as NightStepBegun).step]);
    },
    unended: { remedy },
  });
  status.clear();
  if (asked.is === "answer") return asked.answer;
  sayNo(terminal, signal.aborted ? { ...asked, problem: "Stopped." } : asked);
  return undefined;
}
