/**
 * The most memory that this process has had for a while, all threads of it: its own, and beside it what it has mapped of
 * files, such as a store's, which the system takes back when somebody needs room. From /proc; where there is none, all of it
 * counts as its own.
 */
import { readFileSync } from "node:fs";

const PERIOD_MS = 200;

export interface MostMemory {
  readonly ownMb: number;
  readonly mappedMb: number;
}

/** @returns what ends it */
export function watchMemory(): () => MostMemory {
  let most: MostMemory = { ownMb: 0, mappedMb: 0 };
  const look = (): void => {
    const now = memoryNow();
    most = { ownMb: Math.max(most.ownMb, now.ownMb), mappedMb: Math.max(most.mappedMb, now.mappedMb) };
  };
  look();
  const timer = setInterval(look, PERIOD_MS);
  return () => {
    clearInterval(timer);
    look();
    return most;
  };
}

function memoryNow(): MostMemory {
  let status: string;
  try {
    status = readFileSync("/proc/self/status", "utf8");
  } catch {
    return { ownMb: process.memoryUsage().rss / 1e6, mappedMb: 0 };
  }
  const mbOf = (name: string): number =>
    (Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? 0) * 1024) / 1e6;
  return { ownMb: mbOf("RssAnon"), mappedMb: mbOf("RssFile") };
}
