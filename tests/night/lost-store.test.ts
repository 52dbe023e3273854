/**
 * A live store that is lost while nobody has run a command: the engine puts it back from history by itself and answers
 * meanwhile. Whoever is asked for is as before, whoever comes back is known, and when all is there a night finds nothing.
 */
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { pairMissing } from "../support/node-pair.ts";
import {
  liveALittle,
  type NightBrand,
  shown,
  startNightBrand,
  type Stores,
  untilSnapped,
} from "../support/night-brand.ts";
import { sendBatch } from "../support/server-client.ts";
import { until } from "../support/waiting.ts";

const PEOPLE = 24;
const TEST_MS_MAX = 240_000;
/** What the engine has said when it is killed: before it begins, amid its shards, and while the rest is filled. */
const KILLED_AT = ["it is filled from there", "begun from history, ", "is ready"];

let brand: NightBrand;
afterEach(() => brand.close());

async function profileOf(n: number): Promise<object> {
  const profile = await brand.profileOf(`user:customer-${n}`);
  return { id: profile.profile, ...shown(profile) };
}

async function everybody(): Promise<readonly object[]> {
  const people: object[] = [];
  for (let n = 0; n < PEOPLE / 2; n++) people.push(await profileOf(n));
  return people;
}

function view(messageId: string, anonymousId: string): object {
  const properties = { category: "shoes", price: 15 };
  return { type: "track", event: "Product Viewed", messageId, anonymousId, properties };
}

/** Snapshots of a night, and records of all kinds after it. */
async function begin(stores: Stores): Promise<readonly object[]> {
  brand = await startNightBrand("lost-store", stores);
  await liveALittle(brand.engine, PEOPLE);
  untilSnapped(brand);
  expect(brand.vif("pause", "birthday-voucher").code).toBe(0);
  await sendBatch(brand.engine, [view("after-1", "visitor-3"), view("after-2", "visitor-new")]);
  await brand.engine.drain();
  return everybody();
}

async function unfilled(): Promise<number> {
  const { shards } = await brand.engine.status();
  return shards.reduce((sum, shard) => sum + shard.unfilled, 0);
}

async function untilFilled(): Promise<void> {
  await until("all is filled", async () => (await unfilled()) === 0);
}

/** Started each time, and killed once it has said so. */
async function startAndKill(words: readonly string[]): Promise<void> {
  for (const last of words) {
    const printed = brand.engine.output().length;
    brand.engine.launch();
    await until(brand.engine.output, () => brand.engine.output().slice(printed).includes(last));
    await brand.engine.kill();
  }
}

async function expectAsBefore(before: readonly object[]): Promise<void> {
  // Asked at once, in an order of its own; the same events are known, others count.
  expect(await profileOf(7)).toEqual(before[7]);
  await sendBatch(brand.engine, [view("after-1", "visitor-3"), view("after-3", "visitor-5")]);
  const now = await everybody();
  const others = (people: readonly object[]) => people.filter((_, n) => n !== 2);
  expect(others(now)).toEqual(others(before));
  expect(now[2]).not.toEqual(before[2]);
  expect(brand.vif("sends").out).toContain("birthday-voucher");
  await untilFilled();
  await brand.engine.drain();
  const night = brand.reconcile("--dry-run");
  expect({ code: night.code, told: night.report.told }, brand.engine.output()).toEqual({ code: 0, told: [] });
  const whole = brand.reconcile("--whole");
  expect(whole.report).toMatchObject({ drifts: 0, told: [] });
  await brand.engine.untilSaid("it is filled from there");
}

describe("a live store that is lost", () => {
  it(
    "is filled by the engine as it starts, wherever it is killed meanwhile",
    async () => {
      const before = await begin("embedded");
      await brand.engine.stop();
      rmSync(join(brand.data, "store"), { recursive: true });
      await startAndKill(KILLED_AT);
      await brand.engine.start();
      await expectAsBefore(before);
      expect(readdirSync(brand.data)).toContain("store");
    },
    TEST_MS_MAX,
  );

  it(
    "is filled as one of more shards, wherever the engine is killed meanwhile, and lost again as such",
    async () => {
      const before = await begin("embedded");
      await brand.engine.stop();
      rmSync(join(brand.data, "store"), { recursive: true });
      // As many as there are where nothing is said are not what anybody has wanted.
      delete brand.settings["VIF_SHARDS"];
      brand.engine.launch();
      expect(await brand.engine.ended()).toBe(1);
      expect(brand.engine.output()).toContain("set VIF_SHARDS to 4; or to 8, if there are to be more");
      rmSync(join(brand.data, "store"), { recursive: true });
      brand.settings["VIF_SHARDS"] = "8";
      await startAndKill(["there are 8 shards now", ...KILLED_AT.slice(1)]);
      await brand.engine.start();
      expect(await everybody()).toEqual(before);
      await untilFilled();
      expect((await brand.engine.status()).shards).toHaveLength(8);
      await brand.engine.stop();
      rmSync(join(brand.data, "store"), { recursive: true });
      await brand.engine.start();
      await expectAsBefore(before);
      // Fewer there cannot be.
      await brand.engine.stop();
      rmSync(join(brand.data, "store"), { recursive: true });
      brand.settings["VIF_SHARDS"] = "4";
      brand.engine.launch();
      expect(await brand.engine.ended()).toBe(1);
      expect(brand.engine.output()).toContain("set VIF_SHARDS to 8 or more");
    },
    TEST_MS_MAX,
  );

  it.skipIf(pairMissing !== undefined)(
    `is filled as one of more shards: a Redis that was flushed ${pairMissing ?? ""}`,
    async () => {
      const before = await begin("Redis and PostgreSQL");
      await brand.engine.stop();
      await brand.redis?.ask("flushall");
      brand.settings["VIF_SHARDS"] = "8";
      await brand.engine.start();
      await expectAsBefore(before);
    },
    TEST_MS_MAX,
  );

  it.skipIf(pairMissing !== undefined)(
    `is filled while the engine runs: a Redis that was flushed ${pairMissing ?? ""}`,
    async () => {
      const before = await begin("Redis and PostgreSQL");
      // An engine that has all from the first record on in memory would give it to the store itself.
      await brand.engine.stop();
      await brand.engine.start();
      await brand.redis?.ask("flushall");
      await brand.engine.untilSaid("folded, the others are filled");
      await brand.engine.untilReady();
      expect(await everybody()).toEqual(before);
      // What was paused is paused, for whoever reads the store next.
      expect(brand.vif("sends").out).toContain("birthday-voucher");
      await brand.engine.stop();
      await brand.engine.start();
      expect(brand.vif("sends").out).toContain("birthday-voucher");
      await brand.engine.stop();
      await brand.redis?.ask("flushall");
      await brand.engine.start();
      await expectAsBefore(before);
    },
    TEST_MS_MAX,
  );
});
