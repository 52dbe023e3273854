/** The books of what a checkpoint must still cover. */
import { describe, expect, it } from "vitest";
import { checkRules, encodePlan, loadPlan } from "../language/port.ts";
import type { CellKey } from "../model/identifier.ts";
import { createProfileId, type ProfileId, type ShardId, type Slot } from "../model/ids.ts";
import { createProfile, type Profile } from "../profile/port.ts";
import { Shard } from "./shard.ts";
import { parseMeta } from "./stored-meta.ts";

const PLAN = loadPlan(encodePlan(checkRules([{ path: "fields.yaml", text: "fields: {city: text}\n" }]).plan as never));

describe("the watermark of a piece", () => {
  it("never goes below what is stored, for whoever is touched by no record: the store would pass the piece over", () => {
    const shard = new Shard(0 as ShardId, 1, PLAN);
    const people = [1, 2, 3].map((n) => createProfile(createProfileId(0 as Slot, 0, n), PLAN));
    for (const profile of people) shard.markDirty(profile, shard.nextPosition());
    shard.takeDirty(10, 10);
    const stored = shard.watermark();
    expect(stored).toBe(3);
    shard.checkpointed(stored, 0);
    for (const profile of people) shard.touch(profile);
    shard.takeDirty(1, 10);
    expect(shard.watermark()).toBe(stored);
    for (const profile of people) shard.markDirty(profile, shard.nextPosition());
    expect(shard.watermark()).toBe(stored);
    shard.takeDirty(10, 10);
    expect(shard.watermark()).toBe(6);
  });
});

describe("what is dirty", () => {
  const person = (n: number): Profile => createProfile(createProfileId(0 as Slot, 0, n), PLAN);

  it("is clean once the store was seen to have it, unless it has changed since", () => {
    const shard = new Shard(0 as ShardId, 1, PLAN);
    const [first, second, third] = [person(1), person(2), person(3)];
    for (const profile of [first, second, third]) shard.markDirty(profile, shard.nextPosition());
    expect([...shard.oldestDirty()]).toEqual([first.id, second.id, third.id]);
    expect(shard.takeDirty(2, 10).profiles).toEqual([first.id, second.id]);
    shard.checkpointed(shard.watermark(), 100);
    shard.markDirty(second, shard.nextPosition());
    expect([...shard.unstoredProfiles()].sort()).toEqual([first.id, second.id, second.id, third.id].sort());
    expect(shard.settle(99)).toEqual([]);
    expect(shard.settle(100)).toEqual([first.id]);
    expect([...shard.unstoredProfiles()]).toEqual([third.id, second.id]);
  });

  it("does not go with an emptied profile's row: somebody may have become of it", () => {
    const shard = new Shard(0 as ShardId, 1, PLAN);
    const [goes, becomes] = [person(1), person(2)];
    const store = (): readonly ProfileId[] => {
      const { going } = shard.takeDirty(10, 10);
      shard.checkpointed(shard.watermark(), 0);
      return going.map(([, id]) => id);
    };
    for (const profile of [goes, becomes]) shard.markDirty(profile, shard.nextPosition());
    for (const { id } of [goes, becomes]) shard.letGo(id, `anonymous:${id}` as CellKey);
    expect(store()).toEqual([]);
    shard.markDirty(becomes, shard.nextPosition());
    expect(store()).toEqual([goes.id]);
    expect(store()).toEqual([]);
  });

  it("does not go with an emptied profile's row where the change is stored before the row may go", () => {
    const shard = new Shard(0 as ShardId, 1, PLAN);
    const [becomes, goes] = [person(1), person(2)];
    const storeOne = (): readonly ProfileId[] => {
      const { going } = shard.takeDirty(1, 10);
      shard.checkpointed(shard.watermark(), 0);
      return going.map(([, id]) => id);
    };
    shard.markDirty(becomes, shard.nextPosition());
    shard.letGo(becomes.id, "anonymous:1" as CellKey);
    shard.markDirty(becomes, shard.nextPosition());
    shard.markDirty(goes, shard.nextPosition());
    shard.letGo(goes.id, "anonymous:2" as CellKey);
    expect([storeOne(), storeOne(), storeOne()]).toEqual([[], [], [goes.id]]);
  });
});

describe("what a checkpoint would tell", () => {
  it("is news when a sweep is done, once", () => {
    const shard = new Shard(0 as ShardId, 1, PLAN);
    shard.sweep = undefined;
    const store = (): void => {
      shard.takeDirty(10, 10);
      shard.checkpointed(shard.watermark(), 0);
    };
    store();
    expect(shard.isBehind).toBe(false);
    shard.takeDirty(10, 10);
    shard.sweep = "done";
    shard.checkpointed(shard.watermark(), 0);
    expect(shard.isBehind).toBe(true);
    store();
    expect(shard.isBehind).toBe(false);
  });

  it("is a sweep no further than whom it gave another wake-up is stored, and news until all of them are", () => {
    const shard = new Shard(0 as ShardId, 1, PLAN);
    const people = [1, 2, 3, 4].map((n) => createProfile(createProfileId(0 as Slot, 0, n), PLAN));
    const [first, , third] = people as [Profile, Profile, Profile];
    const storeOne = (): string => {
      shard.takeDirty(1, 10);
      const { sweep } = parseMeta(shard.meta());
      shard.checkpointed(shard.watermark(), 0);
      return sweep;
    };
    shard.markDirty(first, shard.nextPosition());
    shard.durable = shard.position;
    shard.beginSweep();
    for (const profile of people) {
      shard.touch(profile);
      if (profile === third) shard.sweep = third.id;
    }
    shard.sweep = "done";
    // The first one was dirty before the sweep began; the last one alone was met after its cursor had moved.
    expect([storeOne(), storeOne(), storeOne()]).toEqual(["start", "start", third.id]);
    expect(shard.isBehind).toBe(true);
    expect(storeOne()).toBe("done");
    expect(shard.isBehind).toBe(false);
  });

  it("is the sweep of the newest plan only, whatever waits from before it", () => {
    const shard = new Shard(0 as ShardId, 1, PLAN);
    for (const n of [1, 2]) shard.touch(createProfile(createProfileId(0 as Slot, 0, n), PLAN));
    shard.beginSweep();
    shard.sweep = "done";
    shard.takeDirty(1, 10);
    expect(parseMeta(shard.meta()).sweep).toBe("start");
  });
});
