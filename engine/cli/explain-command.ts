/** `vif explain`: what rules say, in plain words, for whoever did not write them. Starts and changes nothing. */
import { parseArguments } from "./command.ts";
import type { Command, Nearest } from "./command.ts";
import { renderDescription, renderOverview } from "./explain-text.ts";

const HELP = `Says in plain words what a rule means: when it holds, where a value that is not known decides, what reads it.

Usage: vif explain [RULE] [--rules FOLDER] [--json]

RULE is the name of a segment, a content or any other rule; without it all rules are listed with their titles.

Options:
  --rules FOLDER   the brand folder; VIF_RULES (./rules by default) when absent
  --json           one JSON object in place of text
  --help           this text

Examples:
  vif explain
  vif explain lapsing-vip
  vif explain home-hero --json

Why a rule says what it says of one person is told by vif why.

Exit codes: 0 explained, 1 no rule of that name or the rules have mistakes, 2 not understood.`;

/** @param rulesDir asked for when the command runs, for it reads settings */
export function createExplainCommand(rulesDir: () => Promise<string>, nearest: Nearest): Command {
  return {
    name: "explain",
    summary: "say in plain words what a rule means",
    help: HELP,
    async run(args, { out, err, outStyle, errStyle }) {
      const form = { flags: ["json"], values: ["rules"], words: [], moreWordsMax: 1 } as const;
      const { flags, values, words } = parseArguments(args, form, nearest);
      const { checkRules, describeRules, readRulesFolder, readTitles, renderProblems } = await import(
        "../language/port.ts"
      );
      const folder = values.rules ?? (await rulesDir());
      const files = await readRulesFolder(folder);
      const { plan, problems } = checkRules(files);
      if (plan === undefined) {
        if (flags.json) out(JSON.stringify({ rules: [], problems }, undefined, 2));
        else out(renderProblems(problems, { colour: false, pathPrefix: `${folder.replace(/\/+$/, "")}/` }));
        return 1;
      }
      const all = describeRules(plan, readTitles(files));
      const [name] = words;
      const found = name === undefined ? all : all.filter((rule) => rule.name === name);
      if (found.length === 0) {
        const names = all.map((rule) => rule.name);
        const near = nearest(name ?? "", names);
        err(errStyle.red(name === undefined ? `There are no rules in ${folder}.` : `There is no rule "${name}".`));
        if (name !== undefined) err(near === undefined ? `There are ${names.join(", ")}.` : `Did you mean "${near}"?`);
        return 1;
      }
      if (flags.json) out(JSON.stringify({ rules: found, problems: [] }, undefined, 2));
      else if (name === undefined) out(renderOverview(found, outStyle));
      else out(found.map((rule) => renderDescription(rule, folder, outStyle)).join("\n\n"));
      return 0;
    },
  };
}
