/** Pages come back as they were written, and a mark tells a row and a wake-up from what they were. */
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { cellKey } from "../model/identifier.ts";
import { createProfileId, type Slot } from "../model/ids.ts";
import { decodePage, encodePage, type KeptPerson, markOf } from "./snapshot-pages.ts";

const NOW = Date.UTC(2026, 10, 30);
const ROW = Buffer.from("a row");

it("gives back what was written, marks and all", () => {
  const person = fc
    .record({ slot: fc.nat(4095), position: fc.nat(), since: fc.nat(), row: fc.uint8Array(), wakeUp: fc.nat(1e9) })
    .map(
      ({ slot, position, since, row, wakeUp }): KeptPerson => ({
        id: createProfileId(slot as Slot, NOW, position),
        position,
        since,
        mark: markOf(row, wakeUp % 3 === 0 ? Number.POSITIVE_INFINITY : NOW + wakeUp),
        row: Buffer.from(row),
      }),
    );
  const cell = fc.record({ value: fc.string(), at: fc.nat(), slot: fc.nat(4095) }).map(({ value, at, slot }) => ({
    key: cellKey({ kind: "user", value }),
    holder: createProfileId(slot as Slot, NOW, at),
    at,
  }));
  fc.assert(
    fc.property(fc.array(person), fc.array(cell), (people, cells) => {
      expect(decodePage(encodePage({ people, cells }))).toEqual({ people, cells });
    }),
  );
});

it("marks each wake-up of a quarter of an hour, and each day of ten years, otherwise", () => {
  const instants = [
    ...Array.from({ length: 900_000 }, (_, ms) => NOW + ms),
    ...Array.from({ length: 4_000 }, (_, day) => NOW + (day + 1) * 86_400_000),
    Number.POSITIVE_INFINITY,
  ];
  const marks = new Set(instants.map((at) => markOf(ROW, at)));
  expect(marks.size).toBe(instants.length);
  expect([...marks].every(Number.isSafeInteger)).toBe(true);
});

it("marks another row otherwise, by one byte of it", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1 }), fc.nat(), (row, at) => {
      const other = new Uint8Array(row);
      other[at % row.length] = (row[at % row.length] as number) ^ (1 + (at % 255));
      expect(markOf(row, NOW)).not.toBe(markOf(other, NOW));
    }),
  );
});
