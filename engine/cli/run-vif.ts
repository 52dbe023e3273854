/**
 * From the words after `vif` to an exit code: finds the command, answers --help and mistakes, and turns what an operator
 * can mend into two lines instead of a stack. A fault of the program is thrown on: its stack is what helps.
 */
import { stripVTControlCharacters } from "node:util";
import { HistoryUnavailable, SetupError, StoreUnavailable, ThreadEnded } from "../model/errors.ts";
import { UsageError } from "./command.ts";
import type { Command, ExitCode, Nearest } from "./command.ts";
import { printable } from "./terminal.ts";
import type { Terminal } from "./terminal.ts";

export interface Vif {
  readonly version: string;
  /** In the order in which help tells them. */
  readonly groups: readonly CommandGroup[];
  readonly nearest: Nearest;
}

/** Commands that are looked for together. */
export interface CommandGroup {
  readonly title: string;
  readonly commands: readonly Command[];
}

export async function runVif(args: readonly string[], vif: Vif, terminal: Terminal): Promise<ExitCode> {
  const [name, ...rest] = args;
  const { out, err, outStyle, errStyle } = terminal;
  const commands = vif.groups.flatMap((group) => group.commands);
  if (name === undefined || name === "help" || name === "--help" || name === "-h") {
    const asked = rest[0] === undefined ? undefined : commands.find((command) => command.name === rest[0]);
    out(asked?.help ?? overview(vif, outStyle.bold));
    return name === undefined ? 2 : 0;
  }
  if (name === "--version" || name === "-v") {
    out(vif.version);
    return 0;
  }
  const command = commands.find((known) => known.name === name);
  if (command === undefined) {
    const near = vif.nearest(
      name,
      commands.map((known) => known.name),
    );
    const what = name.startsWith("-") ? "option" : "command";
    err(
      `${errStyle.red(`vif has no ${what} "${printable(name)}".`)}${near === undefined ? "" : ` Did you mean "${near}"?`}`,
    );
    err("vif --help tells what there is.");
    return 2;
  }
  if (rest.includes("--help") || rest.includes("-h")) {
    out(command.help);
    return 0;
  }
  if (!rest.includes("--json")) return runCommand(command, rest, terminal);
  const heard = listenTo(terminal);
  const code = await runCommand(command, rest, heard.terminal);
  // A program that asked for JSON is told by JSON what went wrong; a person reads the same beside it.
  if (code !== 0 && !heard.hasResult()) out(JSON.stringify({ error: { message: heard.problems() } }, undefined, 2));
  return code;
}

interface Heard {
  readonly terminal: Terminal;
  hasResult(): boolean;
  problems(): string;
}

function listenTo(terminal: Terminal): Heard {
  let hasResult = false;
  const problems: string[] = [];
  return {
    terminal: {
      ...terminal,
      out(text) {
        hasResult = true;
        terminal.out(text);
      },
      err(text) {
        problems.push(text);
        terminal.err(text);
      },
    },
    hasResult: () => hasResult,
    problems: () => stripVTControlCharacters(problems.join("\n")),
  };
}

async function runCommand(command: Command, rest: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const { err, errStyle } = terminal;
  try {
    return await command.run(rest, terminal);
  } catch (error) {
    if (error instanceof UsageError) {
      err(`${errStyle.red(printable(error.message))}`);
      err(`vif ${command.name} --help tells what is allowed.`);
      return 2;
    }
    if (error instanceof SetupError) {
      // Lines of their own: several settings may be wrong at once.
      err(errStyle.red(error.message.split("\n").map(printable).join("\n")));
      err(error.remedy);
      return 1;
    }
    const isPassing =
      error instanceof HistoryUnavailable || error instanceof StoreUnavailable || error instanceof ThreadEnded;
    if (isPassing) {
      err(errStyle.red(printable(error.message)));
      return 1;
    }
    throw error;
  }
}

function overview({ version, groups }: Vif, bold: (text: string) => string): string {
  const width = Math.max(...groups.flatMap(({ commands }) => commands.map(({ name }) => name.length)));
  return [
    `${bold("vif")} ${version}: real-time personalization, run by yourself`,
    "",
    "Usage: vif <command> [options]",
    "",
    ...groups.flatMap(({ title, commands }) => [
      title,
      ...commands.map(({ name, summary }) => `  ${bold(name.padEnd(width))}   ${summary}`),
      "",
    ]),
    "vif <command> --help tells more, with examples.",
  ].join("\n");
}
