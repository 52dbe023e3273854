/** `vif try`: what a rule would have done over the past, for a person or a program; a bar on a terminal meanwhile. */
import type { TryAnswer, TryRequest } from "../control/try-port.ts";
import type { Instant } from "../model/ids.ts";
import type { Command, Nearest } from "./command.ts";
import { sayFound } from "./engine-client.ts";
import type { Asked, EngineClient } from "./engine-client.ts";
import { followAnswer } from "./follow-answer.ts";
import type { StatusLine } from "./terminal.ts";
import { parseTryArguments, renderTried, renderTryProgress, TRY_HELP } from "./try-text.ts";

export type ShowProgress = (progress: {
  readonly events: number;
  readonly eventsAll: number;
  readonly people: number;
}) => void;

export interface TrySource {
  readonly client: EngineClient;
  /** The files of a brand folder, checked. Rejects with SetupError where they have mistakes. */
  readonly readFolder: (folder: string) => Promise<NonNullable<TryRequest["rules"]>>;
  /** Tries without an engine, by the brand's rules where none come along. */
  readonly tryAlone: (request: TryRequest, show: ShowProgress) => Promise<Asked<TryAnswer>>;
  readonly now: () => Instant;
  readonly status: StatusLine;
  readonly signal: AbortSignal;
}

/** @param source made when the command runs, for it reads settings */
export function createTryCommand(source: () => Promise<TrySource>, nearest: Nearest): Command {
  return {
    name: "try",
    summary: "try a rule over the past: who would have matched, entered, left",
    help: TRY_HELP,
    async run(args, terminal) {
      const { client, readFolder, tryAlone, now, status, signal } = await source();
      const { rule, since, until, rules: folder, json } = parseTryArguments(args, nearest, now());
      const files = folder === undefined ? undefined : await readFolder(folder);
      const request: TryRequest = { rule, since, until, ...(files !== undefined && { rules: files }) };
      const show: ShowProgress = (progress) => {
        if (status.columns !== undefined) status.show(renderTryProgress(progress, status.columns));
      };
      const isAlone = client.url === undefined;
      const found = await (isAlone ? tryAlone(request, show) : tryBy(client, request, { show, signal }));
      status.clear();
      return sayFound(terminal, client, found, { json, render: renderTried });
    },
  };
}

function tryBy(
  client: EngineClient,
  request: TryRequest,
  { show, signal }: { readonly show: ShowProgress; readonly signal: AbortSignal },
): Promise<Asked<TryAnswer>> {
  return followAnswer(client, {
    path: "/v1/try",
    body: request,
    signal,
    onSaid(name, data) {
      if (name === "progress") show(data as Parameters<ShowProgress>[0]);
    },
    unended: { ...(signal.aborted && { problem: "Stopped." }), remedy: undefined },
  });
}
