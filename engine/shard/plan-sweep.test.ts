/** What becomes of the people of a shard that begins a new plan. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkRules, encodePlan, loadPlan } from "../language/port.ts";
import { slotOfCell } from "../model/hash.ts";
import { cellKey } from "../model/identifier.ts";
import { shardOfSlot } from "../model/ids.ts";
import { createReferenceStore } from "../store/reference-store.ts";
import { Bench, FILES, SHARDS, viewed } from "./shard-host-fixtures.ts";

describe("a new plan", () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = new Bench(createReferenceStore(SHARDS, () => Date.now()));
    await bench.own();
  });
  afterEach(async () => {
    await bench.host.close();
  });

  it("finds people in the segments of a new plan in silence: only who enters by what happens sets a trigger off", async () => {
    const more = checkRules([
      ...FILES,
      { path: "segments/lookers.yaml", text: "segment: lookers\nwhen: count of product_viewed in last 7 days >= 1\n" },
      {
        path: "triggers/hello.yaml",
        text: "trigger: hello\non: entered segment lookers\nsend: {template: hello, by: email}\ncategory: transactional\n",
      },
    ]);
    if (more.plan === undefined) throw new TypeError(JSON.stringify(more.problems));
    const bytes = encodePlan(more.plan);
    const { digest } = loadPlan(bytes);
    await bench.event(viewed("m1", "still"));
    await bench.event(viewed("m2", "busy"));
    await bench.store.plans.put(digest, bytes);
    await bench.host.activate(digest);
    await bench.event(viewed("m3", "busy"));
    await bench.event(viewed("m4", "new"));
    await bench.settled();
    const seen = async (value: string) => {
      const answer = await bench.read({ kind: "anonymous", value });
      return answer.is === "read" ? [answer.view?.segments.includes("lookers"), answer.view?.firings.length] : answer;
    };
    expect(await seen("still")).toEqual([true, 0]);
    expect(await seen("busy")).toEqual([true, 0]);
    expect(await seen("new")).toEqual([true, 1]);
  });

  it("stores the wake-up that a new plan gives somebody who comes by before it is looked at, though nothing is recorded", async () => {
    const { state } = bench.store;
    const scan = state.scan.bind(state);
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const shard = shardOfSlot(slotOfCell(cellKey({ kind: "anonymous", value: "still" })), SHARDS);
    const store = () =>
      bench.ask((_, request) => ({ kind: "repair", shard, request, fix: { of: "checkpoint" } }), {
        kind: "anonymous",
        value: "still",
      });
    const wakesWithin = async (days: number) => (await state.due(shard, Date.now() + days * 86_400_000, 9)).length;
    await bench.event(viewed("m1", "still"));
    await store();
    const isStored = async () => (await state.loadMeta(shard))?.watermark === (await bench.store.journal.last(shard));
    await expect.poll(isStored).toBe(true);
    // Whoever has come by lately is looked at with the plan's first turn; the other is not in memory.
    await bench.crash();
    const away = "segment: away\nwhen: count of product_viewed in last 3 days < 1\n";
    const more = checkRules([...FILES, { path: "segments/away.yaml", text: away }]);
    if (more.plan === undefined) throw new TypeError(JSON.stringify(more.problems));
    const bytes = encodePlan(more.plan);
    const { digest } = loadPlan(bytes);
    await bench.store.plans.put(digest, bytes);
    expect(await wakesWithin(4)).toBe(0);
    Object.assign(state, { scan: (...args: Parameters<typeof scan>) => gate.then(() => scan(...args)) });
    await bench.host.activate(digest);
    expect(await bench.event(viewed("m1", "still"))).toMatchObject({ is: "duplicate" });
    open();
    await expect.poll(() => store().then(() => wakesWithin(4)), { timeout: 20_000, interval: 50 }).toBe(1);
  });

  it("stores that everybody was met by the plan, though there is no record of it", async () => {
    const { state } = bench.store;
    const scan = state.scan.bind(state);
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    Object.assign(state, { scan: (...args: Parameters<typeof scan>) => gate.then(() => scan(...args)) });
    await bench.event(viewed("m1", "still"));
    const shard = shardOfSlot(slotOfCell(cellKey({ kind: "anonymous", value: "still" })), SHARDS);
    const sweep = async (): Promise<unknown> => {
      await bench.ask((_, request) => ({ kind: "repair", shard, request, fix: { of: "checkpoint" } }), {
        kind: "anonymous",
        value: "still",
      });
      const stored = await state.loadMeta(shard);
      return stored && (JSON.parse(new TextDecoder().decode(stored.meta)) as { sweep: unknown }).sweep;
    };
    const patience = { timeout: 20_000, interval: 50 };
    await expect.poll(sweep, patience).toBe("start");
    open();
    await expect.poll(sweep, patience).toBe("done");
  });
});
