/** What a worker has in memory of people whom the store has not got yet. */
import { describe, expect, it } from "vitest";
import { checkRules, encodePlan, loadPlan } from "../language/port.ts";
import { createProfileId, type ProfileId, type ShardId, type Slot } from "../model/ids.ts";
import { createProfile } from "../profile/port.ts";
import type { HotStore } from "../store/port.ts";
import { Residents } from "./residents.ts";
import { Shard } from "./shard.ts";

const PLAN = loadPlan(encodePlan(checkRules([{ path: "fields.yaml", text: "fields: {city: text}\n" }]).plan as never));
const HORIZON = 1_000;

/** Some of them dirty, each waking at ten times their number; at rest but for the last. */
function createPeople(count: number) {
  const residents = new Residents({ shards: 1 } as HotStore, 64 * 1024 * 1024, {
    random: { below: () => 1 },
    packing: { openBytes: 0 },
  });
  const shard = new Shard(0 as ShardId, 1, PLAN);
  shard.wakeUps.horizon = HORIZON;
  const ids = Array.from({ length: count }, (_, n) => createProfileId(0 as Slot, 0, n));
  for (const [n, id] of ids.entries()) {
    if (n === count - 1) residents.trim(count);
    const profile = createProfile(id, PLAN);
    profile.wakeUp = n * 10;
    residents.addProfile(profile);
    shard.markDirty(profile, shard.nextPosition());
  }
  return { residents, shard, ids };
}

function takeAll({ wakeUps }: Shard): readonly ProfileId[] {
  const taken: ProfileId[] = [];
  for (let one = wakeUps.take(HORIZON); one !== undefined; one = wakeUps.take(HORIZON)) taken.push(one.id);
  return taken;
}

describe("the wake-ups of whom the store has not got", () => {
  it("are found whether they are open or at rest, as far as the horizon", () => {
    const { residents, shard, ids } = createPeople(200);
    residents.addWakeUps(shard, [...shard.unstoredProfiles()]);
    expect([...shard.unmet]).toEqual(ids.slice(0, 101));
    expect(takeAll(shard)).toEqual(ids.slice(0, 101));
  });

  it("are looked at in any case of people who have gone from memory meanwhile", () => {
    const { residents, shard, ids } = createPeople(3);
    const gone = createProfileId(0 as Slot, 0, 99);
    residents.addWakeUps(shard, [gone]);
    expect(takeAll(shard)).toEqual([gone]);
    expect(ids).not.toContain(gone);
  });
});

describe("what is given to the store", () => {
  it("is whoever became dirty first, with when they wake up", () => {
    const { residents, shard, ids } = createPeople(5);
    const rows = residents.rowsOf(shard, { rows: 5, open: 5, bytes: 100_000 });
    expect(rows.map(({ id, wakeUp }) => [id, wakeUp])).toEqual(ids.map((id, n) => [id, n * 10]));
  });
});
