/** How large the pieces of a checkpoint are, and when they come. */
import { describe, expect, it } from "vitest";
import { checkRules, encodePlan, loadPlan } from "../language/port.ts";
import { checkpointOpenMax, checkpointPieceBytesMax, checkpointRecordsMax, checkpointWaitMs } from "../limits.ts";
import { createProfileId, type ShardId, type Slot } from "../model/ids.ts";
import { createProfile } from "../profile/port.ts";
import type { CheckpointWrite, HotStore } from "../store/port.ts";
import { Checkpointer } from "./checkpoint.ts";
import { Residents } from "./residents.ts";
import { Shard } from "./shard.ts";

const PLAN = loadPlan(encodePlan(checkRules([{ path: "fields.yaml", text: "fields: {city: text}\n" }]).plan as never));

async function createAround(dirty: number, openBytes?: number) {
  const written: CheckpointWrite[] = [];
  /** `slowMs`: so long a write takes. */
  const clock = { ms: 0, slowMs: 0, monotonicMs: () => clock.ms };
  const around = { isOurs: true };
  const store = {
    shards: 1,
    state: {
      async checkpoint(write: CheckpointWrite) {
        written.push(write);
        clock.ms += clock.slowMs;
        return "ok" as const;
      },
    },
  } as unknown as HotStore;
  const residents = new Residents(store, 64 * 1024 * 1024, { random: { below: () => 1 }, packing: { openBytes } });
  const shard = new Shard(0 as ShardId, 1, PLAN);
  for (let n = 0; n < dirty; n++) {
    const profile = createProfile(createProfileId(0 as Slot, 0, n), PLAN);
    residents.addProfile(profile);
    shard.markDirty(profile, shard.nextPosition());
  }
  residents.trim(dirty);
  const timers = { after: () => () => undefined } as never;
  const appended = async (): Promise<void> => undefined;
  const checkpointer = new Checkpointer(shard, {
    ...{ store, residents, timers, clock: clock as never, appended },
    wanted: () => around.isOurs,
  });
  // The first piece of a shard comes at once.
  await checkpointer.begin({ rows: 0, open: 0, bytes: 0 });
  /** Writes what is due after so long; how many profiles, undefined: nothing was due. */
  const after = async (ms: number, pressed = false): Promise<number | undefined> => {
    clock.ms += ms;
    const size = checkpointer.due(pressed);
    if (size === undefined) return undefined;
    await checkpointer.begin(size);
    return written.at(-1)?.profiles.length;
  };
  return { after, around, checkpointer, clock, residents, shard, written };
}

describe("a checkpoint", () => {
  it("writes of what is packed the share of its wait that has passed", async () => {
    const { after } = await createAround(5_000, 0);
    expect(await after(1)).toBeUndefined();
    // A tenth of them, and little more for the records that wait with them.
    const [first, second] = [await after(checkpointWaitMs / 10 - 1), await after(checkpointWaitMs / 10)];
    expect([first, second].map((rows) => Math.floor((rows ?? 0) / 100))).toEqual([5, 4]);
  });

  it("writes few open profiles at a time", async () => {
    const { after } = await createAround(5_000);
    expect(await after(checkpointWaitMs / 10)).toBe(checkpointOpenMax);
  });

  it("fills its pieces where there is no more room, or a recovery would have too much to replay", async () => {
    const { after, shard, written } = await createAround(30_000, 0);
    const bytes = (): number =>
      (written.at(-1) as CheckpointWrite).profiles.reduce((sum, { row }) => sum + row.length + 64, 0);
    expect(await after(0)).toBeUndefined();
    await after(0, true);
    expect(bytes()).toBeGreaterThanOrEqual(checkpointPieceBytesMax);
    expect(bytes()).toBeLessThan(checkpointPieceBytesMax + 1_024);
    shard.durable = shard.stored + checkpointRecordsMax;
    await after(1);
    expect(bytes()).toBeGreaterThanOrEqual(checkpointPieceBytesMax);
  });

  it("of a shard that is handed over is all that is left, whoever is open", async () => {
    const { checkpointer, shard, written } = await createAround(5_000);
    await checkpointer.storeAll(1_000);
    expect([written.flatMap(({ profiles }) => profiles).length, shard.dirtyCount]).toEqual([5_000, 0]);
  });

  it("leaves to the next owner what takes too long to store", async () => {
    const { checkpointer, clock, shard, written } = await createAround(30_000);
    const before = written.length;
    clock.slowMs = 1_000;
    await checkpointer.storeAll(1_000);
    expect(written.length).toBe(before + 1);
    expect(shard.dirtyCount).toBeGreaterThan(20_000);
  });

  it("of a shard that was lost meanwhile is none", async () => {
    const { around, checkpointer, residents, shard, written } = await createAround(100);
    const before = written.length;
    around.isOurs = false;
    residents.forget(shard.id);
    expect(await checkpointer.begin({ rows: 100, open: 100, bytes: 100_000 })).toBe("abandoned");
    await checkpointer.storeAll(1_000);
    expect(written.length).toBe(before);
  });
});
