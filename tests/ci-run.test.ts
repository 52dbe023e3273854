/** The script that runs everything, with commands in its way that count as the real ones do. */
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOT } from "./source-tree.ts";
import { createTestFolder, removeTestFolder } from "./support/test-folder.ts";

it("the run of everything leaves the machine's own PostgreSQL as it is", () => {
  const script = readFileSync(join(ROOT, ".ci", "run"), "utf8");
  expect(script).not.toMatch(/pg_hba|\/etc\/|pg_ctlcluster|pg_createcluster/);
  expect(script).toMatch(/initdb" -D "\$postgres_folder/);
});

describe("the run of everything closes with what it counted", () => {
  let folder = "";

  beforeAll(() => {
    folder = createTestFolder("ci-run");
    mkdirSync(join(folder, ".ci"));
    copyFileSync(join(ROOT, ".ci", "run"), join(folder, ".ci", "run"));
    mkdirSync(join(folder, "dist"));
    mkdirSync(join(folder, "bin"));
    const commands = {
      // `check` and `test` leave their counts, or none where they broke off, and end as they are told.
      npm: 'case "$*" in *check*) what=check; text=$CHECK; code=$CHECK_CODE;; *) what=test; text=$TEST; code=$TEST_CODE;; esac\n[ -n "$text" ] && echo "$text" > dist/.$what-counts.json\nexit $code',
      psql: "exit 0",
      "redis-server": "exit 0",
      chromium: "exit 0",
      // Nothing is installed here.
      "apt-get": "exit 1",
    };
    for (const [name, text] of Object.entries(commands)) {
      writeFileSync(join(folder, "bin", name), `#!/bin/sh\n${text}\n`);
      chmodSync(join(folder, "bin", name), 0o755);
    }
  });
  afterAll(() => removeTestFolder(folder));

  const counts = (passed: number, failed: number): string => JSON.stringify({ passed, failed });
  it.each([
    ["all well", counts(8, 0), 0, counts(100, 0), 0, "108 passed, 0 failed", 0],
    ["a check and two tests failed", counts(7, 1), 1, counts(98, 2), 1, "105 passed, 3 failed", 1],
    ["the tests broke off without a word", counts(8, 0), 0, "", 1, "8 passed, 1 failed", 1],
    ["all passed, and something ended ill", counts(8, 0), 0, counts(100, 0), 1, "108 passed, 1 failed", 1],
  ])("%s", (_, check, checkCode, test, testCode, closing, code) => {
    // What an earlier run left does not count.
    writeFileSync(join(folder, "dist", ".test-counts.json"), counts(5, 5));
    const { status, stdout } = spawnSync("bash", [".ci/run"], {
      cwd: folder,
      encoding: "utf8",
      env: {
        PATH: `${join(folder, "bin")}:${process.env["PATH"] ?? ""}`,
        CHECK: check,
        CHECK_CODE: String(checkCode),
        TEST: test,
        TEST_CODE: String(testCode),
      },
    });
    expect(stdout.trimEnd().split("\n").at(-1)).toBe(closing);
    expect(status).toBe(code);
  });
});
