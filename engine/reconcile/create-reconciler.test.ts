/** Two nodes that begin a night at once: whether there is still one to be done is asked when the other's has ended. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createClock, createTimers } from "../create-clock.ts";
import { createHistory } from "../history/create-history.ts";
import type { History } from "../history/port.ts";
import { HistoryUnavailable } from "../model/errors.ts";
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

function reconcilerOf(node: string, flush?: () => Promise<void>): Reconciler {
  const never = (): never => {
    throw new Error("nothing is to be compared here");
  };
  return createReconciler({
    node: node as NodeId,
    connection: never,
    openPort: never,
    history,
    flush: flush ?? never,
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

it("compares nothing while history cannot be brought up to date, and waits for it no longer than it is waited for", async () => {
  const watching = { onProgress: () => undefined, onWaiting: () => undefined };
  const how = { dryRun: false, whole: false };
  const away = reconcilerOf("n1", () => Promise.reject(new HistoryUnavailable("away")));
  const open = new AbortController();
  await expect(away.run(how, { ...watching, signal: open.signal })).rejects.toThrow("away");
  // The duty is free again, and nobody waits for a drain that never ends.
  const leaving = new AbortController();
  const slow = reconcilerOf("n2", () => {
    leaving.abort(new Error("nobody waits any more"));
    return new Promise(() => undefined);
  });
  await expect(slow.run(how, { ...watching, signal: leaving.signal })).rejects.toThrow("nobody waits any more");
  let begun = 0;
  const late = reconcilerOf("n3", () => {
    begun += 1;
    return Promise.reject(new HistoryUnavailable("away, and nobody hears it"));
  });
  await expect(late.run(how, { ...watching, signal: leaving.signal })).rejects.toThrow("nobody waits any more");
  expect(begun).toBe(0);
  expect(await history.documents("night", 1)).toEqual([]);
});
