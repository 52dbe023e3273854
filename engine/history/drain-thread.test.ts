import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { NodeId, ShardId } from "../model/ids.ts";
import type { EmbeddedStore } from "../store/embedded/embedded-store.ts";
import { createEmbeddedStore } from "../store/embedded/embedded-store.ts";
import { createHistory } from "./create-history.ts";
import { startDrainThread } from "./drain-thread.ts";
import { createTestJournal } from "./history-fixtures.ts";
import { connectHistory } from "./history-link.ts";

const shard = 2 as ShardId;
const node = "n1" as NodeId;
let folder: string;
let store: EmbeddedStore;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "vif-drain-thread-"));
  const clock = { now: () => Date.now(), monotonicMs: () => performance.now() };
  store = await createEmbeddedStore({ folder: join(folder, "store"), shards: 4, durability: "process", clock });
});

afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

async function appendTo(batches: number): Promise<number> {
  const leases = await store.leases.readLeases();
  const lease = leases.find((candidate) => candidate.shard === shard);
  const epoch = lease === undefined ? undefined : await store.leases.claim(lease, node, 0);
  if (epoch === undefined) throw new Error("the shard is not to be had");
  const journal = createTestJournal();
  for (let n = 0; n < batches; n++) {
    const { bytes, count, firstPosition } = journal.append(shard, epoch, 10);
    expect(await store.journal.append([{ shard, epoch, firstPosition, count, digest: n, bytes }])).toEqual([
      { is: "ok" },
    ]);
  }
  return epoch;
}

const history = () => ({ kind: "embedded", file: join(folder, "history.duckdb") }) as const;

/** What `startDrainThread` reaches the store by. */
function connected() {
  const connection = store.openConnection();
  return { store: { kind: "embedded", connection }, transfer: [connection.port] } as const;
}

test("the thread drains the shards it is given, and other threads read the history through it", async () => {
  const epoch = await appendTo(5);
  const drained: number[] = [];
  const thread = await startDrainThread({
    ...connected(),
    history: history(),
    onDrained: (_, position) => void drained.push(position),
  });
  thread.setShards([{ shard, epoch }]);
  await thread.flush();
  expect(drained.at(-1)).toBe(50);
  expect(thread.status()).toMatchObject({ rows: 50, shards: [{ shard, epoch, drained: 50, lagRecords: 0 }] });
  const elsewhere = connectHistory(thread.openPort());
  expect(await elsewhere.watermarks()).toEqual(new Map([[shard, { epoch, position: 50 }]]));
  const [first, second] = await elsewhere.records(shard, 10, 2);
  const [stored] = await store.journal.read(shard, 10, 1);
  expect(first?.position).toBe(11);
  expect(Buffer.from(stored?.bytes ?? []).includes(Buffer.from(first?.record ?? []))).toBe(true);
  expect(Buffer.from(stored?.bytes ?? []).includes(Buffer.from(second?.record ?? []))).toBe(true);
  expect((await thread.history.totals()).events).toBe(26);
  await expect(
    elsewhere.drain([{ shard, from: { epoch: 5, position: 5 }, to: { epoch: 5, position: 6 }, rows: [] }]),
  ).rejects.toThrow(RangeError);
  await thread.close();
  await expect(elsewhere.totals()).rejects.toMatchObject({ code: "history_unavailable" });
  await expect(thread.flush()).rejects.toMatchObject({ code: "history_unavailable" });
  const reopened = await createHistory(history());
  expect((await reopened.totals()).events).toBe(26);
  await reopened.close();
});

test("the engine starts while its history is away, and flushes say so", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  await new Promise((resolve) => server.close(resolve));
  const url = `postgres://nobody@127.0.0.1:${port}/nowhere`;
  const epoch = await appendTo(1);
  const thread = await startDrainThread({ ...connected(), history: { kind: "postgres", url } });
  thread.setShards([{ shard, epoch }]);
  await expect(thread.flush()).rejects.toMatchObject({ code: "history_unavailable" });
  expect(thread.status().trouble).toMatch(/cannot be used/);
  await thread.close();
});

test("a history that is unfit is told of at the start, with the remedy, and never waited for", async () => {
  const settings = { kind: "postgres", url: "postgres://nobody@127.0.0.1/x", schema: "NOT ONE" } as const;
  let told: (cause: Error) => void = () => undefined;
  const failure = new Promise<Error>((resolve) => {
    told = resolve;
  });
  const thread = await startDrainThread({ ...connected(), history: settings, onFailure: (cause) => told(cause) });
  expect(await failure).toMatchObject({ code: "setup", remedy: expect.stringContaining("lower case") });
  await expect(thread.history.totals()).rejects.toMatchObject({ code: "history_unavailable" });
  await thread.close();
});
