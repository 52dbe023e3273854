import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteShelf } from "./byte-shelf.ts";

const SLAB_BYTES = 1024;

function put(shelf: ByteShelf<number>, key: string, value: string, tag = 0): boolean {
  const writer = shelf.begin();
  writer.text(key);
  shelf.endKey();
  writer.text(value);
  return shelf.put(tag);
}

function find(shelf: ByteShelf<number>, key: string): number {
  shelf.begin().text(key);
  return shelf.find();
}

function get(shelf: ByteShelf<number>, key: string): readonly [value: string, tag: number] | undefined {
  const slot = find(shelf, key);
  if (slot < 0) return undefined;
  const reader = shelf.read(slot);
  const value = reader.text();
  expect(reader.rest).toBe(0);
  return [value, shelf.tagOf(slot)];
}

describe("a shelf of bytes", () => {
  it("holds what a map would, whatever is put, taken out and dropped", () => {
    const step = fc.record({
      is: fc.constantFrom("put", "put", "put", "put", "delete", "delete", "drop", "forget"),
      key: fc.nat(300),
      length: fc.nat(40),
      tag: fc.nat(1),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 200, maxLength: 1500, size: "max" }), fc.nat(), (steps, seed) => {
        const shelf = new ByteShelf<number>(SLAB_BYTES, [seed, 1]);
        const model = new Map<string, readonly [value: string, tag: number]>();
        for (const [i, { is, key: number, length, tag }] of steps.entries()) {
          const key = `key ${number}`;
          if (is === "put") {
            const value = `${i}${"x".repeat(length)}`;
            expect(put(shelf, key, value, tag)).toBe(true);
            model.set(key, [value, tag]);
          } else if (is === "delete") {
            const slot = find(shelf, key);
            expect(slot >= 0).toBe(model.delete(key));
            if (slot >= 0) shelf.delete(slot);
          } else if (is === "forget" && number < 10) {
            const goes = (each: string): boolean => each.endsWith(String(number));
            shelf.deleteWhere((each) => goes(each.text()));
            for (const each of [...model.keys()]) if (goes(each)) model.delete(each);
          } else if (is === "drop" && number < 30) {
            const { size: before, slabs } = shelf;
            const stays = (value: string): boolean => number % 2 === 1 && Number.parseInt(value, 10) % 3 > 0;
            const dropped = shelf.dropOldest(number % 2 === 1 ? (value) => stays(value.text()) : undefined);
            expect(dropped === undefined).toBe(slabs === 0);
            for (const [each, [value]] of [...model]) {
              if (find(shelf, each) >= 0) continue;
              expect(stays(value)).toBe(false);
              model.delete(each);
            }
            expect(before - shelf.size).toBe(dropped ?? 0);
          }
          expect(shelf.size).toBe(model.size);
        }
        for (const [key, value] of model) expect(get(shelf, key)).toEqual(value);
      }),
      { numRuns: 30 },
    );
  });

  it("drops what was put there longest ago", () => {
    const shelf = new ByteShelf<number>(SLAB_BYTES, [1, 2]);
    for (let n = 0; n < 200; n++) put(shelf, `key ${n}`, "a value of some length");
    const dropped = shelf.dropOldest() as number;
    expect(dropped).toBeGreaterThan(10);
    for (let n = 0; n < 200; n++) expect(find(shelf, `key ${n}`) >= 0).toBe(n >= dropped);
  });

  it("drops of the oldest what may go, and has what may not behind the newest", () => {
    const shelf = new ByteShelf<number>(SLAB_BYTES, [1, 2]);
    for (let n = 0; n < 200; n++) put(shelf, `key ${n}`, `${n} a value of some length`);
    const oldest = Array.from({ length: 10 }, (_, n) => n);
    const isEven = (text: string): boolean => Number.parseInt(text, 10) % 2 === 0;
    expect(shelf.dropOldest((value) => isEven(value.text()))).toBeGreaterThan(5);
    expect(oldest.map((n) => find(shelf, `key ${n}`) >= 0)).toEqual(oldest.map((n) => n % 2 === 0));
    // Where they stand now the ones behind them are older.
    shelf.dropOldest();
    expect(oldest.map((n) => find(shelf, `key ${n}`) >= 0)).toEqual(oldest.map((n) => n % 2 === 0));
  });

  it("takes no more room where things of two tags come in turn", () => {
    const [apart, inTurn] = [new ByteShelf<number>(SLAB_BYTES, [1, 2]), new ByteShelf<number>(SLAB_BYTES, [1, 2])];
    for (let n = 0; n < 200; n++) put(apart, `key ${n}`, "a value of some length", n < 100 ? 0 : 1);
    for (let n = 0; n < 200; n++) put(inTurn, `key ${n}`, "a value of some length", n % 2);
    expect(inTurn.slabs).toBe(apart.slabs);
  });

  it("drops nothing of its only slab where anything may have to stay", () => {
    const shelf = new ByteShelf<number>(SLAB_BYTES, [1, 2]);
    put(shelf, "key", "value");
    expect([shelf.dropOldest(() => false), shelf.size]).toEqual([0, 1]);
  });

  it("gives back the room of what was taken out, and uses it again", () => {
    const shelf = new ByteShelf<number>(SLAB_BYTES, [1, 2]);
    const fill = (): void => {
      for (let n = 0; n < 3_000; n++) put(shelf, `key ${n}`, "a value of some length");
    };
    fill();
    const full = shelf.bytes;
    for (let n = 0; n < 3_000; n++) if (n % 10 !== 0) shelf.delete(find(shelf, `key ${n}`));
    expect(shelf.bytes).toBeLessThan((full * 2) / 3);
    for (let round = 0; round < 5; round++) fill();
    expect(shelf.bytes).toBeLessThan(full * 1.5);
  });

  it("does not take in what fills a large part of a slab, and has nothing under its key then", () => {
    const shelf = new ByteShelf<number>(SLAB_BYTES, [1, 2]);
    expect(put(shelf, "key", "short")).toBe(true);
    expect(put(shelf, "key", "x".repeat(SLAB_BYTES / 4))).toBe(false);
    expect([shelf.size, find(shelf, "key")]).toEqual([0, -1]);
  });
});
