/**
 * Every example of docs/rules.md is sound: its files and its single conditions are checked together, as one set. A block
 * marked `wrong` holds lines that the checker must refuse, each of them.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { runRuleTest } from "../../engine/backtest/run-rule-test.ts";
import { checkRules, encodePlan, loadPlan, renderProblems, type RuleFile } from "../../engine/language/port.ts";
import { ROOT } from "../source-tree.ts";

interface Block {
  readonly language: string;
  readonly text: string;
  readonly line: number;
}

const page = readFileSync(join(ROOT, "docs/rules.md"), "utf8");

function blocksIn(text: string): readonly Block[] {
  const found = [...text.matchAll(/^```(.+)\n([\s\S]*?)^```$/gm)];
  return found.map(({ 1: language = "", 2: body = "", index }) => ({
    language,
    text: body,
    line: text.slice(0, index).split("\n").length + 1,
  }));
}

const blocks = blocksIn(page);

const files: readonly RuleFile[] = blocks.flatMap(({ language, text }) => {
  const name = /^# rules\/(\S+)\n/.exec(text)?.[1];
  return language === "yaml" && name !== undefined ? [{ path: name, text }] : [];
});

function conditionsOf(language: string): readonly RuleFile[] {
  const lines = blocks
    .filter((block) => block.language === language)
    .flatMap(({ text, line }) => text.split("\n").map((written, index) => ({ written, line: line + index })))
    .map(({ written, line }) => ({ written: written.replace(/ {2,}#.*$/, "").trim(), line }))
    .filter(({ written }) => written !== "");
  return lines.map(({ written, line }) => ({
    path: `segments/line-${line}.yaml`,
    text: JSON.stringify({ segment: `line-${line}`, when: written }),
  }));
}

it("every block is of a kind that is checked", () => {
  const known = ["yaml", "conditions", "conditions wrong"];
  expect(blocks.filter(({ language }) => !known.includes(language))).toEqual([]);
  const fragments = blocks.filter(({ language, text }) => language === "yaml" && !text.startsWith("# rules/"));
  expect(fragments, "a file's block begins with its name").toEqual([]);
});

it("all examples are sound, as one set", () => {
  const { plan, problems } = checkRules([...files, ...conditionsOf("conditions")]);
  expect(renderProblems(problems, { colour: false, pathPrefix: "rules/" })).toBe("");
  expect(plan?.segments.length).toBeGreaterThan(10);
});

it("the tests among them hold", () => {
  const { plan, tests } = checkRules(files);
  if (plan === undefined) throw new Error("refused");
  expect(tests.length).toBeGreaterThan(0);
  const missed = tests
    .flatMap((each) => runRuleTest(loadPlan(encodePlan(plan)), each))
    .filter(({ holds }) => !holds)
    .map(({ text, found }) => `${text}: ${found}`);
  expect(missed).toEqual([]);
});

it("every line that is shown as wrong is refused", () => {
  for (const wrong of conditionsOf("conditions wrong")) {
    const { problems } = checkRules([...files, wrong]);
    expect(problems.length, wrong.text).toBeGreaterThan(0);
  }
});
