import { describe, expect, it } from "vitest";
import type { ShardId } from "../model/ids.ts";
import { type Lane, overShards } from "./over-shards.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("shards on lanes", () => {
  it("are each done once, and told in order, however slow a lane is", async () => {
    const done: string[] = [];
    const lane =
      (name: string, turns: number): Lane<string> =>
      async (shard) => {
        for (let left = turns; left > 0; left--) await turn();
        done.push(name);
        return `shard ${shard}`;
      };
    const told = await overShards(7, [lane("fast", 1), lane("slow", 4)]);
    expect(told).toEqual([0, 1, 2, 3, 4, 5, 6].map((shard) => `shard ${shard}`));
    expect(done.filter((name) => name === "slow").length).toBeGreaterThan(0);
    expect(done.filter((name) => name === "fast").length).toBeGreaterThan(done.length / 2);
  });

  it("are not begun any more once one has failed, and none is left at work", async () => {
    const begun: ShardId[] = [];
    let atWork = 0;
    const lane: Lane<void> = async (shard) => {
      begun.push(shard);
      atWork += 1;
      await turn();
      if (shard > 0) await turn();
      atWork -= 1;
      if (shard === 0) throw new Error("the store is away");
    };
    await expect(overShards(8, [lane, lane])).rejects.toThrow("the store is away");
    expect({ begun, atWork }).toEqual({ begun: [0, 1], atWork: 0 });
  });
});
