/**
 * The hot store in Redis, one server or a Cluster: for several nodes, or to have the data elsewhere. Each thread opens its
 * own (two connections: appends, and all else). Every write is a script that checks the shard's epoch, so it is atomic and
 * fenced; every write may be repeated. What survives what is the server's setting and the level: `process` wants an
 * append-only file, `disk` wants it flushed at each write, `replica` waits for one replica besides (not strong
 * consistency: a failover may still lose what only the old master had acknowledged).
 */
import { storeOpenMsMax } from "../../limits.ts";
import { SetupError, StoreUnavailable } from "../../model/errors.ts";
import type { PlanDigest } from "../../model/ids.ts";
import type { HotStore, Plans } from "../port.ts";
import { createRedisKeys } from "./keys.ts";
import type { RedisKeys } from "./keys.ts";
import { parseRedisAddress } from "./redis-address.ts";
import { bytesOf, command, listOf, numberOf, textOf } from "./redis-commands.ts";
import { checkFitness } from "./redis-fitness.ts";
import type { RedisDurability } from "./redis-fitness.ts";
import { asBuffer, createRedisJournal } from "./redis-journal.ts";
import { createRedisLeases } from "./redis-leases.ts";
import { createRedisLink } from "./redis-link.ts";
import type { RedisLink } from "./redis-link.ts";
import { createRedisState } from "./redis-state.ts";

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
    await Promise.all([open(appends), open(link)]);
    if (!options.unsafe) await checkFitness(link, options.durability);
    const shards = await settleShards(link, keys, options.shards);
    return {
      shards,
      journal: createRedisJournal({ keys, appends, others: link, waitsForReplica }),
      state: createRedisState({ keys, link, shards }),
      leases: createRedisLeases({ keys, link, shards }),
      plans: createRedisPlans(keys, link),
      close,
    };
  } catch (cause) {
    await close();
    throw cause;
  }
}

/** Waits until commands are taken: a Redis that has just started loads its data first. */
async function open(link: RedisLink): Promise<void> {
  const deadline = performance.now() + storeOpenMsMax;
  let cause: unknown = await link.connect().catch((failure: unknown) => failure);
  for (;;) {
    try {
      await link.askMasters("ping");
      return;
    } catch (failure) {
      cause = failure instanceof StoreUnavailable ? (cause ?? failure) : failure;
      const text = failure instanceof Error ? `${failure.message} ${textOfCause(cause)}` : "";
      if (/NOAUTH|WRONGPASS|NOPERM/.test(text)) throw refused(link.shown, failure);
      if (performance.now() > deadline) throw unreachable(link.shown, cause);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

function textOfCause(cause: unknown): string {
  return cause instanceof Error ? cause.message : "";
}

function refused(shown: string, cause: unknown): SetupError {
  return new SetupError(
    `The Redis at ${shown} refuses the credentials given.`,
    "Correct user and password in VIF_STORE, or the user's rights.",
    { cause },
  );
}

function unreachable(shown: string, cause: unknown): StoreUnavailable {
  return new StoreUnavailable(`The Redis at ${shown} cannot be reached (${textOfCause(cause)}).`, { cause });
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
  };
}
