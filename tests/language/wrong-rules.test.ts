/**
 * A corpus of wrong rules and, to the letter, what is said about them: errors are what a marketer sees most. A case is one
 * text file: rule files headed by `--- path`, which replace or join the model's, then `--- problems` and the exact output.
 * A new case begins without that part; running with `--update` writes it, and whoever does so reads it.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkRules, renderProblems, RULE_PROBLEMS, type RuleFile } from "../../engine/language/port.ts";

const folder = join(import.meta.dirname, "wrong");
const model = filesIn(readFileSync(join(folder, "model.txt"), "utf8"));
const names = readdirSync(folder).filter((name) => name.endsWith(".rules"));

function filesIn(text: string): readonly RuleFile[] {
  const [, ...parts] = text.split(/^--- (.+)\n/m);
  return parts.flatMap((path, index) => (index % 2 === 0 ? [{ path, text: parts[index + 1] ?? "" }] : []));
}

function problemsOf(name: string) {
  const own = filesIn(readFileSync(join(folder, name), "utf8"));
  const files = [...model.filter(({ path }) => !own.some((file) => file.path === path)), ...own];
  return checkRules(files.filter(({ text }) => text !== "(none)\n"));
}

describe("wrong rules", () => {
  it("stand beside a model that is sound", () => {
    expect(checkRules(model).problems).toEqual([]);
  });

  it.each(names)("%s", async (name) => {
    const { plan, problems } = problemsOf(name);
    expect(plan).toBeUndefined();
    const said = renderProblems(problems, { colour: false, pathPrefix: "rules/" });
    await expect(said).toMatchFileSnapshot(join(folder, name.replace(/\.rules$/, ".problems")));
  });

  it("show every code of the catalogue", () => {
    const shown = new Set(names.flatMap((name) => problemsOf(name).problems.map(({ code }) => code)));
    // Needs two streams whose keys have the same 32-bit hash: see stream-collision.test.ts.
    shown.add("stream_collision");
    // Needs the file that a source is about: see engine/language/check-source.test.ts.
    shown.add("unknown_column");
    expect(Object.keys(RULE_PROBLEMS).filter((code) => !shown.has(code as never))).toEqual([]);
  });
});
