/** Rule files checked and tested by the API: those of the folder, and those that come along; nothing of it in force. */
import { join } from "node:path";
import { Compile } from "typebox/compile";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ROOT } from "../../tests/source-tree.ts";
import { createRulesJudge } from "../backtest/create-rules-judge.ts";
import { createTimers } from "../create-clock.ts";
import { readRulesFolder } from "../language/port.ts";
import { IDLE, startControl } from "./control-fixtures.ts";
import type { TestControl } from "./control-fixtures.ts";
import type { RulesQuestions } from "./rules-route.ts";
import { type Checked, CheckedSchema, type Tested, TestedSchema } from "./rules-port.ts";

const token = "a-token-that-nobody-guesses";
const FOLDER = join(ROOT, "rules");

let plane: TestControl;
let folder: string;

beforeEach(async () => {
  folder = FOLDER;
  const { judge } = createRulesJudge(createTimers());
  const rules: RulesQuestions = { judge: ({ rules: files = folder, tests }) => judge({ rules: files, tests }) };
  plane = await startControl(token, IDLE, { rules });
});

afterEach(() => plane.close());

async function ask(path: string, body?: object): Promise<{ readonly status: number; readonly answer: unknown }> {
  const response = await fetch(`${plane.url}${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, answer: await response.json() };
}

const small = (when: string) => [
  { path: "brand.yaml", text: "brand: Shop\ntime zone: Europe/Paris\n" },
  { path: "fields.yaml", text: "fields: {city: text}\n" },
  { path: "events/seen.yaml", text: "event: seen\n" },
  { path: "segments/parisian.yaml", text: `segment: parisian\nwhen: ${when}\n` },
  {
    path: "tests/cities.yaml",
    text: "test: who is from Paris\ngiven: {profile: {city: Paris}}\nevents: [2026-01-01T10:00Z seen]\nthen: [in segment parisian]\n",
  },
];

describe("the check of rules", () => {
  test("of the folder is what vif check and vif explain tell of it", { timeout: 60_000 }, async () => {
    const { status, answer } = await ask("/v1/check");
    expect(status).toBe(200);
    expect(Compile(CheckedSchema).Check(answer)).toBe(true);
    const { sound, problems, rules, segments } = answer as Checked;
    expect({ sound, problems }).toEqual({ sound: true, problems: [] });
    expect(rules.filter(({ kind }) => kind === "segment")).toHaveLength(segments ?? 0);
    expect(rules.find(({ name }) => name === "vip")?.lines.join(" ")).toContain("in the last 365 days");
  });

  test("of files that come along names each mistake with its place", async () => {
    const { status, answer } = await ask("/v1/check", { rules: small("citty = Paris") });
    expect(status).toBe(200);
    expect(Compile(CheckedSchema).Check(answer)).toBe(true);
    expect(answer).toMatchObject({
      sound: false,
      files: 5,
      problems: [{ path: "segments/parisian.yaml", line: 2, column: 7, length: 5 }],
      rules: [],
    });
  });

  test("knows mistakes in the templates of messages too", { timeout: 60_000 }, async () => {
    const files = await readRulesFolder(FOLDER);
    const rules = files.map(({ path, text }) => ({
      path,
      text: path.endsWith("email/birthday-voucher.hbs") ? text.replace("<mj-section", "<mj-sektion") : text,
    }));
    expect((await ask("/v1/check", { rules })).answer).toMatchObject({ sound: false });
  });

  test("of a folder that is not there says so, and a body that is wrong is refused", async () => {
    folder = join(FOLDER, "nowhere");
    expect(await ask("/v1/check")).toMatchObject({
      status: 409,
      answer: { code: "not_done", message: expect.stringContaining("there is no rules folder") },
    });
    expect(await ask("/v1/check", { rule: [] })).toMatchObject({
      status: 400,
      answer: { message: "The body takes no `rule`, but `rules`. Did you mean `rules`?" },
    });
  });
});

describe("the test of rules", () => {
  test("of the folder holds, those with a name or all", { timeout: 60_000 }, async () => {
    const { answer } = await ask("/v1/test", { name: "birthday" });
    expect(Compile(TestedSchema).Check(answer)).toBe(true);
    const { passed, failed, tests } = answer as Tested;
    expect({ failed, all: tests.length }).toEqual({ failed: 0, all: passed });
    expect(tests.every(({ name }) => name.includes("birthday"))).toBe(true);
    expect(passed).toBeGreaterThan(0);
  });

  test("of files that come along says what was found instead", async () => {
    expect((await ask("/v1/test", { rules: small("city = Paris") })).answer).toMatchObject({ passed: 1, failed: 0 });
    const { answer } = await ask("/v1/test", { rules: small("city = Lyon") });
    expect(Compile(TestedSchema).Check(answer)).toBe(true);
    expect(answer).toMatchObject({
      sound: true,
      passed: 0,
      failed: 1,
      tests: [{ name: "who is from Paris", expectations: [{ text: "in segment parisian", line: 4, holds: false }] }],
    });
    expect((await ask("/v1/test", { rules: small("citty = Paris") })).answer).toMatchObject({
      sound: false,
      tests: [],
    });
  });
});
