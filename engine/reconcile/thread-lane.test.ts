/** What is told of a lane whose thread is gone before its work was done, and of a rebuild that somebody else has overtaken. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { expect, it, test } from "vitest";
import { checkRules, encodePlan, loadPlan } from "../language/port.ts";
import { SetupError, ThreadEnded } from "../model/errors.ts";
import type { ShardId } from "../model/ids.ts";
import { PieceWriter } from "./piece-writer.ts";
import { endOfThread } from "./thread-end.ts";
import { openThreadLane } from "./thread-lane.ts";

const SHARD = 3 as ShardId;

/** Asks for one shard of a thread that runs this when it is asked. */
function askOf(program: string): Promise<unknown> {
  const source = `import { parentPort } from "node:worker_threads"; parentPort.once("message", () => { ${program} });`;
  const entry = new URL(`data:text/javascript,${encodeURIComponent(source)}`);
  const around = { name: "vif-night-1", workerData: {}, transfer: [], onSaid: () => undefined };
  return openThreadLane({ entry, ...around }).lane(SHARD);
}

it("tells of a thread that ends without a word what to do", async () => {
  const told = await askOf("process.exit(1);").catch((error: unknown) => error);
  expect(told).toBeInstanceOf(ThreadEnded);
  expect(told).toMatchObject({
    message: "The thread vif-night-1 ended before its work was done. Run it again: it goes on where it was.",
  });
});

it("tells a fault of the program as it is", async () => {
  await expect(askOf('throw new TypeError("a mistake");')).rejects.toThrow(new TypeError("a mistake"));
});

test("want of memory is no fault", async () => {
  const worker = new Worker("const all = []; for (;;) all.push(new Array(1000).fill({}));", {
    eval: true,
    resourceLimits: { maxOldGenerationSizeMb: 8 },
  });
  const [cause] = (await once(worker, "error").catch((error: unknown) => [error])) as [Error];
  const told = endOfThread("vif-night-1", cause);
  expect(told).toBeInstanceOf(ThreadEnded);
  expect(told.message).toMatch(/^The thread vif-night-1 ran out of memory .*: it goes on where it was\.$/);
});

test("a rebuild that was overtaken says what to do", async () => {
  const plan = loadPlan(
    encodePlan(checkRules([{ path: "fields.yaml", text: "fields: {city: text}\n" }]).plan as never),
  );
  const writer = new PieceWriter({ checkpoint: async () => "fenced" }, { shard: SHARD, epoch: 1, plan });
  await writer.addCell("user:u1" as never, "0".repeat(24) as never);
  const told = await writer.end().catch((error: unknown) => error);
  expect(told).toBeInstanceOf(SetupError);
  expect((told as SetupError).message).toBe("Shard 3 was claimed by another process while it was being rebuilt.");
  expect((told as SetupError).remedy).toContain("run this again");
});
