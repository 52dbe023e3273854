/**
 * What every command of `vif` is: a name, a line of help, a full help text with examples, and a run that ends in an exit
 * code. `parseOptions` reads flags strictly; a mistake is answered with what is allowed and the nearest known name.
 */
import { parseArgs } from "node:util";
import type { Terminal } from "./terminal.ts";

/** 0: done; 1: a problem was found, or nothing could be done; 2: the command was not understood. */
export type ExitCode = 0 | 1 | 2;

export interface Command {
  readonly name: string;
  readonly summary: string;
  /** The whole of `vif <name> --help`. */
  readonly help: string;
  run(args: readonly string[], terminal: Terminal): Promise<ExitCode>;
}

/** A mistake in how a command was called; its text is for the caller. */
export class UsageError extends Error {
  readonly code = "usage";
  constructor(message: string) {
    super(message);
    this.name = "UsageError";
  }
}

export type Nearest = (mistaken: string, known: Iterable<string>) => string | undefined;

/**
 * @param flags names without dashes; every one is a switch
 * @throws UsageError on anything else
 */
export function parseFlags<Name extends string>(
  args: readonly string[],
  flags: readonly Name[],
  nearest: Nearest,
): Readonly<Record<Name, boolean>> {
  const options = Object.fromEntries(flags.map((flag) => [flag, { type: "boolean" as const }]));
  const { tokens } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true });
  const set = Object.fromEntries(flags.map((flag) => [flag, false])) as Record<Name, boolean>;
  for (const token of tokens) {
    if (token.kind === "positional") throw new UsageError(`There is nothing to do with "${token.value}".`);
    if (token.kind !== "option") continue;
    const flag = flags.find((known) => known === token.name);
    if (flag === undefined)
      throw new UsageError(`${token.rawName} is no option.${didYouMean(token.rawName, flags, nearest)}`);
    if (token.value !== undefined) throw new UsageError(`${token.rawName} takes no value.`);
    set[flag] = true;
  }
  return set;
}

function didYouMean(mistaken: string, flags: readonly string[], nearest: Nearest): string {
  const near = nearest(
    mistaken,
    flags.map((flag) => `--${flag}`),
  );
  return near === undefined ? "" : ` Did you mean ${near}?`;
}

export interface ArgumentForm<Flag extends string, Value extends string> {
  /** Switches, without dashes. */
  readonly flags: readonly Flag[];
  /** Options that take a value: `--at TIME` or `--at=TIME`. */
  readonly values: readonly Value[];
  /** What stands without dashes, in order, as the help names it: `PROFILE`, `RULE`. All are wanted. */
  readonly words: readonly string[];
  /** What may follow these; none when absent. */
  readonly moreWordsMax?: number;
}

export interface Arguments<Flag extends string, Value extends string> {
  readonly flags: Readonly<Record<Flag, boolean>>;
  readonly values: { readonly [name in Value]?: string };
  readonly words: readonly string[];
}

/** @throws UsageError on anything that the form does not know, or lacks */
export function parseArguments<Flag extends string, Value extends string>(
  args: readonly string[],
  form: ArgumentForm<Flag, Value>,
  nearest: Nearest,
): Arguments<Flag, Value> {
  const { flags, values, words, moreWordsMax = 0 } = form;
  const known = [...flags, ...values];
  const set = Object.fromEntries(flags.map((flag) => [flag, false])) as Record<Flag, boolean>;
  const given: { [name in Value]?: string } = {};
  const found: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? "";
    if (!arg.startsWith("--") || arg === "--") {
      // Numbers below zero and phone numbers begin with signs, and are no options.
      if (/^-[a-z]/i.test(arg)) throw new UsageError(`${arg} is no option.${didYouMean(`-${arg}`, known, nearest)}`);
      if (arg !== "--") found.push(arg);
      continue;
    }
    const [raw = "", ...rest] = arg.slice(2).split("=");
    const flag = flags.find((each) => each === raw);
    const value = values.find((each) => each === raw);
    if (flag !== undefined) {
      if (rest.length > 0) throw new UsageError(`--${raw} takes no value.`);
      set[flag] = true;
    } else if (value !== undefined) {
      const text = rest.length > 0 ? rest.join("=") : args[++at];
      if (text === undefined || text === "") throw new UsageError(`--${raw} wants a value.`);
      given[value] = text;
    } else throw new UsageError(`--${raw} is no option.${didYouMean(`--${raw}`, known, nearest)}`);
  }
  const missing = words[found.length];
  if (missing !== undefined) throw new UsageError(`${missing} is missing.`);
  const beyond = found[words.length + moreWordsMax];
  if (beyond !== undefined) throw new UsageError(`There is nothing to do with "${beyond}".`);
  return { flags: set, values: given, words: found };
}
