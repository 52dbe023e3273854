/**
 * An engine as its user starts it: a command in a folder, with ports and data of its own. Ready when /readyz says so;
 * stopped by the signal that a service manager sends. What it printed is part of every failure's text.
 */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { freePorts } from "./support/free-ports.ts";

const READY_MS_MAX = 60_000;
const STOP_MS_MAX = 20_000;

export interface RunningEngine {
  readonly port: number;
  readonly controlPort: number;
  /** What it has printed so far, both streams. */
  output(): string;
  /** Sends SIGTERM. @returns the exit code */
  stop(): Promise<number | null>;
}

export async function startEngine(
  command: string,
  folder: string,
  settings: Readonly<Record<string, string>>,
): Promise<RunningEngine> {
  const [port, controlPort] = (await freePorts(2)) as [number, number];
  const child = spawn("bash", ["-c", `exec ${command}`], {
    cwd: folder,
    env: { ...process.env, VIF_PORT: String(port), VIF_CONTROL_PORT: String(controlPort), ...settings },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let printed = "";
  child.stdout.on("data", (chunk) => (printed += String(chunk)));
  child.stderr.on("data", (chunk) => (printed += String(chunk)));
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const engine: RunningEngine = {
    port,
    controlPort,
    output: () => printed,
    stop: () => stop(child, ended, () => printed),
  };
  await untilReady(engine, child);
  return engine;
}

async function untilReady(engine: RunningEngine, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + READY_MS_MAX;
  while (Date.now() < deadline) {
    if (child.exitCode !== null)
      throw new Error(`ended with ${child.exitCode} before it was ready:\n${engine.output()}`);
    const ready = await fetch(`http://127.0.0.1:${engine.port}/readyz`).catch(() => undefined);
    await ready?.arrayBuffer();
    if (ready?.status === 200) return;
    await pause(50);
  }
  child.kill("SIGKILL");
  throw new Error(`not ready within ${READY_MS_MAX} ms:\n${engine.output()}`);
}

async function stop(child: ChildProcess, ended: Promise<number | null>, printed: () => string): Promise<number | null> {
  child.kill("SIGTERM");
  const late = pause(STOP_MS_MAX, "late" as const, { ref: false });
  const code = await Promise.race([ended, late]);
  if (code !== "late") return code;
  child.kill("SIGKILL");
  throw new Error(`did not stop within ${STOP_MS_MAX} ms:\n${printed()}`);
}
