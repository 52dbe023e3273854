/** `vif doctor`: looks at everything that an engine needs, and says what is wrong and the remedy. */
import type { Finding } from "./doctor-checks.ts";
import { parseArguments } from "./command.ts";
import type { Command, Nearest } from "./command.ts";
import { printable } from "./terminal.ts";

const HELP = `Looks at what an engine needs, and says the remedy for what is not well: Node and the system, ports, data folder,
store, history, keys, rules, clocks, and the engine that runs on the data folder, if one does.

Usage: vif doctor [--json]

Options:
  --json   one JSON object in place of text
  --help   this text

With a running engine on this computer it also prints an address of the overview page that logs one browser in, once.

Examples:
  vif doctor
  VIF_STORE=redis://127.0.0.1:6379 vif doctor
  vif doctor --json | jq '.findings[] | select(.is != "well")'

Exit codes: 0 all is well, 1 something is ill, 2 not understood.`;

export interface Examined {
  readonly findings: readonly Finding[];
  /** Logs one browser in, once; undefined when no engine runs. */
  readonly overview: string | undefined;
}

/** @param examine made when the command runs, for it reads settings */
export function createDoctorCommand(examine: () => Promise<Examined>, nearest: Nearest): Command {
  return {
    name: "doctor",
    summary: "look for what is wrong, and say the remedy",
    help: HELP,
    async run(args, { out, outStyle }) {
      const { flags } = parseArguments(args, { flags: ["json"], values: [], words: [] }, nearest);
      const { findings, overview } = await examine();
      const ill = findings.filter(({ is }) => is === "ill").length;
      if (flags.json) {
        out(JSON.stringify({ well: ill === 0, findings, ...(overview !== undefined && { overview }) }, undefined, 2));
        return ill === 0 ? 0 : 1;
      }
      const { green, yellow, red, dim, bold } = outStyle;
      const marks = { well: green("well   "), warning: yellow("look   "), ill: red("ill    ") };
      const width = Math.max(...findings.map(({ name }) => name.length));
      for (const { name, is, found, remedy } of findings) {
        out(`${marks[is]} ${name.padEnd(width)}  ${printable(found)}`);
        if (remedy !== undefined) out(`${" ".repeat(width + 9)} ${dim("remedy:")} ${printable(remedy)}`);
      }
      out("");
      out(ill === 0 ? green("All is well.") : red(`${ill} ${ill === 1 ? "thing is" : "things are"} ill.`));
      if (overview !== undefined) out(`${bold("Overview")}  ${overview}  ${dim("(logs one browser in, once)")}`);
      return ill === 0 ? 0 : 1;
    },
  };
}
