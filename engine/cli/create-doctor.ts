/**
 * Gathers what `vif doctor` judges: it asks the running engine when there is one, and else tries what an engine would try,
 * without leaving anything behind. The embedded store is not opened: only an engine may.
 */
import { existsSync, statfsSync } from "node:fs";
import { dirname, join } from "node:path";
import { readClientConfig } from "../config.ts";
import { hidePassword } from "../config-sources.ts";
import { readControlFile } from "../control/control-file.ts";
import type { Status } from "../control/port.ts";
import { createHistory, historySettingsOf } from "../history/create-history.ts";
import { readRules } from "../language/folder/read-rules.ts";
import { renderProblemLine } from "../language/port.ts";
import { clockSkewMsMax, storeStartBytesMin } from "../limits.ts";
import { HistoryUnavailable, SetupError, StoreUnavailable } from "../model/errors.ts";
import { ruleCountsText } from "../model/rule-counts.ts";
import { checkBrokenRules, checkClock, checkEngine, checkKeys, checkMachineFacts, checkSite } from "./doctor-checks.ts";
import type { Finding, Problem } from "./doctor-checks.ts";
import type { Examined } from "./doctor-command.ts";
import { createEngineClient } from "./engine-client.ts";

/** scripts/preflight.mjs, which also runs where nothing is installed yet. */
interface Preflight {
  describeMachine(): Parameters<typeof checkMachineFacts>[0];
  checkMachine(machine: Parameters<typeof checkMachineFacts>[0]): readonly Problem[];
  checkPlace(config: object, options: { readonly keep: boolean }): Promise<readonly Problem[]>;
}

type Settings = ReturnType<typeof readClientConfig>;

/** @param root folder of the program */
export async function examine(root: string): Promise<Examined> {
  const preflight = (await import(join(root, "scripts", "preflight.mjs"))) as Preflight;
  const machine = preflight.describeMachine();
  const findings: Finding[] = [...checkMachineFacts(machine, preflight.checkMachine(machine))];
  let settings: Settings;
  try {
    settings = readClientConfig();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    findings.push({ name: "settings", is: "ill", found: error.message, remedy: error.remedy });
    return { findings, overview: undefined };
  }
  const control = readControlFile(settings.dataDir);
  const client = createEngineClient(control, settings.dataDir);
  const status = await client.ask<Status>("GET", "/v1/status");
  const answered = status.is === "answer" ? status.answer : undefined;
  findings.push(...checkEngine(answered, control?.url));
  if (control === undefined) {
    const unfit = await preflight.checkPlace(settings, { keep: false });
    for (const { problem, remedy } of unfit) findings.push({ name: "place", is: "ill", found: problem, remedy });
    if (unfit.length === 0)
      findings.push({ name: "ports", is: "well", found: `${settings.port} and ${settings.controlPort} are free` });
    findings.push(await findHistory(settings));
  }
  findings.push(...(await findStore(settings)));
  findings.push(findSpace(settings.dataDir), checkKeys(settings.keys, settings.loopback));
  // What the engine itself says of its files has been told.
  if (answered?.rules === undefined) findings.push(...(await findRules(settings)));
  const link = answered === undefined ? undefined : await client.ask<{ readonly url: string }>("POST", "/v1/links");
  return { findings, overview: link?.is === "answer" ? link.answer.url : undefined };
}

function findSpace(dataDir: string): Finding {
  let folder = dataDir;
  while (!existsSync(folder)) folder = dirname(folder);
  const { bavail, bsize } = statfsSync(folder);
  const megabytes = Math.floor((bavail * bsize) / 1_000_000);
  const found = `${dataDir}, ${megabytes} MB free`;
  if (megabytes * 1_000_000 < 4 * storeStartBytesMin)
    return { name: "data folder", is: "ill", found, remedy: "Free some space on its disk, or set VIF_DATA_DIR." };
  return megabytes < 1_000
    ? {
        name: "data folder",
        is: "warning",
        found,
        remedy: "An engine under load fills that within hours: give it more.",
      }
    : { name: "data folder", is: "well", found };
}

async function findRules({ rulesDir, port }: Settings): Promise<readonly Finding[]> {
  try {
    const reading = await readRules(rulesDir);
    if (reading.is === "sound")
      return [
        { name: "rules", is: "well", found: `${rulesDir}: ${ruleCountsText(reading)}` },
        ...checkSite(reading.messages.site, port),
      ];
    const [first] = reading.problems;
    const said = first === undefined ? rulesDir : renderProblemLine(first, `${rulesDir}/`);
    return [checkBrokenRules({ problems: reading.problems.length, first: said }, rulesDir)];
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    return [{ name: "rules", is: "ill", found: error.message, remedy: error.remedy }];
  }
}

/** What it says of its clock too, by which nodes tell whether theirs is right. */
async function findStore({ store, shards, durability, storeUnsafe }: Settings): Promise<readonly Finding[]> {
  if (store.kind === "embedded")
    return [
      { name: "store", is: "well", found: `embedded, in the data folder, durability ${durability}` },
      checkClock(undefined, clockSkewMsMax),
    ];
  const name = store.kind === "redis" ? hidePassword(store.url) : "Redis Cluster";
  try {
    const { createRedisStore } = await import("../store/redis/redis-store.ts");
    const opened = await createRedisStore({ url: urlOf(store), shards, durability, unsafe: storeUnsafe });
    const askedAt = Date.now();
    const time = await opened.leases.storeTime();
    const skewMs = time - (askedAt + Date.now()) / 2;
    await opened.close();
    return [
      { name: "store", is: "well", found: `${name}, durability ${durability}` },
      checkClock(skewMs, clockSkewMsMax),
    ];
  } catch (error) {
    return [findingOf("store", error, "See that the Redis runs, and that VIF_STORE names it.")];
  }
}

async function findHistory({ history, dataDir }: Settings): Promise<Finding> {
  const setting = historySettingsOf(history, dataDir);
  if (setting.kind === "embedded") {
    const there = existsSync(setting.file) ? setting.file : "none yet; made at the first start";
    return { name: "history", is: "well", found: `embedded: ${there}` };
  }
  try {
    const opened = await createHistory(setting);
    await opened.watermarks();
    await opened.close();
    return { name: "history", is: "well", found: hidePassword(setting.url) };
  } catch (error) {
    return findingOf("history", error, "See that the database runs, and that VIF_HISTORY names it.");
  }
}

function findingOf(name: string, error: unknown, remedy: string): Finding {
  if (error instanceof SetupError) return { name, is: "ill", found: error.message, remedy: error.remedy };
  if (error instanceof StoreUnavailable || error instanceof HistoryUnavailable)
    return { name, is: "ill", found: error.message, remedy };
  throw error;
}

function urlOf(store: Exclude<Settings["store"], { kind: "embedded" }>): string {
  if (store.kind === "redis") return store.url;
  const user = encodeURIComponent(store.username ?? "");
  const who = store.password === undefined ? "" : `${user}:${encodeURIComponent(store.password)}@`;
  return `redis-cluster://${who}${store.nodes.map(({ host, port }) => `${host}:${port}`).join(",")}`;
}
