/**
 * A connection to one Redis or to the masters of a Cluster; the one file that knows ioredis. A run of commands costs one
 * round trip (in a Cluster one a master, side by side). At level `replica` a run of writes ends with WAIT, and counts only
 * when a replica has it.
 *
 * Nothing hangs: a connection on which an answer is overdue is closed, nothing is queued while there is none, and a run
 * as a whole has a bound. Nothing is sent again behind the caller's back, but for redirections within a Cluster and a
 * script that the server does not know yet; the caller repeats, and every write of ours may be repeated.
 */
import { Cluster, Redis } from "ioredis";
import type { ChainableCommander, CommonRedisOptions } from "ioredis";
import { storeCallMsMax, storeReplicaMsMax, storeSilenceMsMax } from "../../limits.ts";
import { StoreUnavailable } from "../../model/errors.ts";
import { clusterSlotOf } from "./cluster-slot.ts";
import type { RedisAddress } from "./redis-address.ts";
import { withSource } from "./redis-commands.ts";
import type { RedisCommand, RedisReply } from "./redis-commands.ts";
import { failureOf } from "./redis-failures.ts";

export interface RedisLink {
  readonly shown: string;
  /** Replies in the order of the commands; rejects when any of them failed. */
  read(commands: readonly RedisCommand[]): Promise<readonly RedisReply[]>;
  /** As `read`, and a replica has it at level `replica`. */
  write(commands: readonly RedisCommand[]): Promise<readonly RedisReply[]>;
  /** The reply of every master, each asked the same. */
  askMasters(name: string, ...args: readonly string[]): Promise<readonly RedisReply[]>;
  connect(): Promise<void>;
  close(): Promise<void>;
}

export interface RedisLinkOptions {
  readonly address: RedisAddress;
  /** Writes wait for a replica. */
  readonly waitsForReplica: boolean;
}

const reconnectMsMax = 500;

const CONNECTION = {
  lazyConnect: true,
  // RESP 3 gives scores as numbers and maps as objects; the replies read here are RESP 2's.
  protocol: 2,
  autoResendUnfulfilledCommands: false,
  // Every command of a connection that closes fails at once.
  maxRetriesPerRequest: 0,
  connectTimeout: storeSilenceMsMax,
  socketTimeout: storeSilenceMsMax,
  keepAlive: storeSilenceMsMax,
  connectionName: "vif",
  // A master that has become a replica may have its successor behind the same name.
  reconnectOnError: (error: Error) => error.message.startsWith("READONLY"),
} as const satisfies CommonRedisOptions;

function reconnectAfterMs(attempt: number): number {
  return Math.min(attempt * 50, reconnectMsMax);
}

export function createRedisLink({ address, waitsForReplica }: RedisLinkOptions): RedisLink {
  const client = address.kind === "server" ? openServer(address.url) : openCluster(address);
  const { shown } = address;
  // Failures are told to whoever calls; an unheard "error" event would end the process.
  client.on("error", () => {});

  async function run(commands: readonly RedisCommand[], isWrite: boolean): Promise<readonly RedisReply[]> {
    if (commands.length === 0) return [];
    const groups = client instanceof Cluster ? groupByMaster(client, commands) : [commands.map((_, i) => i)];
    const replies: RedisReply[] = new Array(commands.length);
    await Promise.all(
      groups.map(async (group) => {
        const outcomes = await runGroup(
          group.map((i) => commands[i] as RedisCommand),
          isWrite,
        );
        for (const [n, i] of group.entries()) replies[i] = outcomes[n] ?? null;
      }),
    );
    return replies;
  }

  /** All to one master. */
  async function runGroup(commands: readonly RedisCommand[], isWrite: boolean): Promise<readonly RedisReply[]> {
    const waits = isWrite && waitsForReplica;
    const pipeline = client.pipeline();
    for (const each of commands) add(pipeline, each);
    if (waits) pipeline.callBuffer("wait", 1, storeReplicaMsMax);
    const results = (await pipeline.exec()) ?? [];
    const replies: RedisReply[] = [];
    let resent = false;
    for (const [i, each] of commands.entries()) {
      const [error, reply] = results[i] ?? [new Error("no reply")];
      if (error === null) replies.push(reply as RedisReply);
      else {
        replies.push(await sendAgain(each, error));
        resent = true;
      }
    }
    if (waits) await checkReplicated(resent ? [null, 0] : results[commands.length]);
    return replies;
  }

  /** One more time where that is known to help; one after the other, so that a shard's batches keep their order. */
  async function sendAgain(failed: RedisCommand, error: Error): Promise<RedisReply> {
    const again = error.message.startsWith("NOSCRIPT") ? withSource(failed) : failed;
    if (again === failed && !(client instanceof Cluster && /^(MOVED|ASK|TRYAGAIN)/.test(error.message))) throw error;
    if (client instanceof Cluster) client.refreshSlotsCache();
    const reply = await client.callBuffer(again.name, ...again.args);
    return reply as RedisReply;
  }

  /** What was sent again stands outside the WAIT: the caller's repetition is waited for. */
  async function checkReplicated(result: readonly [error: Error | null, reply: unknown] | undefined): Promise<void> {
    const [error, replicas] = result ?? [new Error("no reply to WAIT")];
    if (error !== null) throw error;
    if (Number(replicas) < 1) {
      throw new StoreUnavailable(
        `No replica of the Redis at ${shown} confirmed the write within ${storeReplicaMsMax} ms.`,
      );
    }
  }

  async function bounded<T>(work: Promise<T>): Promise<T> {
    try {
      return await within(work, shown);
    } catch (cause) {
      throw failureOf(shown, cause);
    }
  }

  return {
    shown,
    read: (commands) => bounded(run(commands, false)),
    write: (commands) => bounded(run(commands, true)),
    askMasters: (name, ...args) => {
      const masters = client instanceof Cluster ? client.nodes("master") : [client];
      return bounded(Promise.all(masters.map(async (each) => (await each.callBuffer(name, ...args)) as RedisReply)));
    },
    connect: () => client.connect(),
    close: async () => client.disconnect(),
  };
}

function openServer(url: string): Redis {
  return new Redis(url, { ...CONNECTION, enableOfflineQueue: false, retryStrategy: reconnectAfterMs });
}

function openCluster({ nodes, username, password }: RedisAddress & { readonly kind: "cluster" }): Cluster {
  return new Cluster([...nodes], {
    lazyConnect: true,
    enableOfflineQueue: false,
    clusterRetryStrategy: reconnectAfterMs,
    clusterNodeRetryStrategy: reconnectAfterMs,
    maxRedirections: 8,
    slotsRefreshTimeout: storeSilenceMsMax,
    redisOptions: { ...CONNECTION, username, password },
  });
}

function add(pipeline: ChainableCommander, { name, args }: RedisCommand): void {
  pipeline.callBuffer(name, ...args);
}

/** Indexes of the commands that go to one master, as the slots are known at present. */
function groupByMaster(cluster: Cluster, commands: readonly RedisCommand[]): readonly (readonly number[])[] {
  const groups = new Map<string, number[]>();
  for (const [i, { key }] of commands.entries()) {
    const master = cluster.slots[clusterSlotOf(key)]?.[0] ?? "";
    const group = groups.get(master);
    if (group === undefined) groups.set(master, [i]);
    else group.push(i);
  }
  return [...groups.values()];
}

async function within<T>(work: Promise<T>, shown: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new StoreUnavailable(`The Redis at ${shown} has not answered within ${storeCallMsMax} ms.`)),
      storeCallMsMax,
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
