/**
 * Real Redis servers for tests: each a process of its own on a free port with its files in a temporary folder, which can
 * be paused, killed and started again on the same files, and a Cluster of three masters. Suites that need one skip with
 * `redisMissing` when the program is not installed, unless VIF_TEST_REQUIRE_SERVICES=1.
 */
import { execFile, spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePort } from "./free-ports.ts";

const run = promisify(execFile);
const startMsMax = 20_000;

/** Why suites that need Redis are skipped; undefined when they are not. */
export const redisMissing: string | undefined = (() => {
  if (spawnSync("redis-server", ["--version"]).status === 0) return undefined;
  if (process.env["VIF_TEST_REQUIRE_SERVICES"] === "1") throw new Error("redis-server is required and not installed");
  return "redis-server is not installed";
})();

export interface RedisServer {
  readonly port: number;
  readonly url: string;
  /** Settings as in redis.conf: `{ appendfsync: "always" }`. */
  configure(settings: Readonly<Record<string, string>>): Promise<void>;
  /** The text that redis-cli prints. */
  ask(...command: readonly string[]): Promise<string>;
  /** Stops it from running at all (SIGSTOP), as a frozen machine would. */
  pause(): void;
  resume(): void;
  /** kill -9. */
  kill(): Promise<void>;
  /** SIGTERM, as a service manager stops it. */
  stop(): Promise<void>;
  /** After `kill` or `stop`: the same port and files. */
  restart(): Promise<void>;
  /** Ends it and removes its files. */
  close(): Promise<void>;
}

/** Enough against the death of an engine; a server that is killed itself loses nothing only at `appendfsync always`. */
const DURABLE = { appendonly: "yes", appendfsync: "everysec", "maxmemory-policy": "noeviction", save: "" };

/** @param settings as in redis.conf, over durable ones */
export async function startRedis(settings: Readonly<Record<string, string>> = {}): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), "vif-redis-"));
  const port = await freePort();
  const all = { ...DURABLE, ...settings, port: String(port), bind: "127.0.0.1", dir: folder };
  const args = Object.entries(all).flatMap(([name, value]) => [`--${name}`, value]);
  let child = await launch(args, port);
  let closed = false;

  async function ask(...command: readonly string[]): Promise<string> {
    return (await run("redis-cli", ["-p", String(port), ...command])).stdout.trim();
  }
  async function end(signal: "SIGKILL" | "SIGTERM" = "SIGKILL"): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await exited;
  }
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    ask,
    async configure(changes) {
      for (const [name, value] of Object.entries(changes)) await ask("config", "set", name, value);
    },
    pause: () => void child.kill("SIGSTOP"),
    resume: () => void child.kill("SIGCONT"),
    kill: () => end(),
    stop: () => end("SIGTERM"),
    async restart() {
      if (closed) throw new Error("this Redis has been closed");
      child = await launch(args, port);
    },
    async close() {
      closed = true;
      await end();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export interface RedisCluster {
  readonly url: string;
  readonly masters: readonly RedisServer[];
  close(): Promise<void>;
}

/**
 * Three masters without replicas, the slots spread evenly.
 * @param settings as in redis.conf, of each
 */
export async function startRedisCluster(settings: Readonly<Record<string, string>> = {}): Promise<RedisCluster> {
  const masters = await Promise.all([1, 2, 3].map(() => startClusterNode(settings)));
  const [first] = masters;
  if (first === undefined) throw new Error("no node was started");
  const addresses = masters.map(({ port }) => `127.0.0.1:${port}`);
  await run("redis-cli", ["--cluster", "create", ...addresses, "--cluster-yes"]);
  await until(async () => {
    const states = await Promise.all(masters.map((each) => each.ask("cluster", "info")));
    return states.every((state) => state.includes("cluster_state:ok"));
  });
  return {
    url: `redis-cluster://${addresses.join(",")}`,
    masters,
    close: async () => void (await Promise.all(masters.map((each) => each.close()))),
  };
}

async function startClusterNode(settings: Readonly<Record<string, string>>): Promise<RedisServer> {
  const busPort = String(await freePort());
  return startRedis({
    ...settings,
    "cluster-enabled": "yes",
    "cluster-config-file": "nodes.conf",
    "cluster-port": busPort,
    "cluster-node-timeout": "5000",
  });
}

async function launch(args: readonly string[], port: number): Promise<ChildProcess> {
  const child = spawn("redis-server", args, { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  child.stdout?.on("data", (chunk) => (output += chunk));
  child.stderr?.on("data", (chunk) => (output += chunk));
  await until(async () => {
    if (child.exitCode !== null) throw new Error(`redis-server ended:\n${output}`);
    return canConnect(port);
  });
  return child;
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + startMsMax;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`this did not come true within ${startMsMax} ms: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
