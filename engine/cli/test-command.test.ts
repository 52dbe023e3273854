import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTestFolder, removeTestFolder } from "../../tests/support/test-folder.ts";
import { nearestName } from "../model/nearest-name.ts";
import { createStyle } from "./terminal.ts";
import { createTestCommand } from "./test-command.ts";

let folder = "";
beforeAll(() => {
  folder = createTestFolder("rule-tests");
  cpSync("rules", folder, { recursive: true });
});
afterAll(() => removeTestFolder(folder));

async function vifTest(...args: string[]) {
  const out: string[] = [];
  const command = createTestCommand(async () => folder, nearestName);
  const style = createStyle(false);
  const code = await command.run(args, {
    out: (text) => void out.push(text),
    err: (text) => void out.push(text),
    outStyle: style,
    errStyle: style,
    columns: undefined,
  });
  return { code, out: out.join("\n") };
}

function writeTest(name: string, lines: readonly string[]): void {
  mkdirSync(join(folder, "tests"), { recursive: true });
  writeFileSync(join(folder, "tests", `${name}.yaml`), `${lines.join("\n")}\n`);
}

describe("vif test", () => {
  it("takes a folder as vif check does, and one at a time", async () => {
    const { code, out } = await vifTest(folder, "--name", "birthday");
    expect(out).toMatch(/tests? holds?\./);
    expect(code).toBe(0);
    await expect(vifTest(folder, "--rules", "elsewhere")).rejects.toThrow("One folder at a time");
  });

  it("finds that the example brand's rules do what their tests say", async () => {
    const { code, out } = await vifTest();
    expect(out).toMatch(/^(\d+) of \1 tests hold\.$/m);
    expect(code).toBe(0);
  });

  it.each([
    ["in segment buyer", "in segment buyer"],
    ["not in segment vip", "not in segment vip"],
    ["home-hero shows hero-first-visit", "home-hero shows hero-"],
  ])("says what was found where %s was expected", async (expected, otherwise) => {
    // Each expectation is turned into its opposite, and then fails.
    const opposite = expected.startsWith("not ")
      ? expected.slice(4)
      : expected.startsWith("in ")
        ? `not ${expected}`
        : expected;
    writeTest("wrong", [
      "test: wrong",
      "events:",
      "  - 2026-01-01T10:00Z order_completed {total: 5}",
      "then:",
      `  - ${opposite}`,
    ]);
    const { code, out } = await vifTest("--name", "wrong");
    expect(code).toBe(1);
    expect(out).toContain(`was expected at 2026-01-01 11:00:00, and it was: ${otherwise}`);
    expect(out).toContain("wrong.yaml:5");
  });

  it("lets windows pass to the millisecond", async () => {
    writeTest("wrong", [
      "test: to the millisecond",
      "events:",
      "  - 2026-01-01T10:00:00Z product_viewed {category: shoes}",
      "  - 2026-01-01T10:00:01Z product_viewed {category: shoes}",
      "  - 2026-01-01T10:00:02Z product_viewed {category: shoes}",
      "advance: 604797 seconds",
      "then: [in segment shoe-lover]",
      "advance one more: 1 second",
      "then no more: [not in segment shoe-lover]",
    ]);
    const { code, out } = await vifTest("--name", "millisecond");
    expect(out).toContain("1 of 1 tests hold.");
    expect(code).toBe(0);
  });

  it("refuses a test whose time goes backwards, and one with names that are not there", async () => {
    writeTest("wrong", [
      "test: backwards",
      "events: [2026-01-02 page_viewed, 2026-01-01 page_viewed]",
      "then: [not in segment vip]",
    ]);
    const backwards = await vifTest("--name", "backwards");
    expect(backwards.code).toBe(1);
    expect(backwards.out).toContain("2026-01-01");
    writeTest("wrong", ["test: names", "given: {profile: {citi: Paris}}", "then: [in segment vipp]"]);
    const names = await vifTest("--json");
    expect(names.code).toBe(1);
    expect(JSON.parse(names.out)).toMatchObject({ problems: [{ code: "unknown_name" }, { code: "unknown_segment" }] });
  });
});
