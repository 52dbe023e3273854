/** `vif check`: reads and checks the brand's rule files, and says what is wrong where. Starts and changes nothing. */
import { readRules, renderProblems } from "../language/port.ts";
import { ruleCountsText } from "../model/rule-counts.ts";
import { type ExitCode, UsageError } from "./command.ts";
import { createStyle, type Terminal } from "./terminal.ts";

interface CheckArguments {
  readonly json: boolean;
  /** undefined: the folder of the settings. */
  readonly folder: string | undefined;
}

/** @throws UsageError */
export function parseCheckArguments(args: readonly string[]): CheckArguments {
  const options = args.filter((arg) => arg.startsWith("-"));
  const folders = args.filter((arg) => !arg.startsWith("-"));
  const unknown = options.find((option) => option !== "--json");
  if (unknown !== undefined) throw new UsageError(`${unknown} is no option. There is --json.`);
  if (folders.length > 1) throw new UsageError(`One folder at a time: "${folders[0]}" or "${folders[1]}".`);
  return { json: options.length > 0, folder: folders[0] };
}

/**
 * Problems go to standard output, as they are what was asked for; with --json as one object.
 * @param rulesDir the folder when none is named
 * @returns 0 sound, 1 not
 * @throws SetupError when the folder cannot be read
 */
export async function runCheck(args: readonly string[], terminal: Terminal, rulesDir = "rules"): Promise<ExitCode> {
  const { json, folder = rulesDir } = parseCheckArguments(args);
  const reading = await readRules(folder);
  if (json) {
    const { is, files } = reading;
    const rest =
      is === "sound"
        ? {
            digest: reading.digest,
            segments: reading.segments,
            contents: reading.contents,
            triggers: reading.triggers,
            problems: [],
            notices: reading.notices,
          }
        : { problems: reading.problems };
    terminal.out(JSON.stringify({ sound: is === "sound", folder, files, ...rest }, undefined, 2));
    return is === "sound" ? 0 : 1;
  }
  const { green, red, dim } = terminal.outStyle;
  // Whether a style colours is known by trying it.
  const colour = red("x") !== createStyle(false).red("x");
  const pathPrefix = `${folder.replace(/\/+$/, "")}/`;
  if (reading.is === "sound") {
    const { files, digest, notices } = reading;
    if (notices.length > 0) terminal.out(renderProblems(notices, { colour, pathPrefix }));
    const what = `${count(files, "file")}: ${ruleCountsText(reading)}`;
    terminal.out(`${green("All is well.")} ${what} ${dim(`(plan ${digest.slice(0, 8)})`)}`);
    return 0;
  }
  terminal.out(renderProblems(reading.problems, { colour, pathPrefix }));
  const places = new Set(reading.problems.map(({ path }) => path)).size;
  terminal.out(red(`${count(reading.problems.length, "problem")} in ${count(places, "file")} of ${reading.files}.`));
  return 1;
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? "" : "s"}`;
}
