/** `vif segments`: how many people are in each segment, now or as of a past day, for a person or a program. */
import type { Segments } from "../control/segments-port.ts";
import type { Instant } from "../model/ids.ts";
import type { Command, Nearest } from "./command.ts";
import { sayFound } from "./engine-client.ts";
import type { Asked, EngineClient } from "./engine-client.ts";
import { parseSegmentsArguments, renderSegments, SEGMENTS_HELP } from "./segments-text.ts";

export interface SegmentsSource {
  readonly client: EngineClient;
  /** Reads history and rules without an engine. */
  readonly read: (at: Instant) => Promise<Segments>;
  readonly now: () => Instant;
}

/** @param source made when the command runs, for it reads settings */
export function createSegmentsCommand(source: () => Promise<SegmentsSource>, nearest: Nearest): Command {
  return {
    name: "segments",
    summary: "tell how many people each segment has, now or as of a day",
    help: SEGMENTS_HELP,
    async run(args, terminal) {
      // Words are judged before anything is opened.
      parseSegmentsArguments(args, nearest, 0);
      const { client, read, now } = await source();
      const { at, json } = parseSegmentsArguments(args, nearest, now());
      const told = await client.ask<Segments>("GET", "/v1/segments", { at: String(at) });
      const isAlone = client.url === undefined;
      const found: Asked<Segments> = isAlone ? { is: "answer", answer: await read(at) } : told;
      return sayFound(terminal, client, found, { json, render: renderSegments });
    },
  };
}
