/**
 * The Redis store when things go wrong with the server: paused, killed, full, failing over, unfit from the start. What was
 * acknowledged must be there once, and no call may hang.
 */
import { randomUUID } from "node:crypto";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { redisMissing, startRedis, startRedisCluster } from "../../../tests/support/redis-server.ts";
import type { RedisServer } from "../../../tests/support/redis-server.ts";
import { storeCallMsMax } from "../../limits.ts";
import { SetupError, StoreUnavailable } from "../../model/errors.ts";
import { batch, checkpoint, own, profile, row, seen, shard } from "../contract-fixtures.ts";
import type { AppendRequest, HotStore } from "../port.ts";
import { clusterSlotOf } from "./cluster-slot.ts";
import { createRedisKeys } from "./keys.ts";
import { failureOf } from "./redis-failures.ts";
import type { RedisDurability } from "./redis-fitness.ts";
import { createRedisStore } from "./redis-store.ts";

const s = shard(1);
/** Slack for a loaded machine. */
const patienceMs = storeCallMsMax + 5_000;

const toClose: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of toClose.splice(0).reverse()) await each.close();
});

interface Opening {
  readonly durability?: RedisDurability;
  readonly unsafe?: boolean;
  readonly prefix?: string;
}

async function open(url: string, opening: Opening = {}): Promise<HotStore> {
  const { durability = "process", unsafe = false, prefix = `test-${randomUUID()}` } = opening;
  const store = await createRedisStore({ url, shards: 8, durability, unsafe, prefix });
  toClose.push(store);
  return store;
}

/** Repeats the very same call until it is answered, as a worker does. */
async function untilAnswered<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (cause) {
      expect(cause).toBeInstanceOf(StoreUnavailable);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** Appends batches to several shards until `over`, repeating what is not answered; then checks that each stands once. */
async function appendThroughout(store: HotStore, faults: () => Promise<void>): Promise<number> {
  const shards = [0, 1, 2, 3, 4, 5, 6, 7].map(shard);
  const owned = await Promise.all(shards.map(async (of) => ({ of, epoch: await own(store, of) })));
  let over = false;
  const done = faults().finally(() => (over = true));
  let turns = 0;
  try {
    while (!over) {
      turns++;
      const requests = owned.map(({ of, epoch }): AppendRequest => batch(of, epoch, turns, `${of} at ${turns}`));
      const outcomes = await untilAnswered(() => store.journal.append(requests));
      expect(outcomes.filter(({ is }) => is !== "ok" && is !== "already")).toEqual([]);
    }
  } finally {
    // A fault in progress must not outlive its test.
    await done;
  }
  for (const { of, epoch } of owned) {
    const expected = Array.from({ length: turns }, (_, i) => ({
      firstPosition: i + 1,
      count: 1,
      epoch,
      content: `${of} at ${i + 1}`,
    }));
    expect(seen(await untilAnswered(() => store.journal.read(of, 0, 1e9)))).toEqual(expected);
  }
  return turns;
}

function pass(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

describe.skipIf(redisMissing !== undefined)(`a Redis with faults ${redisMissing ?? ""}`, () => {
  let server: RedisServer;
  beforeEach(async () => {
    server = await startRedis();
  });
  afterEach(() => server.close());

  // At everysec Redis answers before it writes while a flush is under way, so a killed one may lose a second.
  test("killed and started again during appends at level disk loses nothing acknowledged", async () => {
    const flushed = await startRedis({ appendfsync: "always" });
    toClose.push(flushed);
    const store = await open(flushed.url, { durability: "disk" });
    const turns = await appendThroughout(store, async () => {
      for (let round = 0; round < 3; round++) {
        await pass(100);
        await flushed.kill();
        await pass(50);
        await flushed.restart();
        await pass(300);
      }
    });
    expect(turns).toBeGreaterThan(10);
  }, 60_000);

  test("paused is unavailable in time; what it was told meanwhile is there once when it goes on", async () => {
    const store = await open(server.url);
    await appendThroughout(store, async () => {
      await pass(100);
      server.pause();
      const pausedAt = performance.now();
      await expect(store.state.loadMeta(s)).rejects.toThrow(StoreUnavailable);
      await expect(store.leases.readLeases()).rejects.toThrow(StoreUnavailable);
      expect(performance.now() - pausedAt).toBeLessThan(2 * patienceMs);
      server.resume();
      await pass(1_000);
    });
  }, 60_000);

  test("whose connections are cut during appends loses and doubles nothing", async () => {
    const store = await open(server.url);
    await appendThroughout(store, async () => {
      for (let round = 0; round < 20; round++) {
        await pass(20);
        await server.ask("client", "kill", "type", "normal");
      }
    });
  }, 60_000);

  test("that has forgotten the scripts is told them again", async () => {
    const store = await open(server.url);
    const epoch = await own(store, s);
    await server.ask("script", "flush");
    expect(await store.journal.append([batch(s, epoch, 1, "one"), batch(s, epoch, 2, "two")])).toEqual([
      { is: "ok" },
      { is: "ok" },
    ]);
    await server.ask("script", "flush");
    expect(await store.state.checkpoint(checkpoint(s, epoch, { watermark: 1 }))).toBe("ok");
  });

  test("at its memory limit is unavailable, says so, and takes the same call when there is room", async () => {
    const store = await open(server.url);
    const epoch = await own(store, s);
    await server.configure({ maxmemory: "1mb" });
    const request = [batch(s, epoch, 1, "x".repeat(100_000))];
    await expect(store.journal.append(request)).rejects.toThrow(/memory limit/);
    await expect(store.journal.append(request)).rejects.toThrow(StoreUnavailable);
    await server.configure({ maxmemory: "0" });
    expect(await store.journal.append(request)).toEqual([{ is: "ok" }]);
  });

  test("that becomes a replica is unavailable until it is master again", async () => {
    const other = await startRedis();
    toClose.push(other);
    const store = await open(server.url);
    const epoch = await own(store, s);
    await server.ask("replicaof", "127.0.0.1", "1");
    await expect(store.journal.append([batch(s, epoch, 1, "one")])).rejects.toThrow(StoreUnavailable);
    await server.ask("replicaof", "no", "one");
    expect((await untilAnswered(() => store.journal.append([batch(s, epoch, 1, "one")])))[0]?.is).toBe("ok");
  });

  test("that lost its last writes says so with a gap", async () => {
    const prefix = "rewound";
    const store = await open(server.url, { prefix });
    const epoch = await own(store, s);
    await store.journal.append([batch(s, epoch, 1, "one")]);
    const keys = createRedisKeys(prefix);
    await server.ask("copy", keys.head(s), "saved");
    await server.ask("copy", keys.journal(s), "saved-journal");
    await store.journal.append([batch(s, epoch, 2, "two"), batch(s, epoch, 3, "three")]);
    await server.ask("copy", "saved", keys.head(s), "replace");
    await server.ask("copy", "saved-journal", keys.journal(s), "replace");
    expect(await store.journal.append([batch(s, epoch, 4, "four")])).toEqual([{ is: "gap", last: 1 }]);
    expect(await store.state.checkpoint(checkpoint(s, epoch, { watermark: 3, journalEnd: 3 }))).toBe("gap");
    expect(await store.journal.append([batch(s, epoch, 2, "two")])).toEqual([{ is: "ok" }]);
  });
});

describe.skipIf(redisMissing !== undefined)(`a Redis at level replica ${redisMissing ?? ""}`, () => {
  let master: RedisServer;
  let replica: RedisServer;
  beforeAll(async () => {
    master = await startRedis({ "repl-diskless-sync-delay": "0" });
    replica = await startRedis({ replicaof: `127.0.0.1 ${master.port}` });
  });
  afterAll(async () => {
    await replica.close();
    await master.close();
  });

  async function untilLinked(): Promise<void> {
    while (!(await replica.ask("info", "replication")).includes("master_link_status:up")) await pass(20);
  }

  test("acknowledges only what the replica has, a repetition included", async () => {
    await untilLinked();
    const store = await open(master.url, { durability: "replica" });
    const epoch = await own(store, s);
    expect(await store.journal.append([batch(s, epoch, 1, "one")])).toEqual([{ is: "ok" }]);

    replica.pause();
    const second = [batch(s, epoch, 2, "two")];
    await expect(store.journal.append(second)).rejects.toThrow(/No replica/);
    // The batch stands on the master alone; its repetition is no better until the replica has it.
    await expect(store.journal.append(second)).rejects.toThrow(/No replica/);
    const fresh = await createRedisStore({
      url: master.url,
      shards: 8,
      durability: "replica",
      unsafe: true,
      prefix: "fresh",
    }).catch((cause: unknown) => cause);
    expect(fresh).toBeInstanceOf(StoreUnavailable);
    replica.resume();
    expect(await untilAnswered(() => store.journal.append(second))).toEqual([{ is: "already" }]);
    expect(await replica.ask("exists", "nothing")).toBe("0");
  }, 60_000);
});

describe.skipIf(redisMissing !== undefined)(`an unfit Redis ${redisMissing ?? ""}`, () => {
  async function refusal(settings: Readonly<Record<string, string>>, opening: Opening = {}): Promise<SetupError> {
    const server = await startRedis(settings);
    toClose.push(server);
    const cause = await open(server.url, opening).catch((failure: unknown) => failure);
    expect(cause).toBeInstanceOf(SetupError);
    await open(server.url, { ...opening, unsafe: true });
    return cause as SetupError;
  }

  test("is refused when it evicts, by the name of the setting and with the remedy, unless told otherwise", async () => {
    const { message, remedy } = await refusal({ "maxmemory-policy": "allkeys-lru" });
    expect(message).toContain("maxmemory-policy allkeys-lru");
    expect(remedy).toContain("maxmemory-policy noeviction");
  });

  test("is refused when it keeps no append-only file", async () => {
    const { message, remedy } = await refusal({ appendonly: "no" });
    expect(message).toContain("appendonly no");
    expect(remedy).toContain("appendonly yes");
  });

  test("is refused at level disk when it is not flushed at each write", async () => {
    const { message, remedy } = await refusal({}, { durability: "disk" });
    expect(message).toContain("appendfsync everysec");
    expect(remedy).toContain("appendfsync always");
  });

  test("is fit for level disk when it is flushed at each write", async () => {
    const server = await startRedis({ appendfsync: "always" });
    toClose.push(server);
    const store = await open(server.url, { durability: "disk" });
    const epoch = await own(store, s);
    expect(await store.journal.append([batch(s, epoch, 1, "one")])).toEqual([{ is: "ok" }]);
  });

  test("is refused for a wrong password, which is shown nowhere", async () => {
    const server = await startRedis({ requirepass: "right-secret" });
    toClose.push(server);
    const url = server.url.replace("redis://", "redis://:wrong-secret@");
    const cause = await open(url).catch((failure: unknown) => failure);
    expect(cause).toBeInstanceOf(SetupError);
    expect(`${(cause as Error).message} ${(cause as SetupError).remedy}`).not.toContain("secret");
    await open(server.url.replace("redis://", "redis://:right-secret@"));
  });

  test("is refused when the address is none", async () => {
    await expect(open("redis-cluster://")).rejects.toThrow(SetupError);
    await expect(open("http://127.0.0.1")).rejects.toThrow(SetupError);
  });
});

describe.skipIf(redisMissing !== undefined)(`a Redis Cluster with faults ${redisMissing ?? ""}`, () => {
  test("loses and doubles nothing while a master is killed and a slot moves", async () => {
    const cluster = await startRedisCluster({ appendfsync: "always" });
    toClose.push(cluster);
    const prefix = "moving";
    const store = await open(cluster.url, { prefix, durability: "disk" });
    await appendThroughout(store, async () => {
      await pass(200);
      const [first] = cluster.masters;
      await first?.kill();
      await pass(200);
      await first?.restart();
      await pass(1_000);
      await moveSlot(cluster.masters, clusterSlotOf(createRedisKeys(prefix).head(shard(0))));
      await pass(500);
    });
    const id = profile(s, 1);
    const epoch = await untilAnswered(() => own(store, s));
    expect(await store.state.checkpoint(checkpoint(s, epoch, { watermark: 1, profiles: [row(id, "row", 5)] }))).toBe(
      "ok",
    );
    expect(await store.state.due(s, 5, 1)).toEqual([{ id, at: 5 }]);
  }, 90_000);

  /** As an operator's resharding does it: key by key, with the slot half here and half there in between. */
  async function moveSlot(masters: readonly RedisServer[], slot: number): Promise<void> {
    const ids = await Promise.all(masters.map((each) => each.ask("cluster", "myid")));
    const slots = await masters[1]?.ask("cluster", "nodes");
    const line = slots?.split("\n").find((each) =>
      each
        .split(" ")
        .slice(8)
        .some((range) => {
          const [low = 0, high = low] = range.split("-").map(Number);
          return slot >= low && slot <= high;
        }),
    );
    const from = masters.find((_, i) => line?.startsWith(ids[i] ?? "-"));
    const to = masters.find((each) => each !== from);
    if (from === undefined || to === undefined) throw new Error(`nobody holds slot ${slot}`);
    const [fromId = "", toId = ""] = [ids[masters.indexOf(from)], ids[masters.indexOf(to)]];
    await to.ask("cluster", "setslot", String(slot), "importing", fromId);
    await from.ask("cluster", "setslot", String(slot), "migrating", toId);
    for (;;) {
      const keys = (await from.ask("cluster", "getkeysinslot", String(slot), "1")).split("\n").filter(Boolean);
      if (keys.length === 0) break;
      await from.ask("migrate", "127.0.0.1", String(to.port), "", "0", "5000", "keys", ...keys);
      await pass(50);
    }
    for (const each of masters) await each.ask("cluster", "setslot", String(slot), "node", toId);
  }
});

describe("a failure of Redis", () => {
  test.each([
    ["LOADING Redis is loading the dataset in memory", /loading its data/],
    ["READONLY You can't write against a read only replica.", /become a replica/],
    ["MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", /master is down/],
    ["CLUSTERDOWN The cluster is down", /Cluster/],
    ["MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.", /its disk/],
    ["OOM command not allowed when used memory > 'maxmemory'.", /memory limit/],
    ["Connection is closed.", /does not answer/],
  ])("%s is a state that passes", (message, meaning) => {
    const failure = failureOf("redis://host:1", new Error(message));
    expect(failure).toBeInstanceOf(StoreUnavailable);
    expect(failure.message).toMatch(meaning);
  });

  test.each([
    "WRONGTYPE Operation against a key holding the wrong kind of value",
    "ERR Error running script (call to f_1): @user_script:1: attempt to index nil",
  ])("%s is a fault of ours", (message) => {
    expect(failureOf("redis://host:1", new Error(message))).not.toBeInstanceOf(StoreUnavailable);
  });
});

describe("a Cluster's slot", () => {
  // From the specification's own example, and redis-cli's CLUSTER KEYSLOT.
  test.each([
    ["123456789", 0x31c3],
    ["foo{hash_tag}", 2515],
    ["somekey", 11058],
  ])("of %s is %d", (key, slot) => expect(clusterSlotOf(key)).toBe(slot));
});

describe("what is no Redis", () => {
  /** Where somebody listens who answers like this. */
  async function listen(answer: string | undefined): Promise<string> {
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      if (answer !== undefined) socket.on("data", () => socket.write(answer));
    });
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
    toClose.push({ close: async () => void server.close() });
    return `redis://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  test.each([
    ["is answered by nobody", async () => "redis://127.0.0.1:1", "connect ECONNREFUSED 127.0.0.1:1"],
    ["takes connections and says nothing", () => listen(undefined), "Socket timeout"],
    ["speaks another language", () => listen("HTTP/1.1 400 Bad Request\r\n\r\n"), "what answers there is no Redis"],
  ])("%s: told at once as a setup error, with what was tried and the remedy", async (_case, address, reason) => {
    const url = await address();
    const failure = await open(url).then(
      () => undefined,
      (cause: unknown) => cause,
    );
    expect(failure).toBeInstanceOf(SetupError);
    const { message, remedy } = failure as SetupError;
    expect(message).toContain(`The Redis at ${url} cannot be reached: ${reason}`);
    expect(remedy).toContain("VIF_STORE");
  });
});
