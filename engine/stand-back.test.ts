import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { constants, getPriority, platform } from "node:os";
import { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { threadEntry } from "./model/thread-entry.ts";

/** Says its own priority after it has stood back. */
const THREAD = `
  const { parentPort, workerData } = require("node:worker_threads");
  const { getPriority } = require("node:os");
  import(workerData).then(({ standBack }) => {
    standBack();
    parentPort.postMessage(getPriority(0));
  });
`;

describe("a thread that stands back", () => {
  it.runIf(platform() === "linux")("does so alone: the others keep their priority", async () => {
    const before = getPriority(0);
    const workerData = threadEntry(new URL("./model/thread-entry.ts", import.meta.url).href, "../stand-back").href;
    const thread = new Worker(THREAD, { eval: true, workerData });
    const [priority] = (await once(thread, "message")) as [number];
    await thread.terminate();
    expect(priority).toBe(constants.priority.PRIORITY_BELOW_NORMAL);
    expect(getPriority(0)).toBe(before);
  });
});

/** Says the priority of each thread of its process, oldest first, once the helpers have stood back. */
const PROCESS = `
  const { readdirSync } = require("node:fs");
  const { getPriority } = require("node:os");
  import(process.argv[1]).then(({ standV8Back }) => {
    standV8Back();
    const threads = readdirSync("/proc/self/task").map(Number).sort((a, b) => a - b);
    console.log(JSON.stringify(threads.map((thread) => getPriority(thread))));
  });
`;

describe("V8's own threads", () => {
  it.runIf(platform() === "linux")("stand back, and nobody else does", () => {
    const here = getPriority(0);
    const module = threadEntry(new URL("./model/thread-entry.ts", import.meta.url).href, "../stand-back").href;
    const said = execFileSync(process.execPath, ["-e", PROCESS, module], { encoding: "utf8" });
    const [main, ...others] = JSON.parse(said) as [number, ...number[]];
    const back = constants.priority.PRIORITY_BELOW_NORMAL;
    expect(main).toBe(here);
    expect(others.slice(0, 5)).toEqual(Array(5).fill(back));
    expect(others.slice(5).every((priority) => priority === here)).toBe(true);
  });
});
