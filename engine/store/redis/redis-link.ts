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
import type { CommonRedisOptions } from "ioredis";
import { storeCallMsMax, storeReplicaMsMax, storeSilenceMsMax } from "../../limits.ts";
import { StoreUnavailable } from "../../model/errors.ts";
import { clusterSlotOf } from "./cluster-slot.ts";
import type { RedisAddress } from "./redis-address.ts";
import { withSource } from "./redis-commands.ts";
import type { RedisCommand, RedisReply } from "./redis-commands.ts";
import { failureOf } from "./redis-failures.ts";
import type { RedisScript } from "./scripts.ts";

export interface RedisLink {
  readonly shown: string;
  /** Why no connection has become usable yet; undefined once one has, or while nothing says that none will. */
  readonly connectFailure: string | undefined;
  /** Replies in the order of the commands; rejects when any of them failed. */
  read(commands: readonly RedisCommand[]): Promise<readonly RedisReply[]>;
  /** As `read`, and a replica has it at level `replica`. */
  write(commands: readonly RedisCommand[]): Promise<readonly RedisReply[]>;
  /** The reply of every master, each asked the same. */
  askMasters(name: string, ...args: readonly string[]): Promise<readonly RedisReply[]>;
  /** Makes every master know the scripts. */
  load(scripts: readonly RedisScript[]): Promise<void>;
  /** Begins to connect; the link goes on trying by itself. Once it has, does nothing. */
  connect(): void;
  close(): Promise<void>;
}

export interface RedisLinkOptions {
  readonly address: RedisAddress;
  /** Writes wait for a replica. */
  readonly waitsForReplica: boolean;
}

type Result = readonly [error: Error | null, reply: RedisReply];

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
  let lastTrouble: string | undefined;
  // An unheard "error" event would end the process; what it says is told to whoever calls next.
  client.on("error", (error: Error) => (lastTrouble = error.message));
  client.on("ready", () => (lastTrouble = undefined));
  let wasReady = false;
  let connectFailure: string | undefined;
  client.on("ready", () => (wasReady = true));
  // What was refused for want of a connection says nothing of why there is none. A Cluster has to be found first.
  if (client instanceof Redis)
    client.on("error", ({ message }) => {
      if (message.startsWith("Unknown RESP")) connectFailure = "what answers there is no Redis";
      else if (!message.startsWith("Stream isn't writeable")) connectFailure = message;
    });

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
    let results = await execute(commands, waits);
    if (results.some(([error]) => error?.message.startsWith("NOSCRIPT"))) {
      results = await execute(commands.map(withSource), waits);
    }
    const replies: RedisReply[] = [];
    let isRedirected = false;
    for (const [i, each] of commands.entries()) {
      const [error, reply]: Result = results[i] ?? [new Error("no reply"), null];
      if (error === null) replies.push(reply);
      else {
        replies.push(await redirect(each, error));
        isRedirected = true;
      }
    }
    // What was redirected stands outside the WAIT: the caller's repetition is waited for.
    if (waits) checkReplicated(isRedirected ? [null, 0] : results[commands.length]);
    return replies;
  }

  async function execute(commands: readonly RedisCommand[], waits: boolean): Promise<readonly Result[]> {
    const pipeline = client.pipeline();
    for (const { name, args } of commands) pipeline.callBuffer(name, ...args);
    if (waits) pipeline.callBuffer("wait", 1, storeReplicaMsMax);
    return ((await pipeline.exec()) ?? []) as readonly Result[];
  }

  /** Sent once more where a Cluster says it should be, one after the other, so that a shard's batches keep their order. */
  async function redirect(refused: RedisCommand, error: Error): Promise<RedisReply> {
    if (!(client instanceof Cluster) || !/^(MOVED|ASK|TRYAGAIN) /.test(error.message)) throw error;
    client.refreshSlotsCache();
    const { name, args } = withSource(refused);
    return (await client.callBuffer(name, ...args)) as RedisReply;
  }

  function checkReplicated([error, replicas]: Result = [new Error("no reply to WAIT"), null]): void {
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
      throw failureOf(shown, cause, lastTrouble);
    }
  }

  function askMasters(name: string, ...args: readonly string[]): Promise<readonly RedisReply[]> {
    const masters = client instanceof Cluster ? client.nodes("master") : [client];
    return bounded(Promise.all(masters.map(async (each) => (await each.callBuffer(name, ...args)) as RedisReply)));
  }

  return {
    shown,
    get connectFailure() {
      return wasReady ? undefined : connectFailure;
    },
    read: (commands) => bounded(run(commands, false)),
    write: (commands) => bounded(run(commands, true)),
    askMasters,
    async load(scripts) {
      for (const { source } of scripts) await askMasters("script", "load", source);
    },
    connect() {
      // How the first attempt ends is told to whoever calls.
      if (client.status === "wait") client.connect().catch(() => {});
    },
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
