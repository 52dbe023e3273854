/** Every receipt is counted once, and those of one customer in their order, whatever becomes of sockets and engine. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { receiptBytesMax, receiptLinesMax } from "../limits.ts";
import { createReceiptSender, type ReceiptOutcome, type SentReceipt, type SocketEvents } from "./receipt-sender.ts";

/** An engine as the protocol has it: keeps what it was sent by number, answers a repetition as such, and breaks at will. */
class Engine {
  readonly counted: number[] = [];
  readonly #tasks: (() => void)[] = [];
  #events: SocketEvents | undefined;

  connect(events: SocketEvents) {
    let mine = true;
    this.#later(() => {
      this.#events = events;
      events.onOpen();
    });
    return {
      send: (frame: string) => {
        if (mine) this.#later(() => void (this.#events === events && this.take(frame)));
      },
      close: () => void (mine = false),
    };
  }

  /** How the engine takes the next frame. */
  mood: "takes" | "takes and breaks" | "breaks" | "busy" = "takes";

  take(frame: string): void {
    const { requestId } = JSON.parse(frame) as { readonly requestId: string };
    const number = Number(requestId);
    if (this.mood === "breaks") return this.#break();
    const events = this.#events;
    if (this.mood === "busy") {
      const busy = { ok: false, requestId, problem: { code: "busy", message: "busy" }, retryAfterMs: 5 };
      return this.#later(() => void (this.#events === events && events?.onFrame(JSON.stringify(busy))));
    }
    const is = this.counted.includes(number) ? "repeated" : "accepted";
    if (is === "accepted") this.counted.push(number);
    if (this.mood === "takes and breaks") return this.#break();
    const reply = JSON.stringify({ ok: true, requestId, is, flags: [] });
    this.#later(() => void (this.#events === events && events?.onFrame(reply)));
  }

  #break(): void {
    const events = this.#events;
    this.#events = undefined;
    events?.onLost("broken", false);
  }

  readonly timers = {
    after: (_delayMs: number, task: () => void) => {
      this.#later(task);
      return () => undefined;
    },
  };

  #later(task: () => void): void {
    this.#tasks.push(task);
  }

  /** Runs one task, of those that wait chosen by `at`; false when none waits. Frames of one socket keep their order. */
  step(): boolean {
    const task = this.#tasks.shift();
    task?.();
    return task !== undefined;
  }
}

const receipt = (number: number, customer: string): SentReceipt => ({
  number,
  customer,
  frame: JSON.stringify({ type: "receipt", requestId: String(number) }),
  lines: 1,
});

function createSender(engine: Engine, outcomes: Map<number, ReceiptOutcome>) {
  return createReceiptSender({
    connect: (events) => engine.connect(events),
    timers: engine.timers,
    onOutcome: (number, outcome) => {
      expect(outcomes.has(number)).toBe(false);
      outcomes.set(number, outcome);
    },
    onAway: () => undefined,
  });
}

describe("receipts", () => {
  it("are counted once each, and in order for each customer", () => {
    const mood = fc.constantFrom<Engine["mood"][]>("takes", "takes", "takes", "takes and breaks", "breaks", "busy");
    const customers = fc.array(fc.constantFrom("", "a", "b"), { minLength: 1, maxLength: 25 });
    fc.assert(
      fc.property(
        customers,
        fc.array(mood, { maxLength: 40 }),
        fc.infiniteStream(fc.boolean()),
        (whose, moods, sendNow) => {
          const engine = new Engine();
          const outcomes = new Map<number, ReceiptOutcome>();
          const sender = createSender(engine, outcomes);
          let next = 0;
          const waitingMoods = [...moods];
          for (let steps = 0; steps < 5_000; steps++) {
            engine.mood = waitingMoods.shift() ?? "takes";
            if (next < whose.length && sendNow.next().value === true) sender.send(receipt(next, whose[next++] ?? ""));
            if (!engine.step() && next >= whose.length) break;
          }
          expect(outcomes.size).toBe(whose.length);
          expect(engine.counted.toSorted((a, b) => a - b)).toEqual(whose.map((_, index) => index));
          for (const customer of ["a", "b"]) {
            const theirs = engine.counted.filter((number) => whose[number] === customer);
            expect(theirs).toEqual(theirs.toSorted((a, b) => a - b));
          }
          sender.close();
        },
      ),
      { numRuns: 300 },
    );
  });

  it("that no frame can hold are refused here, for the engine could not say whose they are", async () => {
    const engine = new Engine();
    const outcomes = new Map<number, ReceiptOutcome>();
    const sender = createSender(engine, outcomes);
    sender.send({ ...receipt(0, ""), lines: receiptLinesMax + 1 });
    sender.send({ ...receipt(1, ""), frame: "é".repeat(receiptBytesMax / 2 + 1) });
    await sender.idle();
    expect([...outcomes.values()].map(({ is }) => is)).toEqual(["refused", "refused"]);
  });

  it("wait for nothing more when the engine refuses the sender", async () => {
    const lost: { events: SocketEvents | undefined } = { events: undefined };
    const sender = createReceiptSender({
      connect: (events) => {
        lost.events = events;
        return { send: () => undefined, close: () => undefined };
      },
      timers: { after: () => () => undefined },
      onOutcome: () => undefined,
      onAway: () => undefined,
    });
    sender.send(receipt(0, ""));
    const idle = sender.idle();
    lost.events?.onLost("The key is unknown.", true);
    await expect(idle).rejects.toThrow("The key is unknown.");
    await expect(sender.room()).rejects.toMatchObject({ code: "sender_refused" });
  });
});
