/** `vif replay` as an operator runs it: a process of its own, that can be killed and begun again. */
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../source-tree.ts";

export interface ReplayRun {
  isRunning(): boolean;
  /** kill -9; resolves when the process is gone. */
  kill(): Promise<void>;
  /** SIGTERM. */
  stop(): void;
  /** Resolves when it ends by itself. */
  ended(): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }>;
}

export function startReplay(folder: string, rules: string, args: readonly string[]): ReplayRun {
  const child = spawn(process.execPath, [join(ROOT, "dist", "engine", "cli", "main.js"), "replay", ...args], {
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], VIF_DATA_DIR: folder, VIF_RULES: rules },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let out = "";
  let err = "";
  child.stdout.on("data", (chunk) => (out += String(chunk)));
  child.stderr.on("data", (chunk) => (err += String(chunk)));
  const exit = new Promise<number | null>((resolve) => child.once("close", resolve));
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;
  return {
    isRunning,
    async kill() {
      child.kill("SIGKILL");
      await exit;
    },
    stop: () => void child.kill("SIGTERM"),
    ended: async () => ({ code: await exit, out, err }),
  };
}

/** Receipts that the replay of the one file in this data folder has written down as settled. */
export function settledReceipts(folder: string): number {
  try {
    const [name] = readdirSync(join(folder, "replay")).filter((each) => each.endsWith(".json"));
    if (name === undefined) return 0;
    const state = JSON.parse(readFileSync(join(folder, "replay", name), "utf8")) as { readonly below: number };
    return state.below;
  } catch {
    return 0;
  }
}
