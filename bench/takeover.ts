/**
 * What the death of one of two nodes costs those who wait: kill -9 under load, the time until every shard answers again,
 * and the longest that any event waited for its answer, sent again from the break of its connection on. One prober a
 * shard sends an event to the surviving node at a fixed pace, with its own visitor, and repeats what is not answered; a
 * background load keeps both nodes busy.
 *
 * Estimate before the first run: the lease stands still for 5 s, readings come once a second, folding is short: 6 to 7 s.
 */
import { WebSocket } from "ws";
import { slotOfCell } from "../engine/model/hash.ts";
import { cellKey } from "../engine/model/identifier.ts";
import { shardOfSlot } from "../engine/model/ids.ts";
import { freePort } from "../tests/support/free-ports.ts";
import { createDatabase } from "../tests/support/postgres-database.ts";
import { removeFolder, startEngine, startRedis, temporaryFolder } from "./engine-process.ts";
import type { RunningEngine } from "./engine-process.ts";
import { ROOT, fillProfiles, loadOf, serverTarget } from "./filled-engine.ts";
import { keepResults, median, printTable } from "./results.ts";
import { sizeOf } from "./sizes.ts";

const PROFILES = sizeOf("BENCH_PROFILES", 20_000);
const ROUNDS = sizeOf("BENCH_ROUNDS", 5);
const SHARDS = 8;
const PROBE_MS = 20;
const LOAD_PER_SECOND = 2_000;
const WAIT_MS_MAX = 60_000;
const TOKEN = "control-token-of-a-bench";

interface Node {
  readonly name: string;
  readonly folder: string;
  readonly port: number;
  engine: RunningEngine;
}

interface Takeover {
  /** From the kill until each shard has answered an event sent after it. */
  readonly answersAgainMs: number;
  readonly longestWaitMs: number;
  /** The dead node started again: until it has its share back. */
  readonly handedBackMs: number;
}

async function main(): Promise<void> {
  const redis = await startRedis();
  const database = await createDatabase("vif_bench_takeover");
  const nodes: Node[] = [];
  const start = async (node: Omit<Node, "engine">): Promise<RunningEngine> =>
    startEngine({
      name: node.name,
      store: redis.url,
      rules: `${ROOT}/rules`,
      folder: node.folder,
      env: {
        VIF_HISTORY: database.url,
        VIF_LINK_ADDRESS: `ws://127.0.0.1:${node.port}`,
        VIF_LINK_SECRET: "link-secret-of-a-bench",
        VIF_SECRET: "visitor-secret-of-a-bench",
        VIF_CONTROL_TOKEN: TOKEN,
      },
      port: node.port,
    });
  try {
    for (const name of ["first", "second"]) {
      const node = { name, folder: temporaryFolder(name), port: await freePort() };
      nodes.push({ ...node, engine: await start(node) });
    }
    const [first, second] = nodes as [Node, Node];
    await fillProfiles(second.engine, PROFILES);
    const takeovers: Takeover[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      await untilShared(first, second);
      takeovers.push(await takeOver(round, first, second, () => start(first)));
      process.stderr.write(`takeover ${round + 1} of ${ROUNDS}   \r`);
    }
    report(takeovers);
  } finally {
    for (const { engine, folder } of nodes) {
      await engine.process.stop();
      removeFolder(folder);
    }
    await redis.process.stop();
    removeFolder(redis.folder);
    await database.close();
  }
}

async function takeOver(
  round: number,
  killed: Node,
  survivor: Node,
  restart: () => Promise<RunningEngine>,
): Promise<Takeover> {
  const load = await loadOf(serverTarget(survivor.engine), { profiles: PROFILES, seed: 500 + round });
  const probers = Array.from({ length: SHARDS }, (_, shard) => createProber(survivor.engine.port, shard, round));
  await Promise.all(probers.map((prober) => prober.answerAfter(performance.now())));
  const background = load.openLoop(12, LOAD_PER_SECOND);
  await pause(1_000);
  const killedAtMs = performance.now();
  await killed.engine.process.stop("SIGKILL");
  const again = await Promise.all(probers.map((prober) => prober.answerAfter(killedAtMs)));
  await background;
  load.close();
  const longestWaitMs = Math.max(...probers.map((prober) => prober.close()));
  const restartedAtMs = performance.now();
  killed.engine = await restart();
  await untilShared(killed, survivor);
  return {
    answersAgainMs: Math.max(...again) - killedAtMs,
    longestWaitMs,
    handedBackMs: performance.now() - restartedAtMs,
  };
}

/** Sends one event at a time of a visitor of that shard; the next one PROBE_MS after the answer. */
function createProber(port: number, shard: number, round: number) {
  const anonymousId = visitorOf(shard);
  const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/stream?writeKey=example-server-key`);
  let number = 0;
  let sentAtMs = 0;
  let longestMs = 0;
  let closed = false;
  let wanted: { readonly afterMs: number; readonly resolve: (atMs: number) => void } | undefined;
  const send = (): void => {
    if (closed) return;
    const messageId = `probe-${shard}-${round}-${number}`;
    socket.send(JSON.stringify({ messageId, type: "track", anonymousId, event: "Page Viewed" }));
  };
  socket.on("open", () => {
    sentAtMs = performance.now();
    send();
  });
  socket.on("message", (bytes) => {
    const reply = JSON.parse(String(bytes)) as { readonly ok: boolean; readonly retryAfterMs?: number };
    // Answered busy: the same event again, and its wait goes on.
    if (!reply.ok) return void setTimeout(send, Math.min(reply.retryAfterMs ?? PROBE_MS, PROBE_MS));
    const nowMs = performance.now();
    longestMs = Math.max(longestMs, nowMs - sentAtMs);
    if (wanted !== undefined && sentAtMs > wanted.afterMs) {
      wanted.resolve(nowMs);
      wanted = undefined;
    }
    number++;
    setTimeout(() => {
      sentAtMs = performance.now();
      send();
    }, PROBE_MS);
  });
  return {
    /** When an event sent after that instant was answered first. */
    answerAfter: (afterMs: number) =>
      new Promise<number>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`shard ${shard} did not answer again`)), WAIT_MS_MAX);
        wanted = {
          afterMs,
          resolve: (atMs) => {
            clearTimeout(timer);
            resolve(atMs);
          },
        };
      }),
    /** @returns the longest wait of all */
    close(): number {
      closed = true;
      socket.close();
      return longestMs;
    },
  };
}

function visitorOf(shard: number): string {
  for (let number = 0; ; number++) {
    const value = `prober-${number}`;
    if (shardOfSlot(slotOfCell(cellKey({ kind: "anonymous", value })), SHARDS) === shard) return value;
  }
}

/** Both own some, and together all. */
async function untilShared(first: Node, second: Node): Promise<void> {
  const deadlineMs = performance.now() + WAIT_MS_MAX;
  for (;;) {
    const [own, others] = await Promise.all([ownedBy(first), ownedBy(second)]);
    if (own > 0 && others > 0 && own + others === SHARDS) return;
    if (performance.now() > deadlineMs) throw new Error(`the nodes own ${own} and ${others} shards`);
    await pause(50);
  }
}

async function ownedBy({ engine }: Node): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${engine.controlPort}/v1/status`, {
    headers: { authorization: `Bearer ${TOKEN}` },
  });
  const { shards } = (await response.json()) as { readonly shards: readonly { readonly state: string }[] };
  return shards.filter(({ state }) => state === "owned").length;
}

function report(takeovers: readonly Takeover[]): void {
  const row = (name: string, values: readonly number[]): string[] => [
    name,
    median(values).toFixed(0),
    Math.min(...values).toFixed(0),
    Math.max(...values).toFixed(0),
  ];
  printTable([
    [`kill -9 of one of two nodes, ${takeovers.length} times`, "median ms", "min", "max"],
    row(
      "until every shard answers again",
      takeovers.map(({ answersAgainMs }) => answersAgainMs),
    ),
    row(
      "longest wait of an event",
      takeovers.map(({ longestWaitMs }) => longestWaitMs),
    ),
    row(
      "restarted, until it has its share back",
      takeovers.map(({ handedBackMs }) => handedBackMs),
    ),
  ]);
  const path = keepResults("takeover", { profiles: PROFILES, loadPerSecond: LOAD_PER_SECOND, takeovers });
  process.stdout.write(`\nkept in ${path}\n`);
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}

await main();
