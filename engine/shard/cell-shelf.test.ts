import { describe, expect, it } from "vitest";
import { type CellKey, cellKey } from "../model/identifier.ts";
import { createProfileId, type Slot } from "../model/ids.ts";
import { CellShelf } from "./cell-shelf.ts";

const MB = 2 ** 20;

function user(n: number): CellKey {
  return cellKey({ kind: "user", value: `customer-${n}` });
}

function idOf(n: number) {
  return createProfileId((n % 4096) as Slot, 1_700_000_000_000 + n, n);
}

describe("cells in memory", () => {
  it("say whom a cell names, that it names nobody, or that they do not know", () => {
    const cells = new CellShelf(MB, [1, 2]);
    const strange = cellKey({ kind: "user", value: `é\ud800${"x".repeat(200)}` });
    cells.set(user(1), idOf(1));
    cells.set(user(2), null);
    cells.set(strange, idOf(3));
    expect([cells.get(user(1)), cells.get(user(2)), cells.get(user(3))]).toEqual([idOf(1), null, undefined]);
    expect(cells.get(strange)).toBe(idOf(3));
    cells.set(user(1), idOf(4));
    cells.set(user(2), idOf(5));
    expect([cells.get(user(1)), cells.get(user(2))]).toEqual([idOf(4), idOf(5)]);
  });

  it("are those that were put there last, within the bound", () => {
    const cells = new CellShelf(MB, [1, 2]);
    for (let n = 0; n < 100_000; n++) {
      cells.set(user(n), idOf(n));
      if (n % 1_000 === 0) expect(cells.bytes).toBeLessThanOrEqual(MB);
    }
    let known = 0;
    while (cells.get(user(99_999 - known)) !== undefined) known += 1;
    expect(known).toBeGreaterThan(MB / 80);
    for (let n = 0; n < 100_000 - known; n++) expect(cells.get(user(n))).toBeUndefined();
  });

  it("have room for a turn's where there is none to speak of", () => {
    const cells = new CellShelf(1, [1, 2]);
    for (let n = 0; n < 20_000; n++) {
      cells.set(`user:${n.toString(36)}` as CellKey, null);
      if (n >= 1_000) expect(cells.get(`user:${(n - 1_000).toString(36)}` as CellKey)).toBeNull();
    }
  });

  it("are forgotten by a condition", () => {
    const cells = new CellShelf(MB, [1, 2]);
    for (let n = 0; n < 5_000; n++) cells.set(user(n), idOf(n));
    cells.deleteWhere((key) => key.endsWith("7"));
    for (let n = 0; n < 5_000; n++) expect(cells.get(user(n))).toBe(n % 10 === 7 ? undefined : idOf(n));
  });
});
