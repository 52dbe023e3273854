/** `vif nights`: what the last nights have found, and what they did besides. */
import type { NightReport, StepOfNight } from "../control/nights-port.ts";
import { nightsKeptMax } from "../limits-of-reconcile.ts";
import { parseArguments, UsageError } from "./command.ts";
import type { Command, Nearest } from "./command.ts";
import { localTime, sayFound } from "./engine-client.ts";
import type { EngineClient } from "./engine-client.ts";
import { printable } from "./terminal.ts";
import type { Style } from "./terminal.ts";

const NIGHTS_TOLD = 7;

const HELP = `Tells what the last nights have found, the latest first, and what each did besides, with what has changed: what was too old
went, who buys how often was worked out, what products are recommended by was learned.

Usage: vif nights [--limit N] [--json]

Options:
  --limit N   how many, ${NIGHTS_TOLD} where nothing is said and ${nightsKeptMax} at the most: so many are kept
  --json      one JSON object in place of text; times in milliseconds since 1970
  --help      this text

A night begins by itself (VIF_NIGHT), or with \`vif night\`. One that was begun by \`vif reconcile\` compares, and does nothing
besides.

Examples:
  vif nights
  vif nights --limit 30
  vif nights --json | jq '.nights[0].steps'

Exit codes: 0 told, 1 not to be had, 2 not understood.`;

const NUMBERS = new Intl.NumberFormat("en");

const STEPS: Readonly<Record<StepOfNight["step"], string>> = {
  retain: "what was too old",
  rfm: "who buys how often",
  recommend: "recommendations",
};

const CHANGES: Readonly<Record<keyof StepOfNight["changed"], (count: number) => string>> = {
  rows: (count) => `${NUMBERS.format(count)} rows of history went`,
  values: (count) => `${NUMBERS.format(count)} values of fields went`,
  profiles: (count) => `${NUMBERS.format(count)} anonymous profiles went`,
  messages: (count) => `${NUMBERS.format(count)} messages were let go`,
  decisions: (count) => `${NUMBERS.format(count)} decisions hold no properties of too old events any more`,
  bytes: (count) => `the disk was given back ${NUMBERS.format(Math.ceil(count / 1_000_000))} MB`,
  scores: (count) => `${NUMBERS.format(count)} customers have other scores`,
  customers: (count) => `learned from ${NUMBERS.format(count)} customers`,
};

/** @param client made when the command runs, for it reads settings */
export function createNightsCommand(client: () => Promise<EngineClient>, nearest: Nearest): Command {
  return {
    name: "nights",
    summary: "tell what the last nights have found and done",
    help: HELP,
    async run(args, terminal) {
      const { flags, values } = parseArguments(args, { flags: ["json"], values: ["limit"], words: [] }, nearest);
      const limit = values.limit ?? String(NIGHTS_TOLD);
      if (!(/^[0-9]{1,3}$/.test(limit) && Number(limit) >= 1 && Number(limit) <= nightsKeptMax))
        throw new UsageError(`--limit is from 1 to ${nightsKeptMax}, not "${limit}".`);
      const engine = await client();
      const asked = await engine.ask<{ readonly nights: readonly NightReport[] }>("GET", "/v1/nights", { limit });
      return sayFound(terminal, engine, asked, {
        json: flags.json,
        render: ({ nights }, _where, style) => renderNights(nights, style),
      });
    },
  };
}

/** Pure. */
export function renderNights(nights: readonly NightReport[], style: Style): string {
  if (nights.length === 0) return "No night has been yet. It begins by itself (VIF_NIGHT), or with: vif night";
  return nights.flatMap((night) => linesOf(night, style)).join("\n");
}

function linesOf(night: NightReport, style: Style): readonly string[] {
  const { bold, dim } = style;
  const by = dim(`${tookText(night)}, ${NUMBERS.format(night.profiles)} profiles, by node ${printable(night.node)}`);
  return [
    `${bold(localTime(night.startedAt))}  ${verdictText(night, style)}  ${by}`,
    ...stepLines(night, style).map((line) => `  ${line}`),
  ];
}

/** What was done behind the comparison, a line each. Pure. */
export function stepLines({ steps = [] }: NightReport, style: Style): readonly string[] {
  return steps.map((step) => `${STEPS[step.step]}: ${stepText(step, style)}  ${style.dim(tookText(step))}`);
}

function verdictText({ drifts, repaired, dryRun }: NightReport, { green, yellow, red }: Style): string {
  if (drifts === 0) return green(dryRun ? "nothing differed, compared only" : "nothing differed");
  const count = drifts === 1 ? "1 difference" : `${NUMBERS.format(drifts)} differences`;
  if (dryRun) return yellow(`${count}, compared only`);
  if (drifts === repaired) return yellow(`${count}, all settled`);
  return red(`${count}, ${NUMBERS.format(drifts - repaired)} of them not settled`);
}

function stepText({ changed, problem }: StepOfNight, { red }: Style): string {
  const told = Object.entries(changed).map(([what, count]) => CHANGES[what as keyof typeof changed](count));
  if (problem !== undefined) told.push(red(`put off to a later night: ${printable(problem)}`));
  return told.length === 0 ? "nothing changed" : told.join("; ");
}

function tookText({ startedAt, endedAt }: Pick<NightReport, "startedAt" | "endedAt">): string {
  return `${(Math.max(0, endedAt - startedAt) / 1000).toFixed(1)} s`;
}
