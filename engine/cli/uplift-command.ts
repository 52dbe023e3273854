/** `vif uplift`: what holdouts have kept people from is worth, for a person or a program. */
import type { UpliftReport } from "../control/uplift-port.ts";
import { DAY_MS } from "../model/local-time.ts";
import type { Instant } from "../model/ids.ts";
import { parseArguments, UsageError } from "./command.ts";
import type { Command, Nearest } from "./command.ts";
import { sayFound } from "./engine-client.ts";
import type { Asked, EngineClient } from "./engine-client.ts";
import { parseWrittenTime } from "./time-argument.ts";
import { renderUplift } from "./uplift-text.ts";

const HELP = `Tells what holdouts have kept people from is worth: of those who came to a holdout, what the treated did beside those held out.

Usage: vif uplift [HOLDOUT] [--event NAME] [--value PROPERTY] [--within DAYS] [--since DAY] [--json]

Options:
  --event NAME       what counts as success (order_completed: orders of the shop, and sales of the tills;
                     what order_refunded pays back within the same time is taken off their amounts)
  --value PROPERTY   the property of it that is an amount (total)
  --within DAYS      how many days it counts for after somebody came to the holdout (30)
  --since DAY        only who came to it from then on: 2026-01-31, or a time: 2026-01-31T10:00Z
  --json             one JSON object in place of text; times in milliseconds
  --help             this text

A holdout is a line of a trigger or a content (\`holdout: 10% by spring\`), or of pressure.yaml, which is called \`everything\`.
People count in the group that they were drawn into, from the first time that they would have been sent or shown what it is
about, whatever they did by whichever channel. Intervals hold 95 times of 100: of shares by Newcombe (1998, method 10), of
amounts by Welch (1947), and for one look, not for looking every day until one pleases.

Examples:
  vif uplift
  vif uplift everything --within 90
  vif uplift cart-abandoned --event checkout_started --value total --since 2026-01-01
  vif uplift --json | jq '.holdouts[] | {holdout, conversion}'

Exit codes: 0 told, 1 not to be had, 2 not understood.`;

export interface UpliftAsked {
  readonly event: string;
  readonly value: string;
  readonly withinMs: number;
  readonly since: Instant | undefined;
}

export interface UpliftSource {
  readonly client: EngineClient;
  /** Reads history without an engine. */
  readonly read: (asked: UpliftAsked) => Promise<UpliftReport>;
  readonly usual: Omit<UpliftAsked, "since">;
}

const withinDaysMax = 3_650;

/** @param source made when the command runs, for it reads settings */
export function createUpliftCommand(source: () => Promise<UpliftSource>, nearest: Nearest): Command {
  return {
    name: "uplift",
    summary: "tell what holdouts have kept people from is worth",
    help: HELP,
    async run(args, terminal) {
      const form = {
        flags: ["json"],
        values: ["event", "value", "within", "since"],
        words: [],
        moreWordsMax: 1,
      } as const;
      const { flags, values, words } = parseArguments(args, form, nearest);
      const withinMs = withinOf(values.within);
      const since = sinceOf(values.since);
      const { client, read, usual } = await source();
      const asked: UpliftAsked = {
        event: values.event ?? usual.event,
        value: values.value ?? usual.value,
        withinMs: withinMs ?? usual.withinMs,
        since,
      };
      const found: Asked<UpliftReport> =
        client.url === undefined
          ? { is: "answer", answer: await read(asked) }
          : await client.ask<UpliftReport>("GET", "/v1/uplift", {
              event: asked.event,
              value: asked.value,
              within: String(asked.withinMs),
              since: since === undefined ? undefined : String(since),
            });
      const [wanted] = words;
      if (found.is === "no" || wanted === undefined)
        return sayFound(terminal, client, found, { json: flags.json, render: renderUplift });
      const { holdouts } = found.answer;
      const some = holdouts.filter(({ holdout }) => holdout === wanted);
      if (some.length > 0)
        return sayFound(
          terminal,
          client,
          { is: "answer", answer: { ...found.answer, holdouts: some } },
          { json: flags.json, render: renderUplift },
        );
      const names = holdouts.map(({ holdout }) => holdout);
      const near = nearest(wanted, names);
      const hint = near === undefined ? "" : ` Did you mean ${near}?`;
      terminal.err(`Nobody has come to a holdout ${wanted}.${hint}`);
      return 1;
    },
  };
}

function withinOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const days = /^\d{1,4}(?:\.\d{1,3})?$/.test(text) ? Number(text) : Number.NaN;
  if (!(days > 0 && days <= withinDaysMax))
    throw new UsageError(`--within is a number of days, at most ${withinDaysMax}, and not "${text}".`);
  return Math.round(days * DAY_MS);
}

function sinceOf(text: string | undefined): Instant | undefined {
  if (text === undefined) return undefined;
  const parsed = parseWrittenTime(text);
  if (parsed === undefined)
    throw new UsageError(`--since is a day (2026-01-31) or a time (2026-01-31T10:00Z), and not "${text}".`);
  return parsed.at;
}
