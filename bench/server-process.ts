/** Server processes of a bench: started, their processor time and memory read from /proc, stopped. Linux only. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";

/** Clock ticks a second, as Linux reports them to every process (USER_HZ). */
const TICKS = 100;

export class ServerProcess {
  readonly #child: ChildProcess;
  readonly name: string;

  constructor(
    name: string,
    command: string,
    options: { readonly args: readonly string[]; readonly env?: NodeJS.ProcessEnv; readonly cwd?: string },
  ) {
    this.name = name;
    this.#child = spawn(command, options.args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child.stderr?.on("data", (chunk: Buffer) => process.stderr.write(`${name}: ${chunk.toString()}`));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** The first line that the process prints. */
  async firstLine(): Promise<string> {
    let text = "";
    return new Promise((resolve, reject) => {
      this.#child.once("exit", (code) => reject(new Error(`${this.name} ended with ${String(code)}`)));
      this.#child.stdout?.on("data", (chunk: Buffer) => {
        text += chunk.toString();
        const end = text.indexOf("\n");
        if (end >= 0) resolve(text.slice(0, end));
      });
    });
  }

  /** Resolves when the process says so on standard error; what it said before does not count. */
  async untilSays(what: RegExp, waitMsMax: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const listen = (chunk: Buffer): void => {
        if (what.test(chunk.toString())) end(resolve);
      };
      const end = (settle: () => void): void => {
        clearTimeout(timer);
        this.#child.stderr?.off("data", listen);
        settle();
      };
      const late = new Error(`${this.name} did not say ${String(what)} within ${waitMsMax} ms`);
      const timer = setTimeout(() => end(() => reject(late)), waitMsMax);
      this.#child.stderr?.on("data", listen);
    });
  }

  get ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  discardOutput(): void {
    this.#child.stdout?.resume();
  }

  cpuSeconds(): number {
    return cpuSecondsOf(this.pid);
  }

  residentBytes(): number {
    return this.resident().bytes;
  }

  /** As Linux counts it: all, and of this what only mirrors files and can be let go of at any time. */
  resident(): { readonly bytes: number; readonly fileBytes: number } {
    const status = readFileSync(`/proc/${this.pid}/status`, "utf8");
    const bytesOf = (name: string): number =>
      Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? 0) * 1024;
    return { bytes: bytesOf("VmRSS"), fileBytes: bytesOf("RssFile") + bytesOf("RssShmem") };
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    if (this.ended) return;
    const ended = new Promise<void>((resolve) => {
      this.#child.once("exit", () => resolve());
    });
    this.#child.kill(signal);
    await ended;
  }
}

export function cpuSecondsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** Polls until the address answers 200, at most `waitMsMax`; returns how long it took in ms. */
export async function untilReady(url: string, server: ServerProcess, waitMsMax = 120_000): Promise<number> {
  const startMs = performance.now();
  while (performance.now() - startMs < waitMsMax) {
    if (server.ended) throw new Error(`${server.name} has ended`);
    const ok = await fetch(url).then(
      (response) => response.ok,
      () => false,
    );
    if (ok) return performance.now() - startMs;
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
  }
  throw new Error(`${url} was not ready within ${waitMsMax} ms`);
}
