/**
 * An engine with the example rules and people who have done a little of everything, to be spoilt and put right: events,
 * merges, receipts with points. What is spoilt in the live store is spoilt through its own port, as whoever has the right
 * epoch may write what they like; rows of history in the file or database itself.
 */
import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import pg from "pg";
import type { NightReport } from "../../engine/control/nights-port.ts";
import { createClock } from "../../engine/create-clock.ts";
import { createHistory } from "../../engine/history/create-history.ts";
import type { History } from "../../engine/history/port.ts";
import { loadPlan } from "../../engine/language/port.ts";
import type { CellKey } from "../../engine/model/identifier.ts";
import type { Plan } from "../../engine/model/plan.ts";
import {
  type Instant,
  type PlanDigest,
  type Position,
  type ProfileId,
  type ShardId,
  shardOfProfile,
  slotOfProfile,
} from "../../engine/model/ids.ts";
import { decodeProfile, dueOf, encodeProfile, type Profile } from "../../engine/profile/port.ts";
import { parseMeta } from "../../engine/shard/refold-port.ts";
import { createStore } from "../../engine/store/create-store.ts";
import { profileKey, wakeUpKeyOfBytes } from "../../engine/store/embedded/key-layout.ts";
import { openWriteTree, type WriteTree } from "../../engine/store/embedded/lmdb-tree.ts";
import { createRedisKeys } from "../../engine/store/redis/keys.ts";
import type { HotStore } from "../../engine/store/port.ts";
import { ROOT } from "../source-tree.ts";
import { sendBatch } from "./server-client.ts";
import { CONTROL_TOKEN, createEngineProcess, ONCE } from "./engine-process.ts";
import type { EngineProcess } from "./engine-process.ts";
import { createDatabase } from "./postgres-database.ts";
import { startRedis } from "./redis-server.ts";
import type { RedisServer } from "./redis-server.ts";
import { createTestFolder, removeTestFolder } from "./test-folder.ts";
import { postReceipts, receipt } from "./till-client.ts";
import { until } from "./waiting.ts";

export type Stores = "embedded" | "Redis and PostgreSQL";

export interface NightRun {
  readonly code: number | null;
  readonly report: NightReport;
}

export interface NightBrand {
  readonly engine: EngineProcess;
  readonly redis: RedisServer | undefined;
  /** VIF_DATA_DIR. */
  readonly data: string;
  /** VIF_RULES. */
  readonly rules: string;
  /** Of engine and command, from their next start on. */
  readonly settings: Record<string, string>;
  /** A command that is not waited for. */
  begin(...args: readonly string[]): { ended(): Promise<unknown>; kill(): void };
  /** `vif reconcile --json` with these. */
  reconcile(...args: readonly string[]): NightRun;
  vif(...args: readonly string[]): { readonly code: number | null; readonly out: string; readonly err: string };
  profileOf(who: string): Promise<Readonly<Record<string, unknown>> & { readonly profile: ProfileId }>;
  /** With the engine stopped, and started again afterwards. */
  spoilLive(spoil: (live: LiveAccess) => Promise<void>): Promise<void>;
  /** With the engine stopped: the row is not there any more. */
  removeProfile(id: ProfileId): Promise<void>;
  /** With the engine stopped; one statement after the other, `records` being the table or view of rows. */
  spoilHistory(statements: Statements): Promise<void>;
  /** With the engine stopped, by its own port. */
  rewriteHistory(rewrite: (history: History) => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

export interface Statements {
  readonly duckdb: readonly string[];
  readonly postgres: readonly string[];
}

export interface LiveAccess {
  readonly store: HotStore;
  readonly plan: Plan;
  rowOf(id: ProfileId): Promise<Uint8Array>;
  /** Writes it under the owner's epoch, as if it had been checkpointed. */
  alter(id: ProfileId, change: (profile: Profile) => void): Promise<void>;
  /** @param wakeUp by which the store wakes it, in place of what the row says */
  putRow(id: ProfileId, row: Uint8Array, wakeUp?: Instant): Promise<void>;
  /** At the end: among those whom the store wakes it is not any more, whatever its row says. */
  forgetWakeUp(id: ProfileId, at: Instant): void;
  putCell(shard: ShardId, cell: CellKey, to: ProfileId): Promise<void>;
  /** The checkpoint vouches for all records up to here, with the small state as it was. */
  coverUpTo(shard: ShardId, position: Position): Promise<void>;
}

export interface NightBrandOptions {
  /** VIF_RULES; the example brand's when absent. */
  readonly rules?: string;
  /** What history has before an engine is started for the first time: its live store is then filled from it. */
  readonly past?: (history: History) => Promise<void>;
  /** VIF_DATA_DIR; within the test's folder when absent. */
  readonly data?: string;
}

export async function startNightBrand(
  name: string,
  stores: Stores,
  options: NightBrandOptions = {},
): Promise<NightBrand> {
  const folder = createTestFolder(name);
  const { data = join(folder, "data"), rules = join(ROOT, "rules"), past } = options;
  const closers: (() => unknown)[] = [() => removeTestFolder(folder)];
  const settings: Record<string, string> = { VIF_SHARDS: "4", VIF_NIGHT: "off" };
  let redis: RedisServer | undefined;
  if (stores !== "embedded") {
    redis = await startRedis();
    closers.push(() => redis?.close());
    const database = await createDatabase(name.replaceAll("-", "_"));
    closers.push(() => database.close());
    Object.assign(settings, { VIF_STORE: redis.url, VIF_HISTORY: database.url });
  }
  const engine = await createEngineProcess({ rules, folder: data, settings: () => settings });
  closers.push(() => engine.kill());
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).toReversed()) await closer();
  };
  try {
    if (past !== undefined) {
      await onHistory(historyAt(), past);
      const { code, err } = vif("rebuild");
      if (code !== 0) throw new Error(`the live store cannot be filled: ${err}`);
    }
    await engine.start();
  } catch (error) {
    // Nobody is given a brand to close.
    await close();
    throw error;
  }

  function historyAt(): string {
    return settings["VIF_HISTORY"] ?? join(data, "history.duckdb");
  }

  function vif(...args: readonly string[]): ReturnType<NightBrand["vif"]> {
    const env = { PATH: process.env["PATH"] ?? "", VIF_DATA_DIR: data, VIF_RULES: rules, ...settings };
    const command = [join(ROOT, "dist", "engine", "cli", "main.js"), ...args];
    const { status, stdout, stderr } = spawnSync(process.execPath, command, { env, encoding: "utf8" });
    return { code: status, out: stdout, err: stderr };
  }

  async function openStore(): Promise<HotStore> {
    const setting =
      stores === "embedded"
        ? { kind: "embedded" as const, folder: join(data, "store"), shards: 4, durability: "process" as const }
        : {
            kind: "redis" as const,
            options: { url: settings["VIF_STORE"] ?? "", shards: 4, durability: "process" as const, unsafe: false },
          };
    return (await createStore(setting, createClock(), () => undefined)).store;
  }

  async function forgetWakeUp({ id, at }: WakeUpOf): Promise<void> {
    const shard = shardOfProfile(id, 4);
    const member = Buffer.from(id, "hex");
    if (redis !== undefined)
      await redis.ask("zremrangebyscore", createRedisKeys("vif").wakeUps(shard), String(at), String(at));
    else await inTree((tree) => tree.remove(wakeUpKeyOfBytes(shard, at, member)));
  }

  async function inTree(change: (tree: WriteTree) => void): Promise<void> {
    const tree = openWriteTree(join(data, "store", "state"), "unflushed");
    tree.commit(() => change(tree));
    await tree.close();
  }

  return {
    engine,
    redis,
    begin(...args) {
      const env = { PATH: process.env["PATH"] ?? "", VIF_DATA_DIR: data, VIF_RULES: rules, ...settings };
      const child = spawn(process.execPath, [join(ROOT, "dist", "engine", "cli", "main.js"), ...args], { env });
      const end = new Promise((resolve) => child.once("close", resolve));
      return { ended: () => end, kill: () => void child.kill("SIGKILL") };
    },
    data,
    rules,
    settings,
    vif,
    reconcile(...args) {
      const { code, out, err } = vif("reconcile", "--json", ...args);
      if (!out.includes('"drifts"')) throw new Error(`${err}\n${engine.output()}`);
      return { code, report: JSON.parse(out) as NightReport };
    },
    async profileOf(who) {
      const answer = await askFor(engine, who);
      if (!answer.ok) throw new Error(await answer.text());
      return (await answer.json()) as Awaited<ReturnType<NightBrand["profileOf"]>>;
    },
    async spoilLive(spoil) {
      await engine.stop();
      const store = await openStore();
      const forgotten: WakeUpOf[] = [];
      try {
        await spoil({ ...(await accessOf(store)), forgetWakeUp: (id, at) => void forgotten.push({ id, at }) });
      } finally {
        await store.close();
      }
      for (const each of forgotten) await forgetWakeUp(each);
      await engine.start();
    },
    async removeProfile(id) {
      await engine.stop();
      const shard = shardOfProfile(id, 4);
      if (redis !== undefined) await redis.ask("del", createRedisKeys("vif").profiles(shard, slotOfProfile(id)));
      else await inTree((tree) => tree.remove(profileKey(shard, id)));
      await engine.start();
    },
    async spoilHistory(statements) {
      await engine.stop();
      if (stores === "embedded") await onDuckDb(join(data, "history.duckdb"), statements.duckdb);
      else await onPostgres(settings["VIF_HISTORY"] ?? "", statements.postgres);
      await engine.start();
    },
    async rewriteHistory(rewrite) {
      await engine.stop();
      await onHistory(historyAt(), rewrite);
      await engine.start();
    },
    close,
  };
}

/** @param place a file of DuckDB, or the address of a PostgreSQL */
async function onHistory(place: string, change: (history: History) => Promise<void>): Promise<void> {
  const history = await createHistory(
    place.startsWith("postgres") ? { kind: "postgres", url: place } : { kind: "embedded", file: place },
  );
  try {
    await change(history);
  } finally {
    await history.close();
  }
}

interface WakeUpOf {
  readonly id: ProfileId;
  readonly at: Instant;
}

async function accessOf(store: HotStore): Promise<Omit<LiveAccess, "forgetWakeUp">> {
  const digest = (await store.plans.current()) as PlanDigest;
  const plan = loadPlan((await store.plans.get(digest)) as Uint8Array);
  const write = async (
    shard: ShardId,
    part: Partial<Parameters<HotStore["state"]["checkpoint"]>[0]>,
  ): Promise<void> => {
    const stored = await store.state.loadMeta(shard);
    const lease = (await store.leases.readLeases()).find((each) => each.shard === shard);
    if (stored === undefined || lease === undefined) throw new Error(`shard ${shard} has no checkpoint`);
    const { watermark, meta } = stored;
    const head = { shard, epoch: lease.epoch, watermark, after: watermark, journalEnd: watermark, meta };
    const outcome = await store.state.checkpoint({ ...head, profiles: [], cells: [], forgotten: [], ...part });
    if (outcome !== "ok") throw new Error(`the store does not let itself be spoilt: ${outcome}`);
  };
  const rowOf = async (id: ProfileId): Promise<Uint8Array> => {
    const [row] = await store.state.loadProfiles(shardOfProfile(id, store.shards), [id]);
    if (row === undefined) throw new Error(`there is no row of ${id}`);
    return Uint8Array.from(row);
  };
  const wakeUpOf = (id: ProfileId, row: Uint8Array): Instant => {
    const { wakeUp, agenda } = decodeProfile(row, plan, id);
    return Math.min(wakeUp, dueOf(agenda));
  };
  const putRow: LiveAccess["putRow"] = (id, row, wakeUp = wakeUpOf(id, row)) =>
    write(shardOfProfile(id, store.shards), { profiles: [{ id, row, wakeUp }] });
  return {
    store,
    plan,
    rowOf,
    putRow,
    async alter(id, change) {
      const profile = decodeProfile(await rowOf(id), plan, id);
      change(profile);
      await putRow(id, encodeProfile(profile));
    },
    putCell: (shard, cell, to) => write(shard, { cells: [[cell, to]] }),
    async coverUpTo(shard, position) {
      const stored = await store.state.loadMeta(shard);
      if (stored === undefined) throw new Error(`shard ${shard} has no checkpoint`);
      const meta = { ...parseMeta(stored.meta), position };
      const bytes = new TextEncoder().encode(JSON.stringify(meta));
      await write(shard, { watermark: position, journalEnd: position, meta: bytes });
    },
  };
}

async function onDuckDb(file: string, statements: readonly string[]): Promise<void> {
  const instance = await DuckDBInstance.create(file, { threads: "1" });
  const connection = await instance.connect();
  try {
    for (const statement of statements) await connection.run(statement);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function onPostgres(url: string, statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

export interface Shown extends Readonly<Record<string, unknown>> {
  readonly segments: readonly { readonly name: string; readonly inside: boolean }[];
}

/** What is shown of a person but for what passes with time (messages) and what a repair may change (the position). */
export function shown(profile: Readonly<Record<string, unknown>>): Shown {
  const { identifiers, attributes, segments, streams, ledger, absorbed, consents } = profile;
  return {
    identifiers,
    attributes,
    segments: segments as Shown["segments"],
    streams,
    ledger,
    absorbed,
    consents,
  };
}

/** Views, orders, names, merges of two visitors into one customer each, and points at a till. */
export async function liveALittle(engine: EngineProcess, people: number): Promise<void> {
  const events: object[] = [];
  for (let n = 0; n < people; n++) {
    const anonymousId = `visitor-${n}`;
    for (let i = 0; i < 4; i++)
      events.push({
        type: "track",
        event: "Product Viewed",
        messageId: `view-${n}-${i}`,
        anonymousId,
        properties: { category: n % 2 === 0 ? "shoes" : "hats", price: 10 + i },
      });
    events.push({
      type: "identify",
      messageId: `name-${n}`,
      anonymousId,
      userId: `customer-${Math.floor(n / 2)}`,
      traits: { email: `customer-${Math.floor(n / 2)}@shop.example`, city: "Lyon" },
    });
  }
  await sendBatch(engine, events);
  for (let n = 0; n < people / 2; n++) {
    await untilKnown(engine, `user:customer-${n}`);
    const lines = [{ sku: "a", quantity: 1, unitPrice: 40 + n }];
    const answer = await postReceipts(
      engine.port,
      receipt({ customer: { userId: `customer-${n}` }, lines, total: 40 + n }),
    );
    if (answer.status !== 200) throw new Error(`a receipt is refused: ${answer.status}`);
  }
  await engine.drain();
}

/**
 * An event that names somebody is answered before the shard of that name has heard of it, and a till that asks for the name in
 * between makes somebody new of it: one profile more, until they are merged.
 */
async function untilKnown(engine: EngineProcess, who: string): Promise<void> {
  await until(
    () => `${who} is known; the engine printed:\n${engine.output()}`,
    async () => (await askFor(engine, who)).ok,
  );
}

function askFor({ controlPort }: EngineProcess, who: string): Promise<Response> {
  const headers = { ...ONCE, authorization: `Bearer ${CONTROL_TOKEN}` };
  return fetch(`http://127.0.0.1:${controlPort}/v1/profile?who=${encodeURIComponent(who)}`, { headers });
}

/**
 * The first night reads all records and leaves a snapshot of each shard whose people have all been met by the rules; the next
 * ones of the rest.
 */
export function untilSnapped({ reconcile }: NightBrand): NightReport {
  for (let nights = 0; nights < 5; nights++) {
    const { report } = reconcile();
    const { drifts, shards, snapshots, told } = report;
    if (drifts > 0 || snapshots === undefined || snapshots.broken > 0)
      throw new Error(`a night without faults has found some: ${JSON.stringify(told)}`);
    if (snapshots.taken === shards || snapshots.read === shards) return report;
  }
  throw new Error("nights leave no snapshots of some shards");
}
