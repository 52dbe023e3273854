/** The one real clock, timers and chance, made by the files that join parts; everybody else is given them. */
import { randomBytes } from "node:crypto";
import type { Clock, Random, Timers } from "./model/clock.ts";

/** All threads of a process have one monotonic clock, whenever they began: what one says until when, another heeds. */
export function createClock(): Clock {
  const beganMs = Number(process.hrtime.bigint()) / 1e6 - performance.now();
  return { now: () => Date.now(), monotonicMs: () => performance.now() + beganMs };
}

export function createTimers(): Timers {
  return {
    after(delayMs, task) {
      const timer = setTimeout(task, delayMs);
      return () => clearTimeout(timer);
    },
  };
}

/** Of the operating system's generator, by 256 draws at once: profile ids of two nodes must not meet. */
export function createRandom(): Random {
  let pool = Buffer.alloc(0);
  let at = 0;
  /** An integer in [0, 2^53). */
  const draw = (): number => {
    if (at >= pool.length) {
      pool = randomBytes(256 * 7);
      at = 0;
    }
    const value = pool.readUIntBE(at, 6) * 32 + ((pool[at + 6] ?? 0) & 31);
    at += 7;
    return value;
  };
  return {
    below(bound) {
      // Values of the last, incomplete stretch would come more often than others: drawn again (Knuth, 3.4.1).
      const end = 2 ** 53 - (2 ** 53 % bound);
      for (let value = draw(); ; value = draw()) if (value < end) return value % bound;
    },
  };
}
