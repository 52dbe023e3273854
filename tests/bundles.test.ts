/**
 * What an engine is started from: bundles whose code V8 made beforehand. A stack from one of them names the line of the
 * source, as whoever reads a log expects, and the code beside it is the one that this V8 takes.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { constants, getPriority, platform } from "node:os";
import { join } from "node:path";
import type { Script } from "node:vm";
import { describe, expect, it } from "vitest";
import { ROOT } from "./source-tree.ts";
import { writeCountingRules } from "./support/counting-rules.ts";
import { createEngineProcess } from "./support/engine-process.ts";
import { createTestFolder, removeTestFolder } from "./support/test-folder.ts";

const START = join(ROOT, "dist", "start");
const names = readdirSync(START).flatMap((file) => /^(.+)\.code$/.exec(file)?.[1] ?? []);

describe("what an engine starts from", () => {
  it("is a bundle for the main thread and for each of the others", () => {
    expect(names.sort()).toEqual([
      "deliver-main",
      "drain-main",
      "job-main",
      "journal-main",
      "judge-main",
      "main",
      "night-main",
      "past-main",
      "rebuild-main",
      "reconcile-main",
      "rules-main",
      "state-main",
      "training-main",
      "worker-main",
    ]);
  });

  it.each(names)("has code for %s that this V8 takes", (name) => {
    const runner = createRequire(import.meta.url)(join(START, "run-bundle.cjs")) as {
      compileBundle(name: string, code: Buffer): Script;
    };
    expect(runner.compileBundle(name, readFileSync(join(START, `${name}.code`))).cachedDataRejected).toBe(false);
  });

  it("names a source's line in a stack", () => {
    const source = "engine/shard/worker-main.ts";
    const line = readFileSync(join(ROOT, source), "utf8")
      .split("\n")
      .findIndex((text) => text.includes("is the entry of a worker thread"));
    // It wants to be a thread, and says so when it is started as a program.
    const { stderr, status } = spawnSync(process.execPath, [join(START, "worker-main.js")], { cwd: ROOT });
    expect(String(stderr)).toContain(`at ${source}:${line + 1}:`);
    expect(status).toBe(1);
  });

  it.runIf(platform() === "linux")("puts V8's own threads behind those that answer", { timeout: 60_000 }, async () => {
    const folder = createTestFolder("stand-back");
    writeCountingRules(join(folder, "rules"));
    const engine = await createEngineProcess({ rules: join(folder, "rules"), folder: join(folder, "engine") });
    try {
      await engine.start();
      const pid = engine.pid();
      const others = readdirSync(`/proc/${pid}/task`)
        .map(Number)
        .filter((thread) => thread > pid);
      const priorities = others.sort((a, b) => a - b).map((thread) => getPriority(thread));
      const back = constants.priority.PRIORITY_BELOW_NORMAL;
      expect(priorities.slice(0, 5)).toEqual(Array(5).fill(back));
      // Workers, the journal's thread and the store's among them.
      expect(priorities.slice(5).filter((priority) => priority < back).length).toBeGreaterThan(4);
      expect(getPriority(pid)).toBeLessThan(back);
    } finally {
      await engine.kill();
      removeTestFolder(folder);
    }
  });
});
