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
