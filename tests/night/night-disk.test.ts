/**
 * A disk that fills up before an embedded history is written anew: that it is too full is said, rows that were too old have
 * gone all the same, nothing else is lost, and the next time the disk is given back what they took.
 */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { NightReport } from "../../engine/control/nights-port.ts";
import { isOfCompaction, startAgingBrand } from "../support/aging-brand.ts";
import { createSmallDisk, mountMissing } from "../support/small-disk.ts";

const DISK_MB = 192;
/** For the removal of rows, and far too little for what is left of them. */
const LEFT_BYTES = 3_000_000;
const TEST_MS_MAX = 180_000;

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

describe.skipIf(mountMissing !== undefined)(`a night on a disk that is full ${mountMissing ?? ""}`, () => {
  it(
    "removes what is too old, says that it has no room to compact, and compacts the next time",
    async () => {
      const disk = createSmallDisk(DISK_MB);
      closers.push(() => disk.close());
      const data = join(disk.folder, "data");
      const brand = await startAgingBrand("night-disk", { stores: "embedded", kinds: 3, data });
      closers.push(() => brand.close());
      await brand.ageOne();
      const before = statSync(join(data, "history.duckdb")).size;
      expect(before).toBeGreaterThan(3 * LEFT_BYTES);
      disk.fill(LEFT_BYTES);
      const full = await brand.retain();
      expect(full.compacted).toBe("no_room");
      expect(full.events.map(({ rows }) => rows > 0)).toEqual([true]);
      // Tried each time, and told as a person reads it.
      expect(brand.vif("retain")).toMatchObject({ code: 0, out: expect.stringContaining("The disk is too full") });
      expect(readdirSync(data).filter(isOfCompaction)).toEqual([]);
      // So does a whole night, which goes on with what is behind it.
      const night = brand.vif("night", "--json");
      expect({ code: night.code, ...(JSON.parse(night.out) as NightReport) }).toMatchObject({
        code: 1,
        drifts: 0,
        steps: [{ step: "retain", because: [{ is: "no_room" }] }, { step: "rfm" }, { step: "recommend" }],
      });
      expect((await brand.engine.status()).trouble).toBeUndefined();
      disk.free();
      const { compacted } = await brand.retain();
      expect(compacted).toMatchObject({ after: statSync(join(data, "history.duckdb")).size });
      expect(statSync(join(data, "history.duckdb")).size).toBeLessThan(before);
      await brand.expectWhole();
    },
    TEST_MS_MAX,
  );
});
