/**
 * What goes wrong with history under real engines: rows that it lost, has twice, or that were altered by hand, and what was
 * lost from a journal before it had it. Found and named; nobody loses anything that is still to be had.
 */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ProfileId, type ShardId, shardOfProfile } from "../../engine/model/ids.ts";
import { decodeRecord, encodeRecord } from "../../engine/model/record-codec.ts";
import { pairMissing } from "../support/node-pair.ts";
import { type NightBrand, shown, type Statements, type Stores } from "../support/night-brand.ts";
import { causesOf } from "../support/night-expectations.ts";
import { liveALittleMore, PEOPLE, SHARDS, startSettledBrand } from "../support/settled-brand.ts";
import { until } from "../support/waiting.ts";

const TEST_MS_MAX = 600_000;

function describeStores(stores: Stores, missing: string | undefined): void {
  describe.skipIf(missing !== undefined)(`on ${stores} ${missing ?? ""}`, () => {
    let brand: NightBrand;

    beforeEach(async () => {
      brand = await startSettledBrand("night-history", stores);
    }, TEST_MS_MAX);
    afterEach(() => brand.close());

    it(
      "rows that history lost, or that were altered by hand: live is kept; one that it has twice goes once",
      async () => {
        const before = await brand.profileOf("user:customer-3");
        const shard = shardOfProfile(before.profile, 4);
        await brand.spoilHistory(withoutSecondView(before.profile));
        // What snapshots cover is not read again every night.
        expect(causesOf(brand.reconcile("--dry-run"))).toEqual({});
        const dry = brand.reconcile("--dry-run", "--whole");
        expect(dry.code).toBe(1);
        expect(Object.keys(causesOf(dry))).toContain("missing_rows");
        expect(brand.reconcile("--whole").code).toBe(0);
        expect(shown(await brand.profileOf("user:customer-3"))).toEqual(shown(before));
        // What history lacks it lacks for ever; nobody differs any more.
        const after = brand.reconcile("--dry-run", "--whole");
        expect(after.report.told.filter(({ profile: of }) => of !== undefined)).toEqual([]);
        await brand.spoilHistory({
          duckdb: [
            `insert into record_rows select * from record_rows where shard = ${(shard + 1) % 4} and position = 5`,
            `update record_rows set bytes = replace(bytes::varchar, 'Lyon', 'Nice')::blob where shard = ${(shard + 2) % 4} and contains(bytes::varchar, 'Lyon')`,
          ],
          postgres: [
            `insert into vif.records select * from vif.records where shard = ${(shard + 1) % 4} and position = 5`,
            `update vif.records set record = decode(replace(encode(record, 'hex'), encode('Lyon', 'hex'), encode('Nice', 'hex')), 'hex') where shard = ${(shard + 2) % 4}`,
          ],
        });
        const found = brand.reconcile("--dry-run", "--whole");
        expect(Object.keys(causesOf(found)).sort()).toEqual(["edited_history", "missing_rows", "repeated_rows"]);
        const night = brand.reconcile("--whole");
        expect(night.code, JSON.stringify(night.report.told)).toBe(0);
        for (const { cause, outcome } of night.report.told)
          expect(outcome).toBe(cause === "repeated_rows" ? "repaired" : "kept");
        const left = brand.reconcile("--dry-run", "--whole").report.told;
        expect([...new Set(left.map(({ cause }) => cause))].sort()).toEqual(["edited_history", "missing_rows"]);
        for (let n = 0; n < PEOPLE / 2; n++)
          expect((await brand.profileOf(`user:customer-${n}`))["attributes"]).toContainEqual(
            expect.objectContaining({ name: "city", value: "Lyon" }),
          );
      },
      TEST_MS_MAX,
    );

    it(
      "a row that history lost and a checkpoint that went back, of one person: live and what came after it",
      async () => {
        const { profile } = await brand.profileOf("user:customer-0");
        const older: Uint8Array[] = [];
        await brand.spoilLive(async ({ rowOf }) => void older.push(await rowOf(profile)));
        await liveALittleMore(brand);
        const now = shown(await brand.profileOf("user:customer-0"));
        await brand.spoilLive(({ putRow }) => putRow(profile, older[0] as Uint8Array));
        await brand.spoilHistory(withoutSecondView(profile));
        const night = brand.reconcile("--whole");
        expect(night.code, JSON.stringify(night.report.told)).toBe(0);
        expect(night.report.told).toContainEqual(expect.objectContaining({ profile, outcome: "repaired" }));
        expect(shown(await brand.profileOf("user:customer-0"))).toEqual(now);
      },
      TEST_MS_MAX,
    );

    it(
      "records that are in no journal any more before history had them: it goes on, and live is kept",
      async () => {
        await liveALittleMore(brand);
        const before = await brand.profileOf("user:customer-0");
        const shard = shardOfProfile(before.profile, SHARDS);
        // The whole journal: what it has come to is checkpointed.
        await brand.spoilLive(async ({ store }) => store.journal.trim(shard, await store.journal.last(shard)));
        await brand.spoilHistory(asIfUndrained(shard));
        const lost = /Records \d+ to \d+ of shard \d are in no journal any more/;
        await until("history has gone on without them", () => lost.test(brand.engine.output()));
        const night = brand.reconcile();
        expect(night.code, JSON.stringify(night.report.told)).toBe(0);
        expect(causesOf(night)["missing_rows"]).toBeGreaterThan(0);
        expect(shown(await brand.profileOf("user:customer-0"))).toEqual(shown(before));
        await liveALittleMore(brand);
        expect(causesOf(brand.reconcile("--dry-run"))["history_behind"]).toBeUndefined();
      },
      TEST_MS_MAX,
    );

    it(
      "a balance in history that is not the sum of the entries before it, where no seal tells that it was altered",
      async () => {
        const who = "user:customer-0";
        const before = await brand.profileOf(who);
        let altered: { readonly shard: ShardId; readonly position: number } | undefined;
        await brand.rewriteHistory(async (history) => {
          for (const { shard, position, instant, record: bytes } of await history.latestOf(["ledger"], 1_000)) {
            const record = decodeRecord(bytes);
            if (record.kind !== "ledger" || record.profile !== before.profile) continue;
            altered = { shard: shard as ShardId, position };
            await history.forgetSeals(altered.shard, Number.MAX_SAFE_INTEGER);
            const spoilt = encodeRecord({ ...record, balance: record.balance + 500 });
            await history.replaceRecords(altered.shard, "ledger", [{ position, instant, record: spoilt }]);
            break;
          }
        });
        if (altered === undefined) throw new Error(`${who} has no points`);
        const { shard, position } = altered;
        const ofBalance = { cause: "edited_history", shard, about: expect.stringContaining(String(position)) };
        const dry = brand.reconcile("--dry-run", "--whole");
        expect(dry.report.told).toContainEqual(expect.objectContaining(ofBalance));
        const night = brand.reconcile("--whole");
        expect(night.report.told).toContainEqual(expect.objectContaining({ ...ofBalance, outcome: "kept" }));
        expect(night.code, JSON.stringify(night.report.told)).toBe(0);
        expect(shown(await brand.profileOf(who))).toEqual(shown(before));
      },
      TEST_MS_MAX,
    );
  });
}

/** Of a person's events the second that looks at a product is not there any more. */
function withoutSecondView(profile: ProfileId): Statements {
  const shard = shardOfProfile(profile, SHARDS);
  const [one, two, three] = [0, 8, 16].map((at) => Number.parseInt(profile.slice(at, at + 8), 16));
  const ofDuckDb = `shard = ${shard} and profile_1 = ${one} and profile_2 = ${two} and profile_3 = ${three}
    and kind = (select number from names where text = 'event')`;
  const ofPostgres = `shard = ${shard} and profile = '${profile}' and kind = 'event'`;
  return {
    duckdb: [
      `delete from record_rows where ${ofDuckDb} and position = (select min(position) from record_rows where ${ofDuckDb} and event_name = (select number from names where text = 'product_viewed') and position > (select min(position) from record_rows where ${ofDuckDb}))`,
    ],
    postgres: [
      `delete from vif.records where ${ofPostgres} and position = (select min(position) from vif.records where ${ofPostgres} and event_name = 'product_viewed' and position > (select min(position) from vif.records where ${ofPostgres}))`,
    ],
  };
}

/** Of the shard nothing of what was said a little more, nor what follows it. */
function asIfUndrained(shard: ShardId): Statements {
  return {
    duckdb: [
      `update watermarks set position = (select min(position) - 1 from record_rows
        where shard = ${shard} and contains(bytes::varchar, 'later-')) where shard = ${shard}`,
      `delete from record_rows where shard = ${shard} and position > (select position from watermarks where shard = ${shard})`,
      `delete from seals where shard = ${shard} and to_position > (select position from watermarks where shard = ${shard})`,
    ],
    postgres: [
      `update vif.watermarks set position = (select min(position) - 1 from vif.records
        where shard = ${shard} and position('later-'::bytea in record) > 0) where shard = ${shard}`,
      `delete from vif.records where shard = ${shard} and position > (select position from vif.watermarks where shard = ${shard})`,
      `delete from vif.seals where shard = ${shard} and to_position > (select position from vif.watermarks where shard = ${shard})`,
    ],
  };
}

describeStores("embedded", undefined);
describeStores("Redis and PostgreSQL", pairMissing);
