import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LatestEntries } from "./latest-entries.ts";

describe("the latest entries", () => {
  it("are those that a list in order of setting would keep", () => {
    const change = fc.record({ key: fc.nat(12), is: fc.constantFrom("set", "set", "set", "delete") });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.array(change, { maxLength: 200 }), (most, changes) => {
        const entries = new LatestEntries<number, number>(most);
        let list: (readonly [key: number, value: number])[] = [];
        for (const [step, { key, is }] of changes.entries()) {
          list = list.filter(([known]) => known !== key);
          if (is === "set") list = [...list, [key, step] as const].slice(-most);
          if (is === "set") entries.set(key, step);
          else entries.delete(key);
          expect([...entries.keys()].map((known) => [known, entries.get(known)])).toEqual(list);
          expect(entries.size).toBe(list.length);
        }
      }),
    );
  });

  it("are found in a crowd as fast as among few", () => {
    const entries = new LatestEntries<number, number>(300_000);
    // Walking what was deleted before took minutes for this.
    for (let key = 0; key < 900_000; key++) entries.set(key, key);
    expect([...entries.keys()][0]).toBe(600_000);
  });
});
