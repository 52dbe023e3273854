/** The engine as a bench or a fault run starts it: built, on free ports, with its data in a folder that is thrown away. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort, freePorts } from "../tests/support/free-ports.ts";
import { ServerProcess, untilReady } from "./server-process.ts";

export interface EngineOptions {
  readonly name: string;
  readonly store: string;
  readonly rules: string;
  readonly folder?: string;
  /** Where others expect it; a free one when absent. */
  readonly port?: number;
  readonly env?: NodeJS.ProcessEnv;
}

export interface RunningEngine {
  readonly process: ServerProcess;
  readonly port: number;
  readonly controlPort: number;
  readonly folder: string;
  /** From the start of the process to the first 200 of /readyz. */
  readonly readyMs: number;
}

/** What `npm start` runs: the bundles that every build makes (scripts/bundle.mjs). */
const MAIN = fileURLToPath(new URL("../start/main.js", import.meta.url));

export async function startEngine(options: EngineOptions): Promise<RunningEngine> {
  const [anyPort, controlPort] = (await freePorts(2)) as [number, number];
  const port = options.port ?? anyPort;
  const folder = options.folder ?? temporaryFolder(options.name);
  mkdirSync(folder, { recursive: true });
  const process_ = new ServerProcess(options.name, process.execPath, {
    args: ["--enable-source-maps", MAIN],
    env: {
      PATH: process.env["PATH"],
      HOME: process.env["HOME"],
      VIF_PORT: String(port),
      VIF_CONTROL_PORT: String(controlPort),
      VIF_DATA_DIR: folder,
      VIF_STORE: options.store,
      VIF_RULES: options.rules,
      ...options.env,
    },
  });
  process_.discardOutput();
  const readyMs = await untilReady(`http://127.0.0.1:${port}/readyz`, process_);
  return { process: process_, port, controlPort, folder, readyMs };
}

/** The sum over all labels. @throws Error where the engine has no such metric */
export async function metricOf({ port }: Pick<RunningEngine, "port">, name: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const found = text.split("\n").filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
  if (found.length === 0) throw new Error(`no ${name} in /metrics`);
  return found.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
}

export function temporaryFolder(name: string): string {
  return mkdtempSync(join(tmpdir(), `vif-${name}-`));
}

/**
 * A brand's folder with these files, by path.
 * @returns the folder that holds `rules`; to be removed
 */
export function writeBrand(name: string, files: Readonly<Record<string, string>>): string {
  const brand = temporaryFolder(name);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(brand, path)), { recursive: true });
    writeFileSync(join(brand, path), text);
  }
  return brand;
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

/** A Redis of its own, appending its file every second, as the `process` level wants it. */
export async function startRedis(): Promise<{
  readonly process: ServerProcess;
  readonly url: string;
  readonly folder: string;
}> {
  const port = await freePort();
  const folder = temporaryFolder("redis");
  const redis = new ServerProcess("redis", "redis-server", {
    args: [
      "--port",
      String(port),
      "--bind",
      "127.0.0.1",
      "--dir",
      folder,
      "--appendonly",
      "yes",
      "--appendfsync",
      "everysec",
      "--save",
      "",
      "--maxmemory-policy",
      "noeviction",
    ],
  });
  redis.discardOutput();
  await new Promise((resolve) => {
    setTimeout(resolve, 500);
  });
  return { process: redis, url: `redis://127.0.0.1:${port}`, folder };
}

/** The floor that engines are compared with: answers each message with a small reply, and does nothing else. */
export async function startEcho(): Promise<{ readonly process: ServerProcess; readonly port: number }> {
  const process_ = new ServerProcess("echo", process.execPath, {
    args: [fileURLToPath(new URL("./echo-server.js", import.meta.url))],
  });
  const { port } = JSON.parse(await process_.firstLine()) as { readonly port: number };
  return { process: process_, port };
}
