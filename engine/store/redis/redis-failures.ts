/**
 * What an error of Redis or of the way to it means: nearly all are states that pass (loading, failing over, full, away),
 * after which the same call may be repeated, so they become `StoreUnavailable`. A fault of our own scripts or commands
 * stays what it is, for repeating it would never help.
 */
import { StoreUnavailable } from "../../model/errors.ts";

/** Scripts pass errors on with their own words around: a sign stands at the beginning or behind a dash. */
const MEANINGS: readonly (readonly [RegExp, string])[] = [
  [/(^|-)LOADING/, "it is loading its data"],
  [/(^|-)READONLY/, "it has become a replica"],
  [/(^|-)MASTERDOWN/, "its master is down"],
  [
    /(^|-)(CLUSTERDOWN|TRYAGAIN|MOVED|ASK) |Too many Cluster redirections|ClusterAllFailed|slots cache/,
    "its Cluster is being rearranged or lacks a master",
  ],
  [/(^|-)OOM/, "it is at its memory limit (maxmemory)"],
  [/(^|-)MISCONF/, "it cannot write to its disk"],
  [/(^|-)NOREPLICAS/, "it has not enough replicas"],
  [/(^|-)BUSY/, "it is busy with a script"],
  [/^(NOAUTH|WRONGPASS|NOPERM)/, "it refuses these credentials"],
];

const OUR_FAULT =
  /^(WRONGTYPE|NOPROTO|CROSSSLOT)|^ERR (Error (running|compiling) script|wrong number of arguments|unknown command|syntax error|value is not|user_script|CROSSSLOT|Number of keys|The ID specified)|@user_script/;

/** An error of Redis may quote what it was sent, behind such words. */
const QUOTED = /, with args beginning with:.*$/s;
const charsMax = 200;

/**
 * ioredis hangs the whole command on its errors, with people's data in it: what is thrown on carries the text only.
 * @param shown the address without its password
 * @param lastTrouble of the connection, where the failure itself says little
 */
export function failureOf(shown: string, cause: unknown, lastTrouble?: string): Error {
  if (cause instanceof StoreUnavailable) return cause;
  const text = (cause instanceof Error ? cause.message : String(cause)).replace(QUOTED, "").slice(0, charsMax);
  const bare = new Error(text);
  const meaning = MEANINGS.find(([sign]) => sign.test(text))?.[1];
  if (meaning === undefined && OUR_FAULT.test(text)) return bare;
  const why = meaning === undefined && lastTrouble !== undefined ? `${text} ${lastTrouble}` : text;
  return new StoreUnavailable(`The Redis at ${shown} cannot serve now: ${meaning ?? "it does not answer"} (${why}).`, {
    cause: bare,
  });
}
