import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { eventInstant, parseAnyInstant, parseInstant } from "./event-time.ts";

describe("an instant on the wire", () => {
  it("is read as Date writes it, quick path and slow path alike", () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date("0001-01-01"), max: new Date("9999-12-31T23:59:59.999Z"), noInvalidDate: true }),
        (date) => {
          expect(parseInstant(date.toISOString())).toBe(date.getTime());
          expect(parseAnyInstant(date.toISOString())).toBe(date.getTime());
        },
      ),
    );
  });

  it("is refused alike by both paths whatever digits it has", () => {
    const digits = (count: number) =>
      fc.string({ unit: fc.constantFrom(..."0123456789".split("")), minLength: count, maxLength: count });
    const parts = fc.tuple(digits(4), digits(2), digits(2), digits(2), digits(2), digits(2), digits(3));
    fc.assert(
      fc.property(parts, ([y, mo, d, h, mi, s, ms]) => {
        const text = `${y}-${mo}-${d}T${h}:${mi}:${s}.${ms}Z`;
        // Date.parse takes 24:00:00.000, the end of a day, which the quick path leaves to it.
        expect(parseInstant(text)).toBe(parseAnyInstant(text));
      }),
    );
  });

  it.each([
    ["2026-05-04T10:11:12Z", "2026-05-04T10:11:12.000Z"],
    ["2026-05-04T10:11Z", "2026-05-04T10:11:00.000Z"],
    ["2026-05-04T12:11:12.123456+02:00", "2026-05-04T10:11:12.123Z"],
    ["2026-05-04 12:11:12+0200", "2026-05-04T10:11:12.000Z"],
    ["2024-02-29T00:00:00.000Z", "2024-02-29T00:00:00.000Z"],
  ])("%s is taken", (text, expected) => {
    expect(new Date(parseInstant(text) ?? Number.NaN).toISOString()).toBe(expected);
  });

  it.each([
    "",
    "2",
    "yesterday",
    "2026-05-04",
    "2026-05-04T10:11:12",
    "2026-02-30T00:00:00.000Z",
    "2023-02-29T00:00:00.000Z",
    "2026-13-01T00:00:00.000Z",
    "2026-05-04T25:00:00.000Z",
    "1777889472123",
  ])("%j is refused", (text) => {
    expect(parseInstant(text)).toBeUndefined();
  });
});

describe("when an event happened", () => {
  const receivedAt = Date.parse("2026-05-04T10:00:00.000Z");
  const at = (offsetMs: number) => new Date(receivedAt + offsetMs).toISOString();
  const minute = 60_000;
  const day = 24 * 60 * minute;

  it("is arrival when nothing is said", () => expect(eventInstant({}, receivedAt)).toBe(receivedAt));
  it("is the timestamp when the clock agrees", () =>
    expect(eventInstant({ timestamp: at(-minute), sentAt: at(0) }, receivedAt)).toBe(receivedAt - minute));
  it("is corrected by a clock that is behind", () =>
    expect(eventInstant({ timestamp: at(-61 * minute), sentAt: at(-60 * minute) }, receivedAt)).toBe(
      receivedAt - minute,
    ));
  it("is corrected by a clock that is ahead", () =>
    expect(eventInstant({ timestamp: at(59 * minute), sentAt: at(60 * minute) }, receivedAt)).toBe(
      receivedAt - minute,
    ));
  it("is never after arrival", () =>
    expect(eventInstant({ timestamp: at(5 * minute), sentAt: at(0) }, receivedAt)).toBe(receivedAt));
  it("is kept when it is old and sent late", () =>
    expect(eventInstant({ timestamp: at(-3 * day), sentAt: at(0) }, receivedAt)).toBe(receivedAt - 3 * day));
  it.each([
    [{ sentAt: at(2 * day) }, "/sentAt"],
    [{ sentAt: at(-2 * day) }, "/sentAt"],
    [{ timestamp: at(2 * day) }, "/timestamp"],
    [{ originalTimestamp: at(2 * day) }, "/originalTimestamp"],
  ])("with a clock far off is a problem: %o", (times, field) => {
    expect(eventInstant(times, receivedAt)).toMatchObject({ code: "clock_far_off", field });
  });
  it.each([
    [{ timestamp: "soon" }, "/timestamp"],
    [{ sentAt: "soon" }, "/sentAt"],
  ])("that cannot be read is a problem: %o", (times, field) => {
    expect(eventInstant(times, receivedAt)).toMatchObject({ code: "invalid_field", field });
  });
});
