/**
 * A live store that is lost, moved or made larger, filled from history by the command: everybody is as before, no identifier
 * leads elsewhere, and the night finds nothing.
 */
import { rmSync } from "node:fs";
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

const PEOPLE = 24;
const TEST_MS_MAX = 240_000;
/** From before it has begun to about its end. */
const KILLED_AFTER_MS = [700, 1_000, 1_300, 1_600];

let brand: NightBrand;
afterEach(() => brand.close());

async function everybody(): Promise<readonly object[]> {
  const people: object[] = [];
  for (let n = 0; n < PEOPLE / 2; n++) {
    const profile = await brand.profileOf(`user:customer-${n}`);
    people.push({ id: profile.profile, ...shown(profile) });
  }
  return people;
}

async function begin(stores: Stores): Promise<readonly object[]> {
  brand = await startNightBrand("rebuild", stores);
  await liveALittle(brand.engine, PEOPLE);
  // The rebuild begins with the snapshots of this night.
  untilSnapped(brand);
  expect(brand.vif("pause", "birthday-voucher").code).toBe(0);
  await brand.engine.drain();
  const before = await everybody();
  await brand.engine.stop();
  return before;
}

function rebuilt(): { readonly profiles: number; readonly shards: number } {
  const { code, out, err } = brand.vif("rebuild", "--json");
  expect({ code, err }).toEqual({ code: 0, err: "" });
  return JSON.parse(out) as ReturnType<typeof rebuilt>;
}

/** Killed wherever it is by then, and run again: no engine starts on what is half done. */
async function killAndRebuild(): Promise<void> {
  for (const delayMs of KILLED_AFTER_MS) {
    const killed = brand.begin("rebuild");
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    killed.kill();
    await killed.ended();
  }
  const last = brand.vif("rebuild", "--json");
  // The last of them may have come to its end before it was killed.
  if (last.code !== 0) expect(last.err).toContain("is not empty");
}

async function expectAsBefore(before: readonly object[]): Promise<void> {
  await brand.engine.start();
  const first = brand.reconcile("--dry-run");
  expect({ code: first.code, told: first.report.told }, brand.engine.output()).toEqual({ code: 0, told: [] });
  expect(first.report.profiles).toBe(PEOPLE);
  expect(await everybody()).toEqual(before);
  expect(brand.vif("sends").out).toContain("birthday-voucher");
  // Life goes on, and what goes on is kept: the same receipts and events are known, others count.
  const again = brand.reconcile("--dry-run", "--whole");
  expect(again.report).toMatchObject({ drifts: 0, snapshots: { read: 0 } });
}

describe("a rebuild", () => {
  it(
    "fills an embedded store that was lost, and one of twice as many shards",
    async () => {
      const before = await begin("embedded");
      expect(brand.vif("rebuild").code).toBe(1);
      rmSync(join(brand.data, "store"), { recursive: true });
      await killAndRebuild();
      await expectAsBefore(before);
      await brand.engine.stop();
      rmSync(join(brand.data, "store"), { recursive: true });
      brand.settings["VIF_SHARDS"] = "8";
      expect(rebuilt()).toMatchObject({ profiles: PEOPLE, shards: 8 });
      await expectAsBefore(before);
    },
    TEST_MS_MAX,
  );

  it.skipIf(pairMissing !== undefined)(
    `fills a Redis that was flushed, and moves on to the embedded store ${pairMissing ?? ""}`,
    async () => {
      const before = await begin("Redis and PostgreSQL");
      expect(brand.vif("rebuild").code).toBe(1);
      await brand.redis?.ask("flushall");
      await killAndRebuild();
      await expectAsBefore(before);
      await brand.engine.stop();
      brand.settings["VIF_STORE"] = "embedded";
      expect(rebuilt()).toMatchObject({ profiles: PEOPLE, shards: 4 });
      await expectAsBefore(before);
    },
    TEST_MS_MAX,
  );
});
