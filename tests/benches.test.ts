/** The measurements run as `npm run bench` calls them, at sizes that say nothing: figures are no test's business. */
import { spawnSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { ROOT } from "./source-tree.ts";
import { createTestFolder, removeTestFolder } from "./support/test-folder.ts";

const folder = createTestFolder("benches");

afterAll(() => removeTestFolder(folder));

/** In a folder of their own, where they keep their results. */
function bench(names: readonly string[], env: Readonly<Record<string, string>>) {
  return spawnSync(process.execPath, [join(ROOT, "dist/bench/main.js"), ...names], {
    cwd: folder,
    env: { ...process.env, ...env },
    encoding: "utf8",
  });
}

describe("npm run bench", () => {
  it("finds people of a history and of a whole engine, at the size that the environment names", () => {
    const run = bench(["people"], { BENCH_PEOPLE: "600", BENCH_TYPISTS: "1" });
    expect(run.status, run.stderr).toBe(0);
    const [file = ""] = readdirSync(join(folder, "bench/results"));
    const { results } = JSON.parse(readFileSync(join(folder, "bench/results", file), "utf8")) as {
      results: { people: number; results: { store: string; asked: { kind: string; p95Ms: number }[] }[] };
    };
    expect(results.people).toBe(600);
    expect(results.results.map(({ store }) => store)).toEqual(expect.arrayContaining(["DuckDB", "engine"]));
    for (const { asked } of results.results) expect(asked.find(({ kind }) => kind === "all")?.p95Ms).toBeGreaterThan(0);
  });

  it("takes the names of measurements for nothing else", () => {
    const run = bench(["gateway"], { BENCH_SECONDS: "0.3", BENCH_ROUNDS: "1" });
    expect(run.stderr).toBe("");
    expect(run.stdout).toMatch(/1 gateway +\d{3,} events\/s .*, 0 refused/);
  });

  it("refuses a size that is none", () => {
    const run = bench(["people"], { BENCH_PEOPLE: "many" });
    expect(run.status).not.toBe(0);
    expect(run.stderr).toContain('BENCH_PEOPLE is "many", and takes a number above 0');
  });
});
