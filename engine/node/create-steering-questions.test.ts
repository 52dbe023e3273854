/** What operators order by one node is what all of them read. */
import { describe, expect, it } from "vitest";
import { checkRules, digestPlan, encodePlan } from "../language/port.ts";
import type { NodeId, PlanDigest, ShardId } from "../model/ids.ts";
import { NO_ORDERS } from "../model/orders.ts";
import { differingFolders, parseSteering, withFolder, withPlan } from "../model/steering.ts";
import type { Plans } from "../store/port.ts";
import { createReferenceStore } from "../store/reference-store.ts";
import { steer } from "./plan-steering.ts";
import { createSteeringQuestions } from "./create-steering-questions.ts";

const [a, b] = ["node-a" as NodeId, "node-b" as NodeId];

async function planWith(plans: Plans, trigger: string): Promise<PlanDigest> {
  const { plan } = checkRules([
    { path: "events/seen.yaml", text: "event: seen\n" },
    { path: `triggers/${trigger}.yaml`, text: `trigger: ${trigger}\non: seen\nsend: {template: x, by: email}\n` },
  ]);
  if (plan === undefined) throw new Error("the rules are not sound");
  const bytes = encodePlan(plan);
  const digest = digestPlan(bytes);
  await plans.put(digest, bytes);
  await plans.setCurrent(digest);
  await steer(plans, (before) => withPlan(before, { plan: digest, since: 1, node: a, because: "files" }));
  return digest;
}

function setup() {
  const { plans } = createReferenceStore(1, () => 0);
  const shard = { plan: "" as PlanDigest, orders: NO_ORDERS };
  let read = 0;
  const questions = createSteeringQuestions({
    plans,
    node: a,
    now: () => 5,
    cluster: {
      activate: async (plan) => void (shard.plan = plan),
      steered: () => void (read += 1),
      status: () => ({
        node: a,
        living: [a, b],
        plan: shard.plan,
        shards: [],
        workers: [
          {
            cacheBytes: 0,
            fired: new Map(),
            trouble: undefined,
            shards: [
              {
                shard: 0 as ShardId,
                epoch: 1,
                position: 0,
                durable: 0,
                stored: 0,
                queued: 0,
                unanswered: false,
                unfilled: 0,
                instant: 0,
                ...shard,
              },
            ],
          },
        ],
      }),
    },
  });
  return { plans, questions, shard, read: () => read };
}

describe("steering", () => {
  it("pauses a trigger that there is, and says which shards are still to follow", async () => {
    const { plans, questions, shard, read } = setup();
    shard.plan = await planWith(plans, "welcome");
    expect(await questions.order({ is: "pause", trigger: "welcom" })).toMatchObject({ refused: "not_found" });
    expect(await questions.order({ is: "pause", trigger: "welcome" })).toMatchObject({
      paused: ["welcome"],
      pending: [0],
    });
    expect(read()).toBe(1);
    shard.orders = { ...NO_ORDERS, paused: ["welcome"] };
    expect(await questions.steering()).toMatchObject({ paused: ["welcome"], stopped: false, pending: [] });
    // Also one that the rules have no more.
    expect(await questions.order({ is: "resume", trigger: "welcome" })).toMatchObject({ paused: [] });
  });

  it("pauses a channel, and reads what was ordered before channels could be", async () => {
    const { plans, questions } = setup();
    await plans.setSteering(`{"orders":{"paused":["old"],"stopped":false},"plans":[],"folders":{}}`, undefined);
    expect(await questions.steering()).toMatchObject({ paused: ["old"], pausedChannels: [] });
    expect(await questions.order({ is: "pause", channel: "sms" })).toMatchObject({ pausedChannels: ["sms"] });
    expect(await questions.order({ is: "pause", channel: "email" })).toMatchObject({
      pausedChannels: ["email", "sms"],
    });
    expect(await questions.order({ is: "resume", channel: "sms" })).toMatchObject({
      paused: ["old"],
      pausedChannels: ["email"],
    });
  });

  it("stops all sends once, and lets them go out again", async () => {
    const { plans, questions } = setup();
    await planWith(plans, "welcome");
    expect(await questions.order({ is: "stop" })).toMatchObject({ stopped: true });
    const text = await plans.steering();
    await questions.order({ is: "stop" });
    expect(await plans.steering()).toBe(text);
    expect(await questions.order({ is: "start" })).toMatchObject({ stopped: false });
  });

  it("goes back to a plan by the beginning of its name, and says what it does not know", async () => {
    const { plans, questions, shard } = setup();
    const [one, two] = [await planWith(plans, "one"), await planWith(plans, "two")];
    expect(await questions.usePlan("ffffff")).toMatchObject({ refused: "not_found" });
    expect(await questions.usePlan(one.slice(0, 8))).toMatchObject({ plan: one });
    expect(shard.plan).toBe(one);
    const { plans: list } = await questions.steering();
    expect(list.map(({ plan, because }) => [plan, because])).toEqual([
      [one, "files"],
      [two, "files"],
      [one, "order"],
    ]);
  });

  it("loses no order of two nodes that give one at once", async () => {
    const { plans } = setup();
    const digests = Array.from({ length: 8 }, (_, i) => `plan-${i}` as PlanDigest);
    await Promise.all(digests.map((plan, i) => steer(plans, (before) => withFolder(before, `n${i}` as NodeId, plan))));
    expect(Object.values(parseSteering(await plans.steering()).folders).sort()).toEqual(digests);
  });

  it("tells living nodes with different rules apart", () => {
    const one = "11111111" as PlanDigest;
    const folders = { [a]: one, [b]: "22222222" as PlanDigest, ["gone" as NodeId]: "3" as PlanDigest };
    const steering = { orders: NO_ORDERS, plans: [], folders };
    expect(differingFolders(steering, [a, b])).toBe("node-a has 11111111, node-b has 22222222");
    expect(differingFolders({ ...steering, folders: { ...folders, [b]: one } }, [a, b])).toBeUndefined();
  });
});
