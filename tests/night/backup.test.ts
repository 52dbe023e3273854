/**
 * A backup is made under a running engine that takes events, restored elsewhere, and compared: whoever was acknowledged
 * before it began is there as they were.
 */
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawnSync } from "node:child_process";
import { afterEach, describe, expect, it } from "vitest";
import { createEngineProcess } from "../support/engine-process.ts";
import { pairMissing } from "../support/node-pair.ts";
import { liveALittle, type NightBrand, shown, startNightBrand } from "../support/night-brand.ts";
import { sendBatch } from "../support/server-client.ts";

const PEOPLE = 12;
const TEST_MS_MAX = 240_000;

let brand: NightBrand;
const folders: string[] = [];
afterEach(async () => {
  await brand.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function elsewhere(): string {
  const folder = mkdtempSync(join(tmpdir(), "vif-backup-"));
  folders.push(folder);
  return folder;
}

async function everybody(): Promise<readonly object[]> {
  const people: object[] = [];
  for (let n = 0; n < PEOPLE / 2; n++) people.push(shown(await brand.profileOf(`user:customer-${n}`)));
  return people;
}

describe("a backup", () => {
  it(
    "of an embedded engine that takes events is restored to what it was, and the night finds nothing",
    async () => {
      brand = await startNightBrand("backup", "embedded");
      await liveALittle(brand.engine, PEOPLE);
      const before = await everybody();
      const place = elsewhere();
      const backup = join(place, "first");
      let sent = 0;
      let goesOn = true;
      const traffic = (async () => {
        for (; goesOn; sent++)
          await sendBatch(brand.engine, [
            {
              type: "track",
              event: "Product Viewed",
              messageId: `meanwhile-${sent}`,
              anonymousId: `passer-by-${sent}`,
            },
          ]);
      })();
      const made = brand.begin("backup", backup);
      await made.ended();
      goesOn = false;
      await traffic;
      expect(sent).toBeGreaterThan(0);
      expect(readdirSync(place)).toEqual(["first"]);
      expect(readdirSync(backup).sort()).toEqual(["backup.json", "history.duckdb", "visitor-secret"]);
      expect(statSync(backup).mode & 0o777).toBe(0o700);
      const again = brand.vif("backup", backup);
      expect([again.code, again.err]).toEqual([1, expect.stringContaining("is there already")]);

      // Into the data folder that is in use: refused, and nothing is touched.
      expect(brand.vif("restore", backup).code).toBe(1);
      await brand.engine.stop();
      expect(brand.vif("restore", backup).err).toContain("There is a history");

      const data = join(place, "restored");
      const env = { PATH: process.env["PATH"] ?? "", ...brand.settings, VIF_DATA_DIR: data, VIF_RULES: brand.rules };
      const command = join(brand.rules, "..", "dist", "engine", "cli", "main.js");
      const vif = (...args: readonly string[]) =>
        spawnSync(process.execPath, [command, ...args], { env, encoding: "utf8" });
      expect(vif("restore", join(place, "nothing")).stderr).toContain("no backup of Vif");
      const restored = vif("restore", backup, "--json");
      expect([restored.status, restored.stderr]).toEqual([0, ""]);
      expect(existsSync(join(data, "store"))).toBe(true);
      const engine = await createEngineProcess({ rules: brand.rules, folder: data, settings: () => brand.settings });
      try {
        await engine.start();
        const night = vif("reconcile", "--json", "--whole");
        expect(JSON.parse(night.stdout)).toMatchObject({ drifts: 0 });
        for (let n = 0; n < PEOPLE / 2; n++) {
          const profile = JSON.parse(vif("profile", `user:customer-${n}`, "--json").stdout) as Record<string, unknown>;
          expect(shown(profile)).toEqual(before[n]);
        }
      } finally {
        await engine.kill();
      }
    },
    TEST_MS_MAX,
  );

  it.skipIf(pairMissing !== undefined)(
    `of PostgreSQL by pg_dump, as it is documented, restored beside a Redis that was emptied ${pairMissing ?? ""}`,
    async () => {
      brand = await startNightBrand("backup-pair", "Redis and PostgreSQL");
      await liveALittle(brand.engine, PEOPLE);
      const before = await everybody();
      const refused = brand.vif("backup", join(elsewhere(), "first"));
      expect([refused.code, refused.err]).toEqual([1, expect.stringContaining("pg_dump")]);
      const url = brand.settings["VIF_HISTORY"] ?? "";
      const dump = join(elsewhere(), "vif.dump");
      const run = (program: string, ...args: readonly string[]): void => {
        const { status, stderr } = spawnSync(program, args, { encoding: "utf8" });
        expect([status, stderr]).toEqual([0, ""]);
      };
      run("pg_dump", "--format=custom", "--schema=vif", `--file=${dump}`, url);
      await brand.engine.stop();
      await brand.redis?.ask("flushall");
      run("psql", "--quiet", "--command=set client_min_messages = error; drop schema vif cascade", url);
      run("pg_restore", `--dbname=${url}`, dump);
      expect(brand.vif("rebuild").code).toBe(0);
      await brand.engine.start();
      expect(brand.reconcile("--whole").report.drifts).toBe(0);
      expect(await everybody()).toEqual(before);
    },
    TEST_MS_MAX,
  );
});
