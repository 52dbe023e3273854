/**
 * An engine as a fault run treats it: a real process whose ports and data folder outlive it, so that it can be killed,
 * frozen and started again as the same node. It runs what `npm start` runs. All that every one of its lives has printed is
 * part of a failure's text.
 */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { join } from "node:path";
import type { Status } from "../../engine/control/port.ts";
import { freePorts } from "./free-ports.ts";
import { ROOT } from "../source-tree.ts";
import { until } from "./waiting.ts";

/** The example brand's server key: on loopback only. */
export const SERVER_KEY = "example-server-key";
/**
 * The headers of a question that keeps no connection: a test that has waited for a command in between would not know that
 * the engine has closed it, and ask by it in vain.
 */
export const ONCE = { connection: "close" };

export const CONTROL_TOKEN = "control-token-of-fault-runs";
const STOP_MS_MAX = 20_000;

export interface EngineSettings {
  readonly rules: string;
  /** VIF_DATA_DIR. */
  readonly folder: string;
  /** Further settings, by their names in the environment; with the ports that it will have. */
  readonly settings?: (port: number) => Readonly<Record<string, string>>;
  /** Of Node itself. */
  readonly nodeArguments?: readonly string[];
}

export interface EngineProcess {
  readonly port: number;
  readonly controlPort: number;
  readonly folder: string;
  /** For a server that streams events. */
  readonly streamUrl: string;
  /** Of the present life. */
  pid(): number;
  /** What it has printed so far, in all its lives. */
  output(): string;
  isRunning(): boolean;
  /** Resolves when it is ready: every shard has an owner that can be reached. */
  start(): Promise<void>;
  /** Starts it without waiting for anything. */
  launch(): void;
  untilReady(): Promise<void>;
  /** Resolves when it has printed this, so often: what it prints comes by a pipe, and may be behind what it has answered. */
  untilSaid(words: string | RegExp, times?: number, waitMsMax?: number): Promise<void>;
  /** kill -9; resolves when the process is gone. */
  kill(): Promise<void>;
  /** SIGTERM. @returns the exit code */
  stop(): Promise<number | null>;
  /** Resolves with the exit code when it ends by itself. */
  ended(): Promise<number | null>;
  /** Freezes it, as a machine that is suspended would. */
  pause(): void;
  resume(): void;
  status(): Promise<Status>;
  /** Resolves when all that its shards hold is in history. */
  drain(): Promise<void>;
}

export async function createEngineProcess(options: EngineSettings): Promise<EngineProcess> {
  const [port, controlPort] = (await freePorts(2)) as [number, number];
  const settings = options.settings?.(port) ?? {};
  let child: ChildProcess | undefined;
  let exit: Promise<number | null> = Promise.resolve(null);
  let printed = "";

  function launch(): void {
    const started = spawn(
      process.execPath,
      [...(options.nodeArguments ?? []), join(ROOT, "dist", "start", "main.js")],
      {
        env: {
          PATH: process.env["PATH"],
          HOME: process.env["HOME"],
          VIF_PORT: String(port),
          VIF_CONTROL_PORT: String(controlPort),
          VIF_CONTROL_TOKEN: CONTROL_TOKEN,
          VIF_DATA_DIR: options.folder,
          VIF_RULES: options.rules,
          // So that shards of two threads talk to each other, on whatever machine this runs.
          VIF_WORKERS: "2",
          ...settings,
        },
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    started.stdout.on("data", (chunk) => (printed += String(chunk)));
    started.stderr.on("data", (chunk) => (printed += String(chunk)));
    exit = new Promise((resolve) => started.once("close", resolve));
    child = started;
  }

  function isRunning(): boolean {
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  async function untilReady(): Promise<void> {
    await until(
      () => `the engine is ready; it printed:\n${printed}`,
      async () => {
        if (!isRunning())
          throw new Error(`the engine has ended (${child?.exitCode ?? child?.signalCode}):\n${printed}`);
        const response = await fetch(`http://127.0.0.1:${port}/readyz`, { headers: ONCE }).catch(() => undefined);
        await response?.arrayBuffer();
        return response?.status === 200;
      },
    );
  }

  async function stop(): Promise<number | null> {
    if (!isRunning()) return exit;
    const stopping = child;
    stopping?.kill("SIGTERM");
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      stopping?.kill("SIGKILL");
    }, STOP_MS_MAX);
    const code = await exit;
    clearTimeout(timer);
    if (late) throw new Error(`the engine did not stop within ${STOP_MS_MAX} ms:\n${printed}`);
    return code;
  }

  async function control(method: "GET" | "POST", path: string): Promise<unknown> {
    const response = await fetch(`http://127.0.0.1:${controlPort}${path}`, {
      method,
      headers: { ...ONCE, authorization: `Bearer ${CONTROL_TOKEN}` },
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}\n${printed}`);
    return JSON.parse(text);
  }

  return {
    port,
    controlPort,
    folder: options.folder,
    streamUrl: `ws://127.0.0.1:${port}/v1/stream?writeKey=${SERVER_KEY}`,
    pid: () => child?.pid ?? 0,
    output: () => printed,
    isRunning,
    async start() {
      launch();
      await untilReady();
    },
    launch,
    untilReady,
    untilSaid: (words, times = 1, waitMsMax) =>
      until(
        () => `the engine says ${words}, ${times} times; it printed:\n${printed}`,
        () => printed.split(words).length > times,
        waitMsMax,
      ),
    async kill() {
      child?.kill("SIGKILL");
      await exit;
    },
    stop,
    ended: () => exit,
    pause: () => void child?.kill("SIGSTOP"),
    resume: () => void child?.kill("SIGCONT"),
    status: async () => (await control("GET", "/v1/status")) as Status,
    drain: async () => void (await control("POST", "/v1/drain")),
  };
}
