/** Places are packed without loss beyond a step, and distances are those of the sphere. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { metresBetween, packPlace, printPlace, unpackPlace } from "./place.ts";

const place = (latitude: number, longitude: number): number => packPlace(latitude, longitude) ?? Number.NaN;

it("a place is read back as it was written, to 1/100,000 of a degree", () => {
  fc.assert(
    fc.property(
      fc.double({ min: -90, max: 90, noNaN: true }),
      fc.double({ min: -180, max: 180, noNaN: true }),
      (latitude, longitude) => {
        const packed = place(latitude, longitude);
        const read = unpackPlace(packed);
        expect(Number.isSafeInteger(packed)).toBe(true);
        expect(Math.abs(read.latitude - latitude)).toBeLessThan(0.000_006);
        expect(Math.abs(read.longitude - longitude)).toBeLessThan(0.000_006);
        return packPlace(read.latitude, read.longitude) === packed;
      },
    ),
  );
  expect(printPlace(place(45.764, 4.8357))).toBe("[45.764, 4.8357]");
});

it("there is no place beyond the poles or the date line", () => {
  for (const [latitude, longitude] of [
    [90.1, 0],
    [-91, 0],
    [0, 180.5],
    [Number.NaN, 0],
  ] as const)
    expect(packPlace(latitude, longitude)).toBeUndefined();
});

it.each([
  ["Paris to Lyon", [48.8566, 2.3522], [45.764, 4.8357], 391_499],
  ["half a meridian", [90, 0], [-90, 0], 20_015_115],
  ["over the date line", [0, 179.5], [0, -179.5], 111_195],
  ["nowhere", [45, 5], [45, 5], 0],
] as const)("from %s it is so many metres", (_, from, to, metres) => {
  expect(Math.abs(metresBetween(place(from[0], from[1]), place(to[0], to[1])) - metres)).toBeLessThanOrEqual(2);
});
