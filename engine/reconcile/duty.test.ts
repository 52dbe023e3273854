/** One node reconciles at a time; who waits takes over from one that is silent, whatever the clocks say. */
import { describe, expect, it } from "vitest";
import type { History, KeptDocument } from "../history/port.ts";
import { dutyStillMs } from "../limits-of-reconcile.ts";
import { takeDuty } from "./duty.ts";

/** One document, as history keeps it, and a monotonic clock that goes on by hand; the wall clock goes where it likes. */
class Bench {
  document: KeptDocument | undefined;
  nowMs = 0;
  wallMs = 1_000_000;
  readonly #tasks: { atMs: number; task: () => void }[] = [];

  readonly history: Pick<History, "document" | "putDocument"> = {
    document: async () => this.document,
    putDocument: async (name, content, from) => {
      const version = this.document?.version ?? 0;
      if (from !== undefined && from !== version) return false;
      this.document = content && { ...name, version: version + 1, content };
      return true;
    },
  };

  take(holder: string, onWaiting: () => void = () => undefined, signal = new AbortController().signal) {
    const clock = { now: () => this.wallMs, monotonicMs: () => this.nowMs };
    const timers = {
      after: (delayMs: number, task: () => void) => {
        const entry = { atMs: this.nowMs + delayMs, task };
        this.#tasks.push(entry);
        return () => void this.#tasks.splice(this.#tasks.indexOf(entry) >>> 0, 1);
      },
    };
    return takeDuty({ history: this.history, holder, clock, timers }, onWaiting, signal);
  }

  async pass(ms: number): Promise<void> {
    const until = this.nowMs + ms;
    for (;;) {
      await settled();
      const next = this.#tasks.filter(({ atMs }) => atMs <= until).sort((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined) break;
      this.#tasks.splice(this.#tasks.indexOf(next), 1);
      this.nowMs = Math.max(this.nowMs, next.atMs);
      next.task();
    }
    this.nowMs = until;
    await settled();
  }

  /** As a process that is killed: it renews nothing any more. */
  killAll(): void {
    this.#tasks.length = 0;
  }
}

async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

function watched<T>(promise: Promise<T>): { value: T | undefined; failed: unknown } {
  const seen: { value: T | undefined; failed: unknown } = { value: undefined, failed: undefined };
  promise.then(
    (value) => void (seen.value = value),
    (error: unknown) => void (seen.failed = error),
  );
  return seen;
}

describe("the duty", () => {
  it("is one node's until it is done, however long that takes, and then the next one's", async () => {
    const bench = new Bench();
    const first = await bench.take("first");
    let waits = 0;
    const second = watched(bench.take("second", () => waits++));
    await bench.pass(dutyStillMs * 20);
    expect([waits, second.value, first.isLost()]).toEqual([1, undefined, false]);
    // Clocks may be set back an hour: nobody compares them.
    bench.wallMs -= 3_600_000;
    await bench.pass(dutyStillMs * 2);
    expect(second.value).toBeUndefined();
    const released = first.release();
    await bench.pass(0);
    await released;
    await bench.pass(5_000);
    expect(second.value?.isLost()).toBe(false);
  });

  it("goes on from one that was killed, when it was silent for long enough, and not before", async () => {
    const bench = new Bench();
    await bench.take("first");
    await bench.pass(10_000);
    bench.killAll();
    const second = watched(bench.take("second"));
    await bench.pass(dutyStillMs - 1_000);
    expect(second.value).toBeUndefined();
    await bench.pass(3_000);
    expect(second.value?.isLost()).toBe(false);
  });

  it("is lost by who was frozen meanwhile, and known to be", async () => {
    const bench = new Bench();
    const first = await bench.take("first");
    const standing = bench.document?.version ?? 0;
    await bench.history.putDocument({ kind: "duty", key: "night" }, new TextEncoder().encode("second"), standing);
    await bench.pass(5_000);
    expect(first.isLost()).toBe(true);
    const { version } = bench.document as KeptDocument;
    await first.release();
    expect(bench.document?.version).toBe(version);
  });

  it("is not waited for by who has left", async () => {
    const bench = new Bench();
    await bench.take("first");
    const leaving = new AbortController();
    const second = watched(bench.take("second", () => undefined, leaving.signal));
    await bench.pass(1_000);
    leaving.abort(new Error("gone"));
    await bench.pass(5_000);
    expect(second.failed).toEqual(new Error("gone"));
  });
});
