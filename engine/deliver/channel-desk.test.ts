/** A channel at the desk, its time passed in: places, rate, breaker, throttling, late and lost calls. */
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { breakerFailures, breakerMsMax, callGraceMs, grantMsMax } from "../limits-of-delivery.ts";
import type { ProfileId, ShardId } from "../model/ids.ts";
import type { CallOutcome, OutgoingMessage } from "../model/message.ts";
import type { MessageId, SendIntent } from "../model/trigger.ts";
import { againAt } from "./back-off.ts";
import { ChannelDesk } from "./channel-desk.ts";
import type { ChannelBounds, FromDesk } from "./desk-port.ts";
import type { Letter } from "./letter.ts";

/** Time that passes when it is told to. */
class Times {
  nowMs = 0;
  #timers: { readonly atMs: number; readonly task: () => void }[] = [];

  readonly clock = { now: () => this.nowMs, monotonicMs: () => this.nowMs };
  readonly timers = {
    after: (delayMs: number, task: () => void) => {
      const timer = { atMs: this.nowMs + delayMs, task };
      this.#timers.push(timer);
      return () => void (this.#timers = this.#timers.filter((each) => each !== timer));
    },
  };

  async pass(ms: number): Promise<void> {
    const untilMs = this.nowMs + ms;
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      const [next] = this.#timers.filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs);
      if (next === undefined) break;
      this.#timers = this.#timers.filter((each) => each !== next);
      this.nowMs = Math.max(this.nowMs, next.atMs);
      next.task();
    }
    this.nowMs = untilMs;
  }
}

const ACCEPTED: CallOutcome = { is: "accepted", providerId: undefined };
const DOWN: CallOutcome = { is: "failed", reason: "unavailable" };
const shard = 0 as ShardId;
const profile = "p" as ProfileId;

let times: Times;
let said: FromDesk[];
let called: OutgoingMessage[];
let answer: (message: OutgoingMessage, signal: AbortSignal) => Promise<CallOutcome>;
const client = { send: (message: FromDesk) => void said.push(message) };

beforeEach(() => {
  times = new Times();
  said = [];
  called = [];
  answer = async () => ACCEPTED;
});

function desk(bounds: Partial<ChannelBounds> = {}): ChannelDesk {
  return new ChannelDesk({
    adapter: {
      name: "test",
      channel: "email",
      abilities: { idempotentForMs: 0, reports: [] },
      deliver: (message, signal) => (called.push(message), answer(message, signal)),
      close: async () => undefined,
    },
    bounds: { concurrency: 2, perSecond: undefined, callMsMax: 1_000, ...bounds },
    clock: times.clock,
    timers: times.timers,
    random: { below: (bound) => bound - 1 },
    words:
      () =>
      ({ values: _values, zone: _zone, tracked: _tracked, ...rest }) => ({
        is: "rendered",
        message: { ...rest, language: "en", parts: { is: "sms", text: "hello", segments: 1 } },
      }),
  });
}

function offer(at: ChannelDesk, message: string, priority = 50, due = 0): void {
  at.offer({ is: "offer", shard, profile, message: message as MessageId, channel: "email", priority, due }, client);
}

function letter(message: string, attempt = 1): Letter {
  return {
    id: message as MessageId,
    attempt,
    channel: "email",
    address: "a@example.fr",
    category: "marketing",
    template: "x",
    values: {},
    event: undefined,
    language: undefined,
    zone: "UTC",
    tracked: undefined,
    reference: "r",
    links: {},
  };
}

function call(at: ChannelDesk, message: string, callUntilMs = Number.POSITIVE_INFINITY): Promise<void> {
  return at.call({ is: "call", shard, profile, letter: letter(message), callUntilMs }, client);
}

const granted = () => said.flatMap((each) => (each.is === "grant" ? [String(each.message)] : []));
const outcomes = () => said.flatMap((each) => (each.is === "called" ? [each.outcome] : []));

describe("places", () => {
  it("are as many as the channel has, go to the highest priority, then to who has waited longest, and come back", async () => {
    const at = desk({ concurrency: 1 });
    offer(at, "first");
    offer(at, "low", 10);
    offer(at, "high-late", 90, 5);
    offer(at, "high", 90, 1);
    expect(granted()).toEqual(["first"]);
    await call(at, "first");
    expect(granted()).toEqual(["first", "high"]);
    at.withdraw("high" as MessageId);
    expect(granted()).toEqual(["first", "high", "high-late"]);
    expect(at.status()).toMatchObject({ waiting: 1, taken: 1, breaker: "closed", outcomes: { accepted: 1 } });
  });

  it("of an owner that does not come are free again, and what a gone worker offered is forgotten", async () => {
    const at = desk({ concurrency: 1 });
    offer(at, "a");
    offer(at, "b");
    await times.pass(grantMsMax);
    expect(granted()).toEqual(["a", "b"]);
    offer(at, "c");
    at.forget(() => true);
    await times.pass(grantMsMax);
    expect(granted()).toEqual(["a", "b"]);
    expect(at.status()).toMatchObject({ waiting: 0, taken: 0 });
  });

  it("are given no faster than the rate allows", async () => {
    const at = desk({ concurrency: 100, perSecond: 10 });
    for (let n = 0; n < 50; n++) offer(at, `m${n}`);
    const atOnce = granted().length;
    expect(atOnce).toBeLessThanOrEqual(4);
    await times.pass(2_000);
    expect(granted().length - atOnce).toBeGreaterThanOrEqual(19);
    expect(granted().length - atOnce).toBeLessThanOrEqual(21);
  });
});

describe("a call", () => {
  it("is not made when its gates are too long ago", async () => {
    const at = desk();
    times.nowMs = 100;
    await call(at, "late", 99);
    expect(called).toEqual([]);
    expect(outcomes()).toEqual([{ is: "not called" }]);
  });

  it("that is not answered is ended, and is unknown even where its adapter does not end", async () => {
    const at = desk();
    answer = () => new Promise(() => undefined);
    void call(at, "hangs");
    await times.pass(1_000 + callGraceMs);
    expect(outcomes()).toEqual([{ is: "unknown", reason: "no_answer" }]);
    answer = () => Promise.reject(new Error("a fault"));
    await call(at, "faulty");
    expect(outcomes()[1]).toEqual({ is: "unknown", reason: "unclear_answer" });
  });
});

describe("the breaker", () => {
  it("opens after failures in a row, lets one try, and opens for longer until the provider is back", async () => {
    const at = desk({ concurrency: 10 });
    answer = async () => DOWN;
    for (let n = 0; n < breakerFailures; n++) await call(at, `f${n}`);
    expect(at.status().breaker).toBe("open");
    offer(at, "a");
    offer(at, "b");
    expect(granted()).toEqual([]);
    await times.pass(5_000);
    expect(granted()).toEqual(["a"]);
    await call(at, "a");
    expect(at.status().breaker).toBe("open");
    await times.pass(5_000);
    expect(granted()).toEqual(["a"]);
    await times.pass(5_000);
    expect(granted()).toEqual(["a", "b"]);
    answer = async () => ACCEPTED;
    await call(at, "b");
    expect(at.status().breaker).toBe("closed");
    offer(at, "c");
    expect(granted()).toEqual(["a", "b", "c"]);
  });

  it("opens after as many failures, and for as long, as its channel's bounds say", async () => {
    const at = desk({ breaker: { failures: 2, firstMs: 1_000, longestMs: 1_500 } });
    answer = async () => DOWN;
    await call(at, "f0");
    expect(at.status().breaker).toBe("closed");
    await call(at, "f1");
    expect(at.status().breaker).toBe("open");
    offer(at, "a");
    await times.pass(1_000);
    expect(granted()).toEqual(["a"]);
    await call(at, "a");
    offer(at, "b");
    await times.pass(1_499);
    expect(granted()).toEqual(["a"]);
    await times.pass(1);
    expect(granted()).toEqual(["a", "b"]);
  });

  it("never opens for longer than its bound, and takes a rejected message for a sign of life", async () => {
    const at = desk();
    answer = async () => DOWN;
    for (let n = 0; n < 40; n++) await call(at, `f${n}`);
    offer(at, "a");
    await times.pass(breakerMsMax);
    expect(granted()).toEqual(["a"]);
    answer = async () => ({ is: "rejected", reason: "bad_address" });
    await call(at, "a");
    expect(at.status().breaker).toBe("closed");
  });

  it("stays closed while a provider only asks for a pause, which it gets", async () => {
    const at = desk();
    answer = async () => ({ is: "throttled", waitMs: 30_000 });
    await call(at, "a");
    offer(at, "b");
    expect(granted()).toEqual([]);
    await times.pass(29_999);
    expect(granted()).toEqual([]);
    await times.pass(1);
    expect(granted()).toEqual(["b"]);
    expect(at.status().breaker).toBe("closed");
  });
});

describe("trying again", () => {
  const intent: SendIntent = {
    template: "x",
    by: ["email"],
    category: "marketing",
    priority: 50,
    expiresMs: undefined,
    competesForMs: 0,
    holdout: undefined,
  };
  const tried = { attempts: 1, attemptedAt: 0, at: 1_000, intent, idempotentForMs: 0 };
  const random = { below: (bound: number) => bound - 1 };

  it("pauses fourfold each time, to a bound, and ends", () => {
    const at = (attempts: number) => againAt({ ...tried, attempts, outcome: DOWN }, random);
    expect([1, 2, 3].map((n) => (at(n) ?? 0) - 1_000)).toEqual([2_000, 8_000, 32_000]);
    expect((at(9) ?? 0) - 1_000).toBe(2 * 3_600_000);
    expect(at(10)).toBeUndefined();
  });

  it("goes by its channel's own bounds where these are set", () => {
    const retries = { attempts: 3, firstMs: 30_000, longestMs: 60_000 };
    const at = (attempts: number) => againAt({ ...tried, attempts, outcome: DOWN, retries }, random);
    expect([1, 2].map((n) => (at(n) ?? 0) - 1_000)).toEqual([30_000, 60_000]);
    expect(at(3)).toBeUndefined();
    const unknown: CallOutcome = { is: "unknown", reason: "crash" };
    // Known for long enough only by these shorter pauses.
    const late = { ...tried, at: 86_000_000, outcome: unknown, idempotentForMs: 86_400_000, retries };
    expect(againAt(late, random)).toBe(86_030_000);
  });

  it("is never done of what may have been sent, but where the rule says so or the provider would know it", () => {
    const unknown: CallOutcome = { is: "unknown", reason: "crash" };
    expect(againAt({ ...tried, outcome: unknown }, random)).toBeUndefined();
    expect(againAt({ ...tried, outcome: unknown, intent: { ...intent, ifUnknown: "send again" } }, random)).toBe(3_000);
    expect(againAt({ ...tried, outcome: unknown, idempotentForMs: 86_400_000 }, random)).toBe(3_000);
    expect(
      againAt({ ...tried, at: 86_000_000, outcome: unknown, idempotentForMs: 86_400_000 }, random),
    ).toBeUndefined();
  });

  it("is spread by chance between half of the pause and all of it", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (attempts, share) => {
        const of = (below: (bound: number) => number) =>
          (againAt({ ...tried, attempts, outcome: DOWN }, { below }) ?? 0) - 1_000;
        const longest = of((bound) => bound - 1);
        const pause = of((bound) => Math.floor(share * bound));
        expect(pause).toBeGreaterThanOrEqual(longest / 2);
        expect(pause).toBeLessThanOrEqual(longest);
      }),
    );
  });
});
