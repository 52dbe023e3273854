import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PlaceTable } from "./place-table.ts";

function placesOf(table: PlaceTable, hash: number): number[] {
  const places: number[] = [];
  for (let slot = table.first(hash); slot >= 0; slot = table.next(slot, hash)) places.push(table.placeAt(slot));
  return places.sort((a, b) => a - b);
}

describe("a table of places", () => {
  it("finds all places of a hash, whatever falls on one another and is taken out between", () => {
    const hash = fc.oneof(fc.nat(20), fc.nat(80), fc.constantFrom(0xffffffff, 0xffffffc0, 0x80000000));
    const step = fc.record({ hash, adds: fc.constantFrom(true, true, false) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 600, size: "max" }), (steps) => {
        const table = new PlaceTable();
        const model = new Map<number, number[]>();
        for (const [place, { hash: at, adds }] of steps.entries()) {
          const places = model.get(at) ?? [];
          if (adds) {
            table.add(at, place);
            model.set(at, [...places, place]);
          } else if (places.length > 0) {
            const slot = table.first(at);
            expect(table.hashAt(slot)).toBe(at);
            const gone = table.placeAt(slot);
            table.delete(slot);
            model.set(
              at,
              places.filter((each) => each !== gone),
            );
          }
        }
        for (const [at, places] of model) expect(placesOf(table, at)).toEqual(places);
        expect(table.size).toBe([...model.values()].flat().length);
      }),
    );
  });

  it("holds the largest place", () => {
    const table = new PlaceTable();
    table.add(7, 2 ** 32 - 2);
    expect(placesOf(table, 7)).toEqual([2 ** 32 - 2]);
  });
});
