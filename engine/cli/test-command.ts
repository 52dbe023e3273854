/** `vif test`: does what the rules' tests say, in their time, and tells what did not come true. */
import { relative } from "node:path";
import type { Instant } from "../model/ids.ts";
import { localOf, type Zone } from "../model/local-time.ts";
import { parseArguments, UsageError } from "./command.ts";
import type { Command, Nearest } from "./command.ts";
import { printable } from "./terminal.ts";

const HELP = `Runs the tests of the brand's rules, each with a person and a time of its own. Nothing is sent or changed.

Usage: vif test [FOLDER] [--name TEXT] [--json]

FOLDER is the brand folder; VIF_RULES (./rules by default) when absent.

Options:
  --rules FOLDER   the same
  --name TEXT      only tests with this in their name
  --json           one JSON object in place of text
  --help           this text

A test is a file of rules/tests, read from top to bottom:

  test: a good customer is missed once
  given:
    profile: {city: Paris}
  events:
    - 2026-01-01T10:00+01:00 order_completed {total: 1200}
  then:
    - in segment vip
    - not in segment lapsing-vip
  advance: 61 days
  then again:
    - in segment lapsing-vip
    - home-hero shows hero-welcome-back

Examples:
  vif test
  vif test --name vip
  vif test ./rules --json

Exit codes: 0 all hold, 1 something does not or the rules have mistakes, 2 not understood.`;

/** @param rulesDir asked for when the command runs, for it reads settings */
export function createTestCommand(rulesDir: () => Promise<string>, nearest: Nearest): Command {
  return {
    name: "test",
    summary: "run the tests of the rules, with time travel",
    help: HELP,
    async run(args, { out, outStyle }) {
      const form = { flags: ["json"], values: ["rules", "name"], words: [], moreWordsMax: 1 } as const;
      const { flags, values, words } = parseArguments(args, form, nearest);
      if (words[0] !== undefined && values.rules !== undefined)
        throw new UsageError(`One folder at a time: "${words[0]}" or "${values.rules}".`);
      const folder = words[0] ?? values.rules ?? (await rulesDir());
      const { runRuleTests } = await import("../backtest/port.ts");
      const { brandZone } = await import("../model/local-zones.ts");
      const { checkRules, encodePlan, loadPlan, readRulesFolder, renderProblems } = await import("../language/port.ts");
      const { plan: source, problems, tests } = checkRules(await readRulesFolder(folder));
      const inside = relative(process.cwd(), folder);
      const near = inside === "" || inside.startsWith("..") ? folder : inside;
      if (source === undefined) {
        if (flags.json) out(JSON.stringify({ passed: 0, failed: 0, problems }, undefined, 2));
        else out(renderProblems(problems, { colour: false, pathPrefix: `${near}/` }));
        return 1;
      }
      const plan = loadPlan(encodePlan(source));
      const zone = brandZone(source.zone.brand);
      const results = runRuleTests(plan, tests, values.name);
      const failed = results.filter(({ passed }) => !passed).length;
      if (flags.json) {
        out(JSON.stringify({ passed: results.length - failed, failed, tests: results }, undefined, 2));
        return failed === 0 ? 0 : 1;
      }
      const { green, red, dim, bold } = outStyle;
      for (const { name, path, passed, expectations, problem } of results) {
        out(`${passed ? green("holds ") : red("FAILED")} ${bold(printable(name))}  ${dim(`${near}/${path}`)}`);
        if (problem !== undefined) out(`       ${red(problem)}`);
        for (const { holds, text, line, at, found } of expectations)
          if (!holds)
            out(
              `       ${red(text)} was expected at ${shownClock(zone, at)}, and it was: ${found}  ${dim(`${near}/${path}:${line}`)}`,
            );
      }
      const sum = `${results.length - failed} of ${results.length} tests hold`;
      out(failed === 0 ? green(`${sum}.`) : red(`${sum}.`));
      return failed === 0 ? 0 : 1;
    },
  };
}

/** By the brand's clock, as its tests are written. */
function shownClock(zone: Zone, at: Instant): string {
  return new Date(localOf(zone, at))
    .toISOString()
    .replace("T", " ")
    .replace(/(\.000)?Z$/, "");
}
