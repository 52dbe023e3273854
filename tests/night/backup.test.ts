/**
 * A backup is made under a running engine that takes events, restored elsewhere, and compared: whoever was acknowledged
 * before it began is there as they were. What is no whole backup, or has no place, is refused and changes nothing; killed
 * anywhere, either is simply run again.
 */
import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { ROOT } from "../source-tree.ts";
import { CONTROL_TOKEN, createEngineProcess, type EngineProcess, ONCE } from "../support/engine-process.ts";
import { liveALittle, type NightBrand, shown, startNightBrand, untilSnapped } from "../support/night-brand.ts";
import { pairMissing } from "../support/node-pair.ts";
import { post, sendBatch } from "../support/server-client.ts";
import { createSmallDisk, mountMissing } from "../support/small-disk.ts";
import { until } from "../support/waiting.ts";

const PEOPLE = 12;
const TEST_MS_MAX = 240_000;
/** From before a restore has begun to about its end. */
const KILLED_AFTER_MS = [400, 700, 1_000, 1_300];
const SCARF = { id: "scarf", title: { en: "Scarf" }, price: 30, categories: ["accessories"], link: "/shop/scarf" };
const COMMAND = join(ROOT, "dist", "engine", "cli", "main.js");

let brand: NightBrand;
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
  await brand.close();
});

function elsewhere(): string {
  const folder = mkdtempSync(join(tmpdir(), "vif-backup-"));
  closers.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function everybody(): Promise<readonly object[]> {
  const people: object[] = [];
  for (let n = 0; n < PEOPLE / 2; n++) people.push(shown(await brand.profileOf(`user:customer-${n}`)));
  return people;
}

/** The same brand on another data folder. */
function environment(data: string, more: Record<string, string> = {}): Record<string, string> {
  const path = process.env["PATH"] ?? "";
  return { PATH: path, ...brand.settings, VIF_DATA_DIR: data, VIF_RULES: brand.rules, ...more };
}

function vifOn(env: Record<string, string>, ...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [COMMAND, ...args], { env, encoding: "utf8" });
  return { code: status, out: stdout, err: stderr };
}

/** Events until it is ended, one after the other. @returns what ends it, and tells how many were acknowledged */
function traffic(): () => Promise<number> {
  let sent = 0;
  let goesOn = true;
  const flow = (async () => {
    for (; goesOn; sent++)
      await sendBatch(brand.engine, [
        { type: "track", event: "Product Viewed", messageId: `meanwhile-${sent}`, anonymousId: `passer-by-${sent}` },
      ]);
  })();
  return async () => {
    goesOn = false;
    await flow;
    return sent;
  };
}

async function expectRestored(data: string, before: readonly object[]): Promise<EngineProcess> {
  const engine = await createEngineProcess({ rules: brand.rules, folder: data, settings: () => brand.settings });
  closers.push(() => engine.kill());
  await engine.start();
  const night = vifOn(environment(data), "reconcile", "--json", "--whole");
  expect(JSON.parse(night.out)).toMatchObject({ drifts: 0 });
  for (let n = 0; n < PEOPLE / 2; n++) {
    const { out } = vifOn(environment(data), "profile", `user:customer-${n}`, "--json");
    expect(shown(JSON.parse(out) as Record<string, unknown>)).toEqual(before[n]);
  }
  return engine;
}

describe("a backup", () => {
  it(
    "of an embedded engine that takes events is restored to what it was, and the night finds nothing",
    async () => {
      brand = await startNightBrand("backup", "embedded");
      await liveALittle(brand.engine, PEOPLE);
      // The restored one begins with the snapshots of this night.
      untilSnapped(brand);
      const before = await everybody();
      expect((await post(brand.engine, "/v1/products", { products: [SCARF] })).status).toBe(200);
      const place = elsewhere();
      const backup = join(place, "first");
      // What one that was killed has left.
      mkdirSync(`${backup}.partial`);
      writeFileSync(join(`${backup}.partial`, "history.duckdb"), "torn");
      const end = traffic();
      await brand.begin("backup", backup).ended();
      expect(await end()).toBeGreaterThan(0);
      expect(readdirSync(place)).toEqual(["first"]);
      expect(readdirSync(backup).toSorted()).toEqual(["backup.json", "history.duckdb", "recommend", "visitor-secret"]);
      expect(statSync(backup).mode & 0o777).toBe(0o700);

      // Into the data folder that is in use: refused, and nothing is touched.
      expect(brand.vif("restore", backup).code).toBe(1);
      await brand.engine.stop();
      expect(brand.vif("restore", backup).err).toContain("There is a history");

      // As from a place that keeps no modes.
      chmodSync(join(backup, "visitor-secret"), 0o644);
      const data = join(place, "restored");
      const restored = vifOn(environment(data), "restore", backup, "--json");
      expect([restored.code, restored.err]).toEqual([0, ""]);
      expect(readdirSync(data)).not.toContain("restoring");
      expect(statSync(join(data, "visitor-secret")).mode & 0o777).toBe(0o600);
      const engine = await expectRestored(data, before);
      // A product that is known has a stock; of another one it is said to nobody.
      for (const [id, changed] of [
        ["scarf", 1],
        ["hat", 0],
      ])
        expect(await (await post(engine, "/v1/products", { changes: [{ id, stock: 2 }] })).json()).toMatchObject({
          changed,
        });
    },
    TEST_MS_MAX,
  );

  it(
    "of which a shard cannot be drained is refused by its name, and leaves nothing",
    async () => {
      brand = await startNightBrand("backup-undrained", "embedded");
      await liveALittle(brand.engine, 2);
      const place = elsewhere();
      expect(brand.vif("backup", join(place, "before"))).toMatchObject({ code: 0, err: "" });
      // As if the live store were one of long before.
      await brand.spoilHistory({
        duckdb: ["update watermarks set position = position + 1000 where shard = 1"],
        postgres: [],
      });
      const { code, err } = brand.vif("backup", join(place, "after"));
      expect([code, err]).toEqual([
        1,
        expect.stringMatching(/Shard 1 is not drained: its journal is rewound\.\n`vif doctor` says/),
      ]);
      expect(readdirSync(place)).toEqual(["before"]);
    },
    TEST_MS_MAX,
  );

  it(
    "killed while it is written, or while it is put back, is run again",
    async () => {
      brand = await startNightBrand("backup-killed", "embedded");
      await liveALittle(brand.engine, PEOPLE);
      const before = await everybody();
      const backup = join(elsewhere(), "first");
      const begun = brand.begin("backup", backup);
      await until("a backup is under way", async () => existsSync(`${backup}.partial`) || existsSync(backup));
      await brand.engine.kill();
      await begun.ended();
      await brand.engine.start();
      // It may have been done by then.
      rmSync(backup, { recursive: true, force: true });
      const made = brand.vif("backup", backup);
      expect([made.code, made.err]).toEqual([0, ""]);
      await brand.engine.stop();

      const data = join(elsewhere(), "restored");
      for (const delayMs of KILLED_AFTER_MS) {
        const killed = spawn(process.execPath, [COMMAND, "restore", backup], { env: environment(data) });
        const ended = new Promise((resolve) => killed.once("close", resolve));
        await new Promise((resolve) => setTimeout(resolve, delayMs));
        killed.kill("SIGKILL");
        await ended;
      }
      const last = vifOn(environment(data), "restore", backup);
      // The last of them may have come to its end before it was killed.
      if (last.code !== 0) expect(last.err).toContain("There is a history");
      await expectRestored(data, before);
    },
    TEST_MS_MAX,
  );

  it(
    "that has no place, or is none, or is damaged, or of other shards, is refused with what is allowed",
    async () => {
      brand = await startNightBrand("backup-refused", "embedded");
      await liveALittle(brand.engine, 2);
      const place = elsewhere();
      const backup = join(place, "first");
      mkdirSync(backup);
      expect(brand.vif("backup", backup)).toMatchObject({ code: 0, err: "" });
      const refusals: readonly (readonly [string, RegExp])[] = [
        [backup, /first is not empty\.\n.*not there yet, or is empty/],
        [join(backup, "backup.json"), /backup\.json is no folder\./],
        ["/proc/none", /\/proc\/none\.partial cannot be made \(ENOENT\)\./],
      ];
      for (const [folder, text] of refusals) {
        const { code, err } = brand.vif("backup", folder);
        expect({ folder, code, err }).toEqual({ folder, code: 1, err: expect.stringMatching(text) });
      }
      mkdirSync(join(place, "second.partial"));
      writeFileSync(join(place, "second.partial", "letters.txt"), "mine");
      expect(brand.vif("backup", join(place, "second")).err).toContain("second.partial is in the way");
      expect(readdirSync(join(place, "second.partial"))).toEqual(["letters.txt"]);
      const url = `http://127.0.0.1:${brand.engine.controlPort}/v1/backup`;
      const headers = { ...ONCE, authorization: `Bearer ${CONTROL_TOKEN}` };
      for (const [body, code] of [
        ['{"folder":"relative"}', "invalid_field"],
        ["{", "malformed_json"],
      ] as const) {
        const answer = await fetch(url, { method: "POST", headers, body });
        expect([answer.status, await answer.json()]).toEqual([400, expect.objectContaining({ code })]);
      }

      const data = join(place, "restored");
      const restore = (folder: string, more: Record<string, string> = {}) =>
        vifOn(environment(data, more), "restore", folder);
      expect(restore(join(place, "nothing"))).toMatchObject({
        code: 1,
        err: expect.stringContaining("nothing is no backup of Vif."),
      });
      expect(restore(backup, { VIF_SHARDS: "2" }).err).toMatch(
        /of 4 shards, and VIF_SHARDS is 2\.\nSet VIF_SHARDS to 4/,
      );
      const torn = join(place, "torn");
      cpSync(backup, torn, { recursive: true });
      truncateSync(join(torn, "history.duckdb"), statSync(join(torn, "history.duckdb")).size - 1);
      expect(restore(torn).err).toMatch(/torn is damaged: history\.duckdb is not what was written/);
      writeFileSync(join(torn, "history.duckdb"), Buffer.alloc(statSync(join(backup, "history.duckdb")).size));
      expect(restore(torn).err).toMatch(/torn is damaged: history\.duckdb is not what was written/);
      rmSync(join(torn, "history.duckdb"));
      expect(restore(torn).err).toMatch(/torn is damaged: history\.duckdb is missing/);
      writeFileSync(join(torn, "backup.json"), '{"version":1}');
      expect(restore(torn).err).toMatch(/torn is damaged: backup\.json is not what was written/);
      writeFileSync(join(torn, "backup.json"), '{"version":2}');
      expect(restore(torn).err).toMatch(/torn is of form 2, not 1\./);
      // Nothing of all that has touched where it was to go; more shards are taken.
      expect(existsSync(data)).toBe(false);
      expect(restore(backup, { VIF_SHARDS: "8" })).toMatchObject({ code: 0, err: "" });
    },
    TEST_MS_MAX,
  );

  it.skipIf(mountMissing !== undefined)(
    `for which the disk is too small leaves nothing, nor does restoring one; the engine goes on ${mountMissing ?? ""}`,
    async () => {
      brand = await startNightBrand("backup-disk", "embedded");
      await liveALittle(brand.engine, PEOPLE);
      const disk = createSmallDisk(1);
      closers.push(() => disk.close());
      const { code, err } = brand.vif("backup", join(disk.folder, "first"));
      expect([code, err]).toEqual([1, expect.stringContaining("There is no space left on the disk for")]);
      expect(readdirSync(disk.folder)).toEqual([]);
      await sendBatch(brand.engine, [
        { type: "track", event: "Product Viewed", messageId: "since", userId: "customer-0" },
      ]);
      const before = await everybody();
      const backup = join(elsewhere(), "first");
      expect(brand.vif("backup", backup)).toMatchObject({ code: 0, err: "" });
      await brand.engine.stop();
      const roomy = createSmallDisk(64);
      closers.push(() => roomy.close());
      roomy.fill();
      const data = join(roomy.folder, "restored");
      expect(vifOn(environment(data), "restore", backup).code).toBe(1);
      roomy.free();
      expect(vifOn(environment(data), "restore", backup)).toMatchObject({ code: 0, err: "" });
      await expectRestored(data, before);
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
