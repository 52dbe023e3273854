/**
 * Everything that can go wrong between live and history, planted in real stores under a real engine: each is found, named
 * and put right, and afterwards nothing differs and everybody is as before. What is spoilt is spoilt while the engine is
 * stopped, so that it begins from it; on Redis, some of it under the running engine's hands too.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { cellKey } from "../../engine/model/identifier.ts";
import { slotOfCell } from "../../engine/model/hash.ts";
import { createProfileId, type ProfileId, shardOfProfile, shardOfSlot, slotOfProfile } from "../../engine/model/ids.ts";
import { StreamSet } from "../../engine/profile/stream-set.ts";
import { createRedisKeys } from "../../engine/store/redis/keys.ts";
import { pairMissing } from "../support/node-pair.ts";
import { type NightBrand, type Shown, shown, type Stores } from "../support/night-brand.ts";
import { causesOf, expectPutRight } from "../support/night-expectations.ts";
import { liveALittleMore, PEOPLE, SHARDS, startSettledBrand } from "../support/settled-brand.ts";

const TEST_MS_MAX = 600_000;

/** Whoever is looked at while their events are missing leaves segments, and enters them again when they are there. */
function withoutEpochs(profile: Shown): object {
  return { ...profile, segments: profile.segments.map(({ name, inside }) => ({ name, inside })) };
}

/** Field and value as hexadecimal digits. */
const SET_HEX = `local function bytes(hex)
  return (hex:gsub('..', function(digits) return string.char(tonumber(digits, 16)) end))
end
return redis.call('HSET', KEYS[1], bytes(ARGV[1]), bytes(ARGV[2]))`;

function describeStores(stores: Stores, missing: string | undefined): void {
  describe.skipIf(missing !== undefined)(`on ${stores} ${missing ?? ""}`, () => {
    let brand: NightBrand;

    async function begin(): Promise<void> {
      brand = await startSettledBrand("night-faults", stores);
    }

    /**
     * Found by a dry run, which changes nothing; put right by the next, both from snapshots; and then it is as if nothing
     * had been, by all records too.
     */
    function expectSettled(expected: Record<string, number>): void {
      const night = expectPutRight(brand, expected);
      expect(night.report.snapshots?.read).toBe(SHARDS);
      const after = brand.reconcile("--dry-run", "--whole");
      expect({ code: after.code, causes: causesOf(after) }, JSON.stringify(after.report.told)).toEqual({
        code: 0,
        causes: {},
      });
    }

    describe("after which all is as before", () => {
      beforeAll(begin, TEST_MS_MAX);
      afterAll(() => brand.close());

      it(
        "a night that begins with snapshots reads what came since, and one that cannot use them reads all",
        async () => {
          const before = brand.reconcile("--dry-run");
          await liveALittleMore(brand);
          const since = brand.reconcile();
          expect(since.report).toMatchObject({ drifts: 0, profiles: PEOPLE, snapshots: { read: SHARDS, broken: 0 } });
          expect(since.report.snapshots?.taken).toBeGreaterThan(0);
          expect(before.report.records).toBeLessThan(since.report.records);
          expect(since.report.records).toBeLessThan(40);
          await brand.spoilHistory({
            duckdb: ["update snapshot_slices set content = (content::varchar || ' ')::blob"],
            postgres: ["update vif.snapshot_pages set content = substring(content from 3)"],
          });
          const broken = brand.reconcile();
          expect(broken.report).toMatchObject({ drifts: 0, snapshots: { read: 0, taken: SHARDS, broken: SHARDS } });
          expect(brand.reconcile().report).toMatchObject({ drifts: 0, snapshots: { read: SHARDS, broken: 0 } });
        },
        TEST_MS_MAX,
      );

      it(
        "altered profiles are what their records give again, each with its cause",
        async () => {
          const ids: ProfileId[] = [];
          const before: Shown[] = [];
          for (const n of [0, 1, 2, 3, 4]) {
            const profile = await brand.profileOf(`user:customer-${n}`);
            ids.push(profile.profile);
            before.push(shown(profile));
          }
          const [balance, aggregate, membership, attribute, several] = ids as [
            ProfileId,
            ProfileId,
            ProfileId,
            ProfileId,
            ProfileId,
          ];
          await brand.spoilLive(async ({ alter }) => {
            await alter(balance, (profile) => {
              profile.points = { ...profile.points, balance: profile.points.balance + 500 };
            });
            await alter(aggregate, (profile) => {
              profile.streams = new StreamSet();
            });
            await alter(membership, (profile) => {
              const index = profile.plan.segments.indexOf("shoe-lover");
              profile.setMembership({ index, inside: !profile.inSegment(index), epoch: 7, at: profile.clock });
            });
            await alter(attribute, (profile) => {
              profile.attributes = profile.attributes.map((held) => ({ ...held, value: "spoilt" }));
            });
            await alter(several, (profile) => {
              profile.attributes = [];
              profile.points = { ...profile.points, balance: -1 };
            });
          });
          expectSettled({ wrong_balance: 1, stale_aggregate: 1, wrong_membership: 1, edited_store: 2 });
          for (const [n, expected] of before.entries()) {
            const after = shown(await brand.profileOf(`user:customer-${n}`));
            if (ids[n] === aggregate) expect(withoutEpochs(after)).toEqual(withoutEpochs(expected));
            else expect(after).toEqual(expected);
          }
        },
        TEST_MS_MAX,
      );

      if (stores !== "embedded")
        it(
          "fields of Redis that somebody alters by hand while the engine runs",
          async () => {
            const keys = createRedisKeys("vif");
            const [holder, other] = [
              await brand.profileOf("user:customer-1"),
              await brand.profileOf("user:customer-4"),
            ];
            const spoil = (key: string, field: string, value: string) =>
              brand.redis?.ask("eval", SET_HEX, "1", key, field, value);
            const cell = cellKey({ kind: "user", value: "customer-1" });
            const cells = keys.cells(shardOfSlot(slotOfCell(cell), SHARDS));
            await spoil(cells, Buffer.from(cell).toString("hex"), other.profile);
            const rows = keys.profiles(shardOfProfile(other.profile, SHARDS), slotOfProfile(other.profile));
            await spoil(rows, other.profile, Buffer.from("no row at all").toString("hex"));
            expectSettled({ edited_store: 1, wrong_cell: 1 });
            expect(shown(await brand.profileOf("user:customer-1"))).toEqual(shown(holder));
            expect(shown(await brand.profileOf("user:customer-4"))).toEqual(shown(other));
            // Nor is anything of it left for who comes after this engine.
            await brand.engine.kill();
            await brand.engine.start();
            expect(shown(await brand.profileOf("user:customer-1"))).toEqual(shown(holder));
            expect(shown(await brand.profileOf("user:customer-4"))).toEqual(shown(other));
          },
          TEST_MS_MAX,
        );

      it(
        "wake-ups that the store has lost, whichever of the places that tell them has",
        async () => {
          const wakeUpsOf = async (who: readonly string[]): Promise<readonly unknown[]> =>
            Promise.all(who.map(async (name) => (await brand.profileOf(name))["wakeUp"]));
          const who = [0, 1, 2].map((n) => `user:customer-${n}`);
          const before = await wakeUpsOf(who);
          const ids: ProfileId[] = [];
          for (const name of who) ids.push((await brand.profileOf(name)).profile);
          const [beside, within, unheard] = ids as [ProfileId, ProfileId, ProfileId];
          const dueAt = Date.now() - 3_600_000;
          await brand.spoilLive(async ({ alter, rowOf, putRow, forgetWakeUp }) => {
            await putRow(beside, await rowOf(beside), Number.POSITIVE_INFINITY);
            await alter(within, (profile) => {
              profile.wakeUp = Number.POSITIVE_INFINITY;
            });
            await alter(unheard, (profile) => {
              profile.wakeUp = dueAt;
            });
            forgetWakeUp(unheard, dueAt);
          });
          expectSettled({ lost_wake_up: 3 });
          expect(await wakeUpsOf(who)).toEqual(before);
        },
        TEST_MS_MAX,
      );

      it(
        "a profile that is gone is there again, with all that it had, though the night was killed on the way",
        async () => {
          const before = await brand.profileOf("user:customer-2");
          await brand.removeProfile(before.profile);
          const dry = brand.reconcile("--dry-run");
          expect({ code: dry.code, causes: causesOf(dry) }).toEqual({ code: 1, causes: { lost_profile: 1 } });
          // Killed while it is at it: begun anew, it does what is left.
          const night = brand.begin("reconcile");
          await new Promise((resolve) => setTimeout(resolve, 1_500));
          await brand.engine.kill();
          await night.ended();
          await brand.engine.start();
          expect(brand.reconcile().code).toBe(0);
          expect(brand.reconcile("--dry-run").report.drifts).toBe(0);
          expect(shown(await brand.profileOf("user:customer-2"))).toEqual(shown(before));
        },
        TEST_MS_MAX,
      );
    });

    // What falls due in a brand that has lived for a while blurs what a checkpoint has lost.
    describe("in a brand of its own", () => {
      beforeEach(begin, TEST_MS_MAX);
      afterEach(() => brand.close());

      it(
        "a checkpoint that went back, and a cell that leads elsewhere",
        async () => {
          const before = await brand.profileOf("user:customer-0");
          const other = await brand.profileOf("user:customer-5");
          const older = new Map<ProfileId, Uint8Array>();
          await brand.spoilLive(async ({ rowOf }) => void older.set(before.profile, await rowOf(before.profile)));
          await liveALittleMore(brand);
          const now = shown(await brand.profileOf("user:customer-0"));
          const cell = cellKey({ kind: "user", value: "customer-1" });
          const bound = await brand.profileOf("user:customer-1");
          await brand.spoilLive(async ({ putRow, putCell, store }) => {
            await putRow(before.profile, older.get(before.profile) as Uint8Array);
            await putCell(shardOfSlot(slotOfCell(cell), store.shards), cell, other.profile);
          });
          expectSettled({ lost_checkpoint: 1, wrong_cell: 1 });
          expect(shown(await brand.profileOf("user:customer-0"))).toEqual(now);
          expect((await brand.profileOf("user:customer-1")).profile).toBe(bound.profile);
        },
        TEST_MS_MAX,
      );

      it(
        "somebody of whom no record tells is told, and left to whoever looks at them",
        async () => {
          const known = await brand.profileOf("user:customer-0");
          const stranger = createProfileId(slotOfProfile(known.profile), Date.now(), 1);
          await brand.spoilLive(async ({ rowOf, putRow }) => putRow(stranger, await rowOf(known.profile)));
          for (const args of [["--dry-run"], []]) {
            const night = brand.reconcile(...args);
            expect({ code: night.code, causes: causesOf(night) }).toEqual({ code: 1, causes: { unknown_profile: 1 } });
            expect(night.report.told).toMatchObject([{ profile: stranger }]);
          }
          expect(shown(await brand.profileOf("user:customer-0"))).toEqual(shown(known));
        },
        TEST_MS_MAX,
      );
    });
  });
}

describeStores("embedded", undefined);
describeStores("Redis and PostgreSQL", pairMissing);
