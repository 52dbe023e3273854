/**
 * What an error of Redis or of the way to it means: nearly all are states that pass (loading, failing over, full, away),
 * after which the same call may be repeated, so they become `StoreUnavailable`. A fault of our own scripts or commands
 * stays what it is, for repeating it would never help.
 */
import { StoreUnavailable } from "../../model/errors.ts";

const OUR_FAULT =
  /^(WRONGTYPE|NOPROTO|ERR (Error (running|compiling) script|wrong number of arguments|unknown command|syntax error|value is not|user_script|CROSSSLOT|Number of keys|XADD|The ID specified))|^CROSSSLOT|@user_script/;

const MEANINGS: readonly (readonly [RegExp, string])[] = [
  [/^LOADING/, "it is loading its data"],
  [/^READONLY/, "it has become a replica"],
  [/^MASTERDOWN/, "its master is down"],
  [
    /^(CLUSTERDOWN|TRYAGAIN|MOVED|ASK)|Too many Cluster redirections|ClusterAllFailed/,
    "its Cluster is being rearranged or lacks a master",
  ],
  [/^OOM/, "it is at its memory limit (maxmemory)"],
  [/^MISCONF/, "it cannot write to its disk"],
  [/^NOREPLICAS/, "it has not enough replicas"],
  [/^BUSY/, "it is busy with a script"],
  [/^(NOAUTH|WRONGPASS|NOPERM)/, "it refuses these credentials"],
];

/** @param shown the address without its password */
export function failureOf(shown: string, cause: unknown): Error {
  if (cause instanceof StoreUnavailable) return cause;
  const text = cause instanceof Error ? cause.message : String(cause);
  if (OUR_FAULT.test(text) && !/-(OOM|MISCONF|READONLY|NOREPLICAS)/.test(text)) {
    return cause instanceof Error ? cause : new Error(text);
  }
  const meaning = MEANINGS.find(([sign]) => sign.test(text))?.[1] ?? "it does not answer";
  return new StoreUnavailable(`The Redis at ${shown} cannot serve now: ${meaning} (${text}).`, { cause });
}
