/**
 * Whether a Redis is fit to hold what must not be lost. One that evicts keys, keeps no append-only file or is not flushed
 * as the level demands loses acknowledged events, silently and late, so it is refused at the start. Facts are taken from
 * INFO, which managed services allow too; only `appendfsync` has to be asked of CONFIG.
 */
import { SetupError } from "../../model/errors.ts";
import type { RedisLink } from "./redis-link.ts";
import { listOf, textOf } from "./redis-commands.ts";

/** `replica` wants the append-only file too, as replicas restart. */
export type RedisDurability = "process" | "disk" | "replica";

const versionMin = [6, 2] as const;

/** @throws SetupError naming the setting and the remedy */
export async function checkFitness(link: RedisLink, durability: RedisDurability): Promise<void> {
  for (const reply of await link.askMasters("info")) {
    const facts = parseInfo(textOf(reply) ?? "");
    checkVersion(link.shown, facts.get("redis_version") ?? "0");
    if (facts.get("role") !== "master") {
      throw new SetupError(
        `The Redis at ${link.shown} is a replica: it takes no writes.`,
        "Name its master in VIF_STORE.",
      );
    }
    const policy = facts.get("maxmemory_policy");
    if (policy !== "noeviction") {
      throw unfit(
        `The Redis at ${link.shown} evicts keys when its memory is full (maxmemory-policy ${policy}).`,
        "maxmemory-policy noeviction",
      );
    }
    if (facts.get("aof_enabled") !== "1") {
      throw unfit(`The Redis at ${link.shown} keeps no append-only file (appendonly no).`, "appendonly yes");
    }
  }
  if (durability === "disk") await checkFlush(link);
}

async function checkFlush(link: RedisLink): Promise<void> {
  for (const reply of await link.askMasters("config", "get", "appendfsync")) {
    const flush = textOf(listOf(reply)[1]);
    if (flush !== "always") {
      throw unfit(
        `The Redis at ${link.shown} does not flush each write to disk (appendfsync ${flush}), as level disk demands.`,
        "appendfsync always",
      );
    }
  }
}

function unfit(message: string, setting: string): SetupError {
  return new SetupError(
    message,
    `Set "${setting}" in redis.conf (or CONFIG SET it), or allow the loss of acknowledged events with VIF_STORE_UNSAFE.`,
  );
}

function checkVersion(shown: string, version: string): void {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > versionMin[0] || (major === versionMin[0] && minor >= versionMin[1])) return;
  throw new SetupError(
    `The Redis at ${shown} is version ${version}; ${versionMin.join(".")} or newer is needed.`,
    "Upgrade it.",
  );
}

function parseInfo(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split(/\r?\n/).flatMap((line) => {
      const colon = line.indexOf(":");
      return colon < 0 ? [] : [[line.slice(0, colon), line.slice(colon + 1)] as const];
    }),
  );
}
