import { describe, expect, it } from "vitest";
import { turnAheadEventsMin, turnPacedEventsMin, turnPaceMs } from "../limits.ts";
import { TurnPace } from "./turn-pace.ts";

/** A clock that stands still, and the lengths that were waited for. */
function paceAt(now: { readonly ms: number }) {
  const rests: number[] = [];
  const after = (delayMs: number, done: () => void): (() => void) => {
    rests.push(delayMs);
    done();
    return () => undefined;
  };
  const pace = new TurnPace({ clock: { now: () => 0, monotonicMs: () => now.ms }, timers: { after } });
  return { pace, rests };
}

describe("the pace of turns", () => {
  it("is none where few events come", () => {
    const { pace } = paceAt({ ms: 100 });
    expect(pace.rest(1)).toBeUndefined();
    pace.noteTurn(100, turnPacedEventsMin - 1);
    expect(pace.rest(1)).toBeUndefined();
  });

  it("keeps turns apart where many come, counted from where the one before began", async () => {
    const now = { ms: 100 };
    const { pace, rests } = paceAt(now);
    pace.noteTurn(100, turnPacedEventsMin);
    now.ms = 100.9;
    await pace.rest(turnPacedEventsMin);
    expect(rests).toEqual([Math.ceil(turnPaceMs - 0.9)]);
    now.ms = 100 + turnPaceMs;
    expect(pace.rest(1)).toBeUndefined();
  });

  it("waits for no more where there are enough for a turn", () => {
    const { pace } = paceAt({ ms: 100 });
    pace.noteTurn(100, turnPacedEventsMin);
    expect(pace.rest(turnAheadEventsMin)).toBeUndefined();
  });
});
