/**
 * The hot store in Redis, one server or a Cluster: for several nodes, or to have the data elsewhere. Each thread opens its
 * own (two connections: appends, and all else). Every write is a script that checks the shard's epoch, so it is atomic and
 * fenced; every write may be repeated. At `appendfsync everysec` Redis answers before it has written while a flush is
 * under way: that is safe against the death of an engine, and may lose up to two seconds when Redis itself is killed; the
 * store then says `gap`. What survives what is the server's setting and the level: `process` wants an
 * append-only file, `disk` wants it flushed at each write, `replica` waits for one replica besides (not strong
 * consistency: a failover may still lose what only the old master had acknowledged).
 */
import { storeOpenMsMax, storeReachMsMax } from "../../limits.ts";
import { SetupError, StoreUnavailable } from "../../model/errors.ts";
import type { PlanDigest } from "../../model/ids.ts";
import type { HotStore, Plans } from "../port.ts";
import { createRedisKeys } from "./keys.ts";
import type { RedisKeys } from "./keys.ts";
import { parseRedisAddress } from "./redis-address.ts";
import { bytesOf, callScript, command, listOf, numberOf, textOf } from "./redis-commands.ts";
import { checkFitness } from "./redis-fitness.ts";
import type { RedisDurability } from "./redis-fitness.ts";
import { asBuffer, createRedisJournal } from "./redis-journal.ts";
import { createRedisLeases } from "./redis-leases.ts";
import { createRedisLink } from "./redis-link.ts";
import type { RedisLink } from "./redis-link.ts";
import { createRedisProducts } from "./redis-products.ts";
import { createRedisState } from "./redis-state.ts";
import { SCRIPTS } from "./scripts.ts";

export interface RedisStoreOptions {
  /** `redis://[user:password@]host[:port][/database]`, `rediss://...` or `redis-cluster://[user:password@]host:port,host:port`. */
  readonly url: string;
  /** For a new store, a power of two; an existing one keeps its own. */
  readonly shards: number;
  readonly durability: RedisDurability;
  /** Opens a Redis that evicts, or that is not kept or flushed as the level demands. */
  readonly unsafe: boolean;
  /** Parts the stores that share one Redis. */
  readonly prefix?: string;
}

/** Between two attempts to open. */
const openPauseMs = 50;
/** Version of keys, scripts and values; a store of another version is refused. */
const storeFormat = 1;

/** @throws SetupError when it is unfit; StoreUnavailable when it cannot be reached (in time) */
export async function createRedisStore(options: RedisStoreOptions): Promise<HotStore> {
  const address = parseRedisAddress(options.url);
  const waitsForReplica = options.durability === "replica";
  const keys = createRedisKeys(options.prefix ?? "vif");
  const appends = createRedisLink({ address, waitsForReplica });
  const link = createRedisLink({ address, waitsForReplica });
  async function close(): Promise<void> {
    await Promise.all([appends.close(), link.close()]);
  }
  try {
    await Promise.all([untilServed(appends, ping), untilServed(link, ping)]);
    const shards = await untilServed(link, async () => {
      if (!options.unsafe) await checkFitness(link, options.durability);
      await link.load(Object.values(SCRIPTS));
      return settleShards(link, keys, options.shards);
    });
    return {
      shards,
      journal: createRedisJournal({ keys, appends, others: link, waitsForReplica }),
      state: createRedisState({ keys, link, shards }),
      leases: createRedisLeases({ keys, link, shards }),
      plans: createRedisPlans(keys, link),
      products: createRedisProducts(keys, link),
      close,
    };
  } catch (cause) {
    await close();
    throw cause;
  }
}

async function ping(link: RedisLink): Promise<void> {
  await link.askMasters("ping");
}

/**
 * Repeats for a while: a Redis that has just started loads its data first, a Cluster has to be found. One that nobody can
 * connect to is told of sooner: a person who mistyped an address is waiting.
 */
async function untilServed<T>(link: RedisLink, ask: (link: RedisLink) => Promise<T>): Promise<T> {
  let isLate = false;
  let isUnreached = false;
  const timers = [
    setTimeout(() => (isLate = true), storeOpenMsMax),
    setTimeout(() => (isUnreached = true), storeReachMsMax),
  ];
  link.connect();
  try {
    for (;;) {
      try {
        return await ask(link);
      } catch (cause) {
        const text = cause instanceof Error ? cause.message : "";
        if (/NOAUTH|WRONGPASS|NOPERM/.test(text)) throw refused(link.shown, cause);
        if (!(cause instanceof StoreUnavailable) || isLate) throw cause;
        if (isUnreached && link.connectFailure !== undefined) throw unreached(link.shown, link.connectFailure);
        await new Promise((resolve) => setTimeout(resolve, openPauseMs));
      }
    }
  } finally {
    for (const timer of timers) clearTimeout(timer);
  }
}

function unreached(shown: string, failure: string): SetupError {
  return new SetupError(
    `The Redis at ${shown} cannot be reached: ${failure} (tried for ${storeReachMsMax / 1000} s).`,
    "See that it runs and listens there, that no firewall is in between, and that VIF_STORE names it.",
  );
}

function refused(shown: string, cause: unknown): SetupError {
  return new SetupError(
    `The Redis at ${shown} refuses the credentials given.`,
    "Correct user and password in VIF_STORE, or the user's rights.",
    { cause },
  );
}

/** The store keeps the first number of shards it was given. */
async function settleShards(link: RedisLink, keys: RedisKeys, wanted: number): Promise<number> {
  const [, , reply] = await link.write([
    command("hsetnx", keys.settings, "format", storeFormat),
    command("hsetnx", keys.settings, "shards", wanted),
    command("hmget", keys.settings, "format", "shards"),
  ]);
  const [format, shards] = listOf(reply).map(numberOf);
  if (format !== storeFormat || shards === undefined) {
    throw new SetupError(
      `The Redis at ${link.shown} holds a hot store of format ${format}; this version reads format ${storeFormat}.`,
      "Start it with the version that wrote it, or with an empty database (the history is kept elsewhere).",
    );
  }
  return shards;
}

function createRedisPlans(keys: RedisKeys, link: RedisLink): Plans {
  return {
    async put(digest, source) {
      await link.write([command("hset", keys.plans, digest, asBuffer(source))]);
    },
    get: async (digest) => bytesOf((await link.read([command("hget", keys.plans, digest)]))[0]),
    async setCurrent(digest) {
      await link.write([command("set", keys.currentPlan, digest)]);
    },
    current: async () => textOf((await link.read([command("get", keys.currentPlan)]))[0]) as PlanDigest | undefined,
    steering: async () => textOf((await link.read([command("get", keys.steering)]))[0]),
    async setSteering(text, from) {
      const asked = [callScript(SCRIPTS.swap, [keys.steering], [text, from ?? ""])];
      return numberOf((await link.write(asked))[0]) === 1;
    },
  };
}
