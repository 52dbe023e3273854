/** Two nodes that begin a night at once: whether there is still one to be done is asked when the other's has ended. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createClock, createTimers } from "../create-clock.ts";
import { createHistory } from "../history/create-history.ts";
import type { History } from "../history/port.ts";
import type { NodeId } from "../model/ids.ts";
import { createReconciler, type Reconciler } from "./create-reconciler.ts";

let folder = "";
let history: History;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "vif-reconciler-"));
  history = await createHistory({ kind: "embedded", file: join(folder, "history.duckdb") });
});

afterEach(async () => {
  await history.close();
  rmSync(folder, { recursive: true });
});

function reconcilerOf(node: string): Reconciler {
  const never = (): never => {
    throw new Error("nothing is to be compared here");
  };
  return createReconciler({
    node: node as NodeId,
    connection: never,
    openPort: never,
    history,
    kept: async () => ({ events: {}, fields: {} }),
    anonymousKeptMs: undefined,
    lettersKeptMs: undefined,
    tell: never,
    clock: createClock(),
    timers: createTimers(),
    makeId: () => node,
  });
}

it("asks whether a night is still to be done once another node has ended its own, and not before", async () => {
  const [first, second] = [reconcilerOf("n1"), reconcilerOf("n2")];
  const signal = new AbortController().signal;
  const said: string[] = [];
  let end: () => void = () => undefined;
  const held = first.onDuty({ onWaiting: () => undefined, signal }, async () => {
    await new Promise<void>((resolve) => {
      end = resolve;
    });
    said.push("the first has ended");
  });
  await expect.poll(() => history.document({ kind: "duty", key: "night" })).toBeDefined();
  const night = await second.runIf(
    async () => {
      said.push("the second is asked");
      return undefined;
    },
    { onProgress: () => undefined, onWaiting: () => end(), signal },
  );
  await held;
  expect(night).toBeUndefined();
  expect(said).toEqual(["the first has ended", "the second is asked"]);
});
