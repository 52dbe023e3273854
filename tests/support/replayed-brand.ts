/**
 * A published file of receipts through a running engine, with engine and replay killed on the way: what the tests of such
 * files have in common. Points are given for the file's own currency, so that there is a ledger to get wrong.
 */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect } from "vitest";
import { createClock } from "../../engine/create-clock.ts";
import { loadPlan } from "../../engine/language/port.ts";
import type { Plan } from "../../engine/model/plan.ts";
import { createStore } from "../../engine/store/create-store.ts";
import { ROOT } from "../source-tree.ts";
import { createEngineProcess } from "./engine-process.ts";
import type { EngineProcess } from "./engine-process.ts";
import { createDatabase } from "./postgres-database.ts";
import { startRedis } from "./redis-server.ts";
import { settledReceipts, startReplay } from "./replay-process.ts";
import type { ReplayRun } from "./replay-process.ts";
import { storedPeople } from "./stored-people.ts";
import { createTestFolder, removeTestFolder } from "./test-folder.ts";
import { until } from "./waiting.ts";

/** The longest that a test of a file may take: some minutes, and more where other work has the cores. */
export const REPLAY_TEST_MS_MAX = 900_000;

/** @param path below the folder of public test data; undefined as `missing` where it is there */
export function publicFile(path: string): { readonly file: string; readonly missing: string | undefined } {
  const file = join(resolve(ROOT, process.env["VIF_TEST_DATA"] ?? "../shared/data"), path);
  return { file, missing: existsSync(file) ? undefined : `no file ${file}: set VIF_TEST_DATA` };
}

export interface ReplayedBrand {
  readonly engine: EngineProcess;
  /** Of the embedded history. */
  readonly historyFile: string;
  /** Of the other one; empty on the embedded stores. */
  readonly databaseUrl: string;
  /** What a command answers with --json. */
  vif(...args: readonly string[]): unknown;
  /** With the engine stopped: each profile that the live store has, in the form in which profiles are compared. */
  everybody(): Promise<ReadonlyMap<string, string>>;
  /** With the engine stopped: nothing is left of the live store. */
  loseLive(): Promise<void>;
  /** Replays the file, killing engine and replay in turns, and tells how often; the replay is whole in the end. */
  replayKilling(kills: number): Promise<number>;
  close(): Promise<void>;
}

export interface BrandOptions {
  readonly name: string;
  readonly file: string;
  readonly map: string;
  readonly currency: string;
  readonly receipts: number;
  readonly lines: number;
  readonly stores: "embedded" | "Redis and PostgreSQL";
}

export async function startReplayedBrand(options: BrandOptions): Promise<ReplayedBrand> {
  const folder = createTestFolder(options.name);
  const rules = join(folder, "rules");
  const data = join(folder, "data");
  cpSync(join(ROOT, "rules"), rules, { recursive: true });
  const loyalty = join(rules, "loyalty", "club-points.yaml");
  const rule = readFileSync(loyalty, "utf8").replaceAll("EUR", options.currency);
  // Some of these customers are wholesalers, whose receipts come to thousands: what a shop's till may give is no bound here.
  writeFileSync(loyalty, rule.replace(/^at most: .*\n/m, ""));
  const closers: (() => unknown)[] = [() => removeTestFolder(folder)];
  const settings: Record<string, string> = {};
  const live = join(data, "store");
  let loseLive = async (): Promise<void> => rmSync(live, { recursive: true });
  if (options.stores !== "embedded") {
    const redis = await startRedis();
    closers.push(() => redis.close());
    loseLive = async () => void (await redis.ask("flushall"));
    const database = await createDatabase(options.name.replaceAll("-", "_"));
    closers.push(() => database.close());
    Object.assign(settings, { VIF_STORE: redis.url, VIF_HISTORY: database.url });
  }
  const engine = await createEngineProcess({ rules, folder: data, settings: () => settings });
  closers.push(() => engine.kill());
  await engine.start();

  let plan: Plan | undefined;
  async function everybody(): Promise<ReadonlyMap<string, string>> {
    const around = { shards: 8, durability: "process" } as const;
    const url = settings["VIF_STORE"];
    const { store } = await createStore(
      url === undefined
        ? { kind: "embedded", folder: live, ...around }
        : { kind: "redis", options: { url, unsafe: false, ...around } },
      createClock(),
      () => undefined,
    );
    try {
      // One that was filled anew has none in force until an engine has begun on it.
      const digest = await store.plans.current();
      if (digest !== undefined) plan = loadPlan((await store.plans.get(digest)) as Uint8Array);
      if (plan === undefined) throw new Error("no engine has begun on this store yet");
      return await storedPeople(store, plan);
    } finally {
      await store.close();
    }
  }

  let replay: ReplayRun | undefined;
  closers.push(() => replay?.kill());
  const startFile = (): ReplayRun => {
    replay = startReplay(data, rules, [options.file, "--map", options.map, "--json"]);
    return replay;
  };

  async function replayKilling(kills: number): Promise<number> {
    let killed = 0;
    let running = startFile();
    for (let next = 1; next <= kills; next++) {
      // All in the first half: whoever looks late on a busy machine still finds it running.
      const due = Math.floor((options.receipts * next) / (2 * kills));
      // And it goes on since the last kill: one that finds no engine at its beginning would end.
      const threshold = Math.max(due, settledReceipts(data) + 1);
      await until(
        () => `receipt ${threshold} is settled; ${settledReceipts(data)} are`,
        () => !running.isRunning() || settledReceipts(data) >= threshold,
        REPLAY_TEST_MS_MAX,
      );
      if (!running.isRunning()) break;
      killed++;
      if (next % 2 === 1) {
        await engine.kill();
        engine.launch();
      } else {
        await running.kill();
        // A replay waits for an engine that has gone while it works, but does not begin without one.
        await engine.untilReady();
        running = startFile();
      }
    }
    const { code, out, err } = await running.ended();
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(JSON.parse(out)).toMatchObject({ is: "done", rows: options.lines, rejectedRows: 0, refused: 0 });
    await engine.untilReady();
    return killed;
  }

  return {
    engine,
    historyFile: join(data, "history.duckdb"),
    databaseUrl: settings["VIF_HISTORY"] ?? "",
    everybody,
    loseLive: () => loseLive(),
    replayKilling,
    vif(...args) {
      const command = [join(ROOT, "dist", "engine", "cli", "main.js"), ...args, "--json"];
      const env = { PATH: process.env["PATH"] ?? "", VIF_DATA_DIR: data, VIF_RULES: rules, ...settings };
      const { stdout, stderr } = spawnSync(process.execPath, command, { env, encoding: "utf8" });
      if (stdout === "") throw new Error(stderr);
      return JSON.parse(stdout);
    },
    async close() {
      for (const close of closers.reverse()) await close();
    },
  };
}
