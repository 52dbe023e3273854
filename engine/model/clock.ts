/** Time is an argument: whoever needs "now" is given a clock. The one real clock is create-clock.ts. */
import type { Instant } from "./ids.ts";

export interface Clock {
  /** Wall clock. It may jump; a shard's instants never go back all the same. */
  now(): Instant;
  /** Milliseconds that only grow; for leases, budgets and latency. */
  monotonicMs(): number;
}

/** Delays, so that the simulator can run them under its own scheduler. */
export interface Timers {
  /** Runs `task` once, after at least `delayMs`; the returned function cancels it. */
  after(delayMs: number, task: () => void): () => void;
}

/** Uniform integers; seeded in tests. */
export interface Random {
  /** An integer in [0, bound), bound at most 2^53. */
  below(bound: number): number;
}
