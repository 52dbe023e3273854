/**
 * Two nodes of one brand begin a night at once: one does it, the other waits for its end and then finds nothing. What the
 * one that compares finds wrong in a shard of the other is put right by that other.
 */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { NightReport } from "../../engine/control/nights-port.ts";
import { type ProfileId, shardOfProfile, slotOfProfile } from "../../engine/model/ids.ts";
import { createRedisKeys } from "../../engine/store/redis/keys.ts";
import { ROOT } from "../source-tree.ts";
import { CONTROL_TOKEN, type EngineProcess, ONCE } from "../support/engine-process.ts";
import { liveALittle } from "../support/night-brand.ts";
import { type NodePair, pairMissing, shardsOf, startNodePair, untilOwns } from "../support/node-pair.ts";

const SHARDS = 8;
const PEOPLE = 16;

describe.skipIf(pairMissing !== undefined)(`two nodes ${pairMissing ?? ""}`, () => {
  let pair: NodePair;

  beforeAll(async () => {
    pair = await startNodePair("night_pair", join(ROOT, "rules"));
    for (const node of pair.nodes) await untilOwns(node, (shards) => shards.length > 0);
    await liveALittle(pair.nodes[0], PEOPLE);
    for (const node of pair.nodes) await node.drain();
  }, 120_000);

  afterAll(() => pair?.close());

  async function night(node: EngineProcess): Promise<{ readonly waited: boolean; readonly report: NightReport }> {
    const answer = await fetch(`http://127.0.0.1:${node.controlPort}/v1/reconcile`, {
      method: "POST",
      headers: { ...ONCE, authorization: `Bearer ${CONTROL_TOKEN}` },
    });
    const told = await answer.text();
    const report = /event: report\ndata: (.*)/.exec(told)?.[1];
    if (report === undefined) throw new Error(`${answer.status} ${told}`);
    return { waited: told.includes("event: waiting"), report: JSON.parse(report) as NightReport };
  }

  /** Somebody, with who owns their shard by now and who does not: asked, as shards move while nodes come. */
  async function somebody(): Promise<{
    readonly id: ProfileId;
    readonly owner: EngineProcess;
    readonly other: EngineProcess;
  }> {
    const [first, second] = pair.nodes;
    const url = `http://127.0.0.1:${first.controlPort}/v1/profile?who=user:customer-0`;
    const answer = await fetch(url, { headers: { ...ONCE, authorization: `Bearer ${CONTROL_TOKEN}` } });
    const { profile: id } = (await answer.json()) as { readonly profile: ProfileId };
    const isFirsts = (await shardsOf(first)).includes(shardOfProfile(id, SHARDS));
    return isFirsts ? { id, owner: first, other: second } : { id, owner: second, other: first };
  }

  it("one compares and the other waits; both find nothing", async () => {
    const nights = await Promise.all(pair.nodes.map(night));
    expect(nights.filter(({ waited }) => waited)).toHaveLength(1);
    for (const { report } of nights) expect(report).toMatchObject({ drifts: 0, profiles: PEOPLE });
  }, 120_000);

  it("what one finds wrong in a shard of the other is put right there", async () => {
    const { id, owner, other } = await somebody();
    await pair.redis.ask("del", createRedisKeys("vif").profiles(shardOfProfile(id, SHARDS), slotOfProfile(id)));
    const { report } = await night(other);
    expect(report.byCause, JSON.stringify(report.told)).toEqual([{ cause: "lost_profile", found: 1, repaired: 1 }]);
    expect((await night(owner)).report.drifts).toBe(0);
  }, 180_000);
});
