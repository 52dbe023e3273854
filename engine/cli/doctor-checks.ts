/**
 * What `vif doctor` looks at, one check each: what it found, and when that is not well, the remedy. Each answers for itself
 * and throws nothing: a doctor who falls ill helps nobody. Facts come in as arguments, so that every verdict can be tried.
 */
import type { Status } from "../control/port.ts";
import { clockBackMsMax } from "../limits.ts";
import { isPublishedKey } from "../model/published-key.ts";

export interface Finding {
  readonly name: string;
  readonly is: "well" | "warning" | "ill";
  readonly found: string;
  readonly remedy?: string;
}

export interface Problem {
  readonly problem: string;
  readonly remedy: string;
}

/** @param problems of the machine, as the preflight names them */
export function checkMachineFacts(
  facts: {
    readonly nodeVersion: string;
    readonly platform: string;
    readonly arch: string;
    readonly glibcVersion: string | undefined;
  },
  problems: readonly Problem[],
): readonly Finding[] {
  const { nodeVersion, platform, arch, glibcVersion } = facts;
  const libc = glibcVersion === undefined ? "" : `, glibc ${glibcVersion}`;
  const machine = `Node ${nodeVersion} on ${platform} ${arch}${libc}`;
  if (problems.length === 0) return [{ name: "machine", is: "well", found: machine }];
  return problems.map(({ problem, remedy }) => ({ name: "machine", is: "ill", found: problem, remedy }));
}

/** @param loopback whether only this computer reaches the engine */
export function checkKeys(
  keys: readonly { readonly key: string; readonly kind: string }[],
  loopback: boolean,
): Finding {
  const examples = keys.filter(({ key }) => isPublishedKey(key)).length;
  const kinds = [...new Set(keys.map(({ kind }) => kind))].join(", ");
  const found = `${keys.length} ${keys.length === 1 ? "key" : "keys"} (${kinds})`;
  if (examples === 0) return { name: "keys", is: "well", found };
  return {
    name: "keys",
    is: "warning",
    found: `${found}, ${examples} of them an example's, which everybody knows`,
    remedy: loopback
      ? "That is fine on this computer. Give `keys` of your own in vif.yaml before others can reach it."
      : "Give `keys` of your own in vif.yaml.",
  };
}

/** @param answered the engine's own status, when it runs and answers */
export function checkEngine(answered: Status | undefined, url: string | undefined): readonly Finding[] {
  if (url === undefined)
    return [
      {
        name: "engine",
        is: "warning",
        found: "no engine runs on this data folder",
        remedy: "Start it with `vif start`.",
      },
    ];
  if (answered === undefined)
    return [
      {
        name: "engine",
        is: "ill",
        found: `an engine is there, but ${url} does not answer`,
        remedy: "Look at its log; end the process and start it anew if it says nothing.",
      },
    ];
  const { shards, shardsTotal, history, version, node } = answered;
  const owned = shards.filter(({ state }) => state === "owned").length;
  const behind = shards.reduce((sum, { lagRecords }) => sum + lagRecords, 0);
  const waited = Math.max(0, ...shards.map(({ lagSeconds }) => lagSeconds));
  const aheadSeconds = answered.timeAheadSeconds ?? 0;
  const unfilled = shards.reduce((sum, shard) => sum + shard.unfilled, 0);
  const undrained = shards.filter(({ drain }) => drain !== "draining" && drain !== "unknown");
  return [
    { name: "engine", is: "well", found: `version ${version}, node ${node}, at ${url}` },
    owned > 0 || shardsTotal === 0
      ? { name: "shards", is: "well", found: `${owned} of ${shardsTotal} are this node's` }
      : {
          name: "shards",
          is: "ill",
          found: `none of ${shardsTotal} is this node's`,
          remedy: "Wait some seconds after a start; then see that the store answers and that clocks agree.",
        },
    ...(unfilled === 0
      ? []
      : [
          {
            name: "store",
            is: "warning" as const,
            found: `was lost, and is being filled from history: ${unfilled} parts are left`,
            remedy: "Wait: whoever is asked for is filled at once. Nights begin again when it is done.",
          },
        ]),
    ...(answered.trouble === undefined
      ? []
      : [
          {
            name: "store",
            is: "ill" as const,
            found: `takes no records: ${answered.trouble}`,
            remedy:
              "Free space on its disk, or see that the Redis runs and takes writes; the engine goes on by itself.",
          },
        ]),
    ...(aheadSeconds * 1_000 > clockBackMsMax
      ? [
          {
            name: "clocks",
            is: "ill" as const,
            found: `the engine's time is ${Math.round(aheadSeconds)} s ahead: this computer's clock has gone back`,
            remedy:
              "Set the clock by NTP (timedatectl set-ntp true). If it is right now and was ahead before, events count as of the time then, and refused as too old where that is days: go back to a copy of the store.",
          },
        ]
      : []),
    history.trouble === undefined
      ? { name: "history", is: "well", found: `${history.kind}, ${behind} records behind` }
      : {
          name: "history",
          is: "ill",
          found: history.trouble,
          remedy:
            "See that the history's database runs and takes writes; what is not there yet is kept in the journal.",
        },
    ...(history.slowed === true
      ? [
          {
            name: "history",
            is: "ill" as const,
            found: `is ${behind} records behind: events are taken slowly until it has caught up`,
            remedy: "See what keeps it. Where the journals' disk has room, VIF_HISTORY_BEHIND lets them hold more.",
          },
        ]
      : []),
    ...(waited > LATE_SECONDS
      ? [
          {
            name: "history",
            is: "warning" as const,
            found: `a record has waited for ${Math.round(waited)} s`,
            remedy: "The history's disk or database is too slow for the load: give it more, or look at its log.",
          },
        ]
      : []),
    ...brokenRulesOf(answered),
    ...warmingOf(answered),
    ...undrained.map(({ shard, drain }) => ({
      name: "history",
      is: "ill" as const,
      found: `shard ${shard} is not drained: its journal is ${drain}`,
      remedy: "Its journal and history are at odds: see the engine's log before anything is removed.",
    })),
  ];
}

const LATE_SECONDS = 60;

/** Rule files that are not loaded, while an older plan decides. */
function brokenRulesOf({ rules, plan = "" }: Status): readonly Finding[] {
  if (rules === undefined) return [];
  return [checkBrokenRules(rules, `not loaded; the plan ${plan.slice(0, 8)} of before goes on`)];
}

/** @param problems of rule files; `first` is the first of them, with its place */
export function checkBrokenRules(
  { problems, first }: { readonly problems: number; readonly first: string },
  where: string,
): Finding {
  const found = `${where}: ${problems} ${problems === 1 ? "mistake" : "mistakes"}, ${problems === 1 ? "at" : "the first at"} ${first}`;
  return { name: "rules", is: "ill", found, remedy: "`vif check` shows them, each with its line." };
}

/**
 * Links in messages that would lead to this computer, where nothing of Vif's listens.
 * @param port of the gateway; 0: any free one
 */
export function checkSite(site: string | undefined, port: number): readonly Finding[] {
  if (site === undefined || port === 0 || !URL.canParse(site)) return [];
  const { hostname, protocol, port: named } = new URL(site);
  const sitePort = named === "" ? DEFAULT_PORTS[protocol] : named;
  if (!LOOPBACK_HOSTS.includes(hostname) || sitePort === String(port)) return [];
  return [
    {
      name: "site",
      is: "warning",
      found: `the brand's site is ${site}, and this engine is at port ${port}: links in messages lead elsewhere`,
      remedy: "Name the shop's own address as `site` in brand.yaml.",
    },
  ];
}

const DEFAULT_PORTS: Readonly<Record<string, string>> = { "http:": "80", "https:": "443" };
const LOOPBACK_HOSTS: readonly string[] = ["127.0.0.1", "localhost", "[::1]"];

/** Rules that wait for what they read of the past. */
function warmingOf({ backfill }: Status): readonly Finding[] {
  if (backfill === undefined) return [];
  const { rules, state, events, eventsAll } = backfill;
  const part = eventsAll === 0 ? "" : `, ${Math.floor((events / eventsAll) * 100)} % of the events read`;
  const found =
    state === "waiting"
      ? "new rules wait until history has all that came before them"
      : `rules wait for their past${part}: ${rules.join(", ")}`;
  return [{ name: "rules", is: "warning", found, remedy: "They decide by themselves when it has been gathered." }];
}

/** @param skewMs the store's clock less this computer's */
export function checkClock(skewMs: number | undefined, skewMsMax: number): Finding {
  if (skewMs === undefined) return { name: "clocks", is: "well", found: "the store is this computer's own" };
  const seconds = (Math.abs(skewMs) / 1_000).toFixed(1);
  if (Math.abs(skewMs) <= skewMsMax)
    return { name: "clocks", is: "well", found: `${seconds} s apart from the store's` };
  return {
    name: "clocks",
    is: "ill",
    found: `${seconds} s apart from the store's: such a node owns no shards`,
    remedy: "Set this computer's clock, and keep it set, with NTP (timedatectl set-ntp true).",
  };
}
