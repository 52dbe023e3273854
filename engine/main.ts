/**
 * The engine's program: reads the configuration, starts a node (node/create-node.ts), says where things are, and ends it
 * cleanly on SIGTERM or SIGINT. Exit codes: 0 after a clean stop, 1 when it cannot start or go on, 2 for arguments that are
 * not understood, 130 after a second signal.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { hidePassword } from "./config-sources.ts";
import { readConfig } from "./config.ts";
import type { Config } from "./config.ts";
import { HistoryUnavailable, SetupError, StoreUnavailable } from "./model/errors.ts";
import { ruleCountsText } from "./model/rule-counts.ts";
import { renderBanner } from "./node/banner.ts";
import { createNode } from "./node/create-node.ts";
import type { RunningNode } from "./node/create-node.ts";
import { renderSettingsHelp } from "./settings.ts";
import { standV8Back } from "./stand-back.ts";

const STOP_MS_MAX = 9_500;
/** Two folders up from dist/engine/main.js. */
const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const HELP = `Vif: real-time personalization, run by yourself.

  node dist/start/main.js             start the engine
  node dist/start/main.js --help      this text
  node dist/start/main.js --version

`;

const startedMs = performance.now();
/** The exit code, when the program has ended. */
export const ended: Promise<number> = main(process.argv.slice(2));
void ended.then((code) => {
  process.exitCode = code;
});

async function main(args: readonly string[]): Promise<number> {
  const [first, ...rest] = args;
  if (rest.length > 0 || (first !== undefined && !["--help", "-h", "--version", "-v"].includes(first))) {
    process.stderr.write(`Not understood: ${args.join(" ")}\n\n${HELP}`);
    return 2;
  }
  if (first === "--help" || first === "-h") process.stdout.write(`${HELP}${renderSettingsHelp()}\n`);
  else if (first !== undefined) process.stdout.write(`${readVersion()}\n`);
  else return run();
  return 0;
}

async function run(): Promise<number> {
  standV8Back();
  const stop = stopSignal();
  try {
    const config = readConfig();
    const version = readVersion();
    const starting = createNode(config, { version, root: ROOT, onNote: note, onFatal: endAtOnce });
    const node = await Promise.race([starting, stop.wanted.then(() => undefined)]);
    if (node === undefined) {
      note("stopped before it was ready");
      process.exit(0);
    }
    process.stdout.write(banner(config, version, node));
    await stop.wanted;
    stop.boundBy(STOP_MS_MAX);
    note("stops: what is under way is answered, stored and handed over");
    await node.close();
    note("stopped");
    return 0;
  } catch (error) {
    const unfit = unfitness(error);
    if (unfit === undefined) throw error;
    process.stderr.write(`Vif cannot start: ${unfit.message.replaceAll("\n", "\n  ")}\n  Remedy: ${unfit.remedy}\n`);
    process.exit(1);
  }
}

/** What a person can do about it; undefined for a mistake in this program. */
function unfitness(error: unknown): { readonly message: string; readonly remedy: string } | undefined {
  if (error instanceof SetupError) return error;
  if (error instanceof StoreUnavailable)
    return { message: error.message, remedy: "See that the hot store runs, and that VIF_STORE names it." };
  if (error instanceof HistoryUnavailable)
    return { message: error.message, remedy: "See that the history's database runs, and that VIF_HISTORY names it." };
  return undefined;
}

/** The first signal asks for a clean stop; a second one, or a stop that takes too long, ends the process at once. */
function stopSignal(): { readonly wanted: Promise<void>; boundBy(stopMsMax: number): void } {
  let signals = 0;
  const wanted = new Promise<void>((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const)
      process.on(signal, () => {
        if (++signals > 1) process.exit(130);
        resolve();
      });
  });
  return {
    wanted,
    boundBy(stopMsMax) {
      setTimeout(() => {
        note("could not stop cleanly in time; what was answered is kept all the same");
        process.exit(1);
      }, stopMsMax).unref();
    },
  };
}

function endAtOnce(cause: Error): void {
  const unfit = unfitness(cause);
  note(
    unfit === undefined
      ? `cannot go on: ${cause.stack ?? cause.message}`
      : `cannot go on: ${unfit.message.replaceAll("\n", "\n  ")}\n  Remedy: ${unfit.remedy}`,
  );
  process.exit(1);
}

function note(text: string): void {
  process.stderr.write(`${new Date().toISOString()} vif ${text}\n`);
}

function banner(config: Config, version: string, node: RunningNode): string {
  const { store, history, durability, workers, link, rulesDir, keys } = config;
  const { counts } = node.rules;
  const storeName = store.kind === "embedded" ? "embedded (LMDB)" : describeStore(store);
  const threads = `${workers} ${workers === 1 ? "worker" : "workers"}`;
  const rules = counts === undefined ? "have mistakes; those that the store has go on" : ruleCountsText(counts);
  return renderBanner({
    version,
    startedInMs: performance.now() - startedMs,
    url: node.url,
    hasShop: node.hasShop,
    controlUrl: config.loopback ? node.createControlLink() : node.controlUrl,
    dataDir: config.dataDir,
    store: `${storeName}, durability ${durability}, ${node.shards} shards, ${threads}`,
    history: history.kind === "embedded" ? "embedded (DuckDB)" : hidePassword(history.url),
    rules: `${rulesDir}: ${rules}`,
    node: `${node.node}${link === undefined ? ", alone" : `, reached at ${link.address}`}`,
    developmentKeys: keys.filter(({ key }) => key.startsWith("example-")),
  });
}

function describeStore(store: Exclude<Config["store"], { kind: "embedded" }>): string {
  if (store.kind === "redis") return hidePassword(store.url);
  return `Redis Cluster of ${store.nodes.map(({ host, port }) => `${host}:${port}`).join(", ")}`;
}

function readVersion(): string {
  // dist/start/main.js; two folders up is where the package is.
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { readonly version: string }).version;
}
