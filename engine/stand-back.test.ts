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
