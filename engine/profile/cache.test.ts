import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Event } from "../model/event.ts";
import type { ProfileId } from "../model/ids.ts";
import { applyEvent, bindIdentifier } from "./apply.ts";
import { ProfileCache, type RowsWanted } from "./cache.ts";
import { PackedProfiles, slabBytesUsual } from "./packed-profiles.ts";
import { bytesOf, createProfile, type Profile } from "./profile.ts";
import { createEvent, createPlan, NOW } from "./profile-fixtures.ts";
import { decodeProfile, encodeProfile } from "./row-codec.ts";
import { canonical } from "./summary.ts";

const plan = createPlan();

function id(n: number): ProfileId {
  return n.toString(16).padStart(24, "0") as ProfileId;
}

function profile(n: number): Profile {
  return createProfile(id(n), plan);
}

const one = bytesOf(profile(0));

const EVENTS = Array.from({ length: 12 }, (_, i) => createEvent(`m${i}`, NOW - i * 1000));

/** With something in it by which it is told from others. */
function busy(n: number): Profile {
  const each = profile(n);
  bindIdentifier(each, { kind: "user", value: `u${n}` }, "bound");
  for (let i = 0; i < 12; i++) applyEvent(each, EVENTS[i] as Event, NOW);
  return each;
}

describe("packed profiles", () => {
  it("are given back as they were, once, whatever was taken and dropped before", () => {
    const step = fc.tuple(fc.constantFrom("put", "put", "put", "take", "delete", "drop"), fc.nat({ max: 900 }));
    fc.assert(
      fc.property(fc.array(step, { minLength: 200, maxLength: 1200, size: "max" }), (steps) => {
        const packed = new PackedProfiles();
        const held = new Map<ProfileId, Profile>();
        for (const [what, n] of steps) {
          if (what === "put") {
            const each = busy(n);
            expect(packed.put(each)).toBe(true);
            held.set(each.id, each);
          } else if (what === "take") {
            const taken = packed.take(id(n));
            const known = held.get(id(n));
            expect(taken === undefined).toBe(known === undefined);
            if (taken !== undefined && known !== undefined) expect(canonical(taken)).toEqual(canonical(known));
            held.delete(id(n));
          } else if (what === "delete") expect(packed.delete(id(n))).toBe(held.delete(id(n)));
          else if (n < 3) {
            const before = packed.size;
            const dropped = packed.dropOldest();
            expect(before - packed.size).toBe(dropped);
            for (const known of [...held.values()]) {
              const left = packed.take(known.id);
              if (left === undefined) held.delete(known.id);
              else packed.put(left);
            }
          }
          expect(packed.size).toBe(held.size);
        }
        for (const [each, known] of held) expect(canonical(packed.take(each) as Profile)).toEqual(canonical(known));
        expect(packed.size).toBe(0);
      }),
      { numRuns: 5 },
    );
  });

  it("keep what their plan has worked out of them", () => {
    const packed = new PackedProfiles();
    const [worked, fresh] = [busy(1), busy(2)];
    worked.memo = [0, -1, 2 ** 31 - 1, -(2 ** 31)];
    packed.put(worked);
    packed.put(fresh);
    expect(packed.take(worked.id)?.memo).toEqual(worked.memo);
    expect(packed.take(fresh.id)?.memo).toBeUndefined();
  });

  it("keep whoever is dirty, as dirty, until it is clean", () => {
    const packed = new PackedProfiles();
    for (let n = 0; n < 9000; n++) {
      const each = busy(n);
      each.dirty = n % 3 === 0;
      each.wakeUp = n;
      packed.put(each);
    }
    const slabs = Math.ceil(packed.bytes / slabBytesUsual);
    for (let n = 0; n < slabs; n++) packed.dropOldest();
    for (let n = 0; n < 9000; n += 3) expect(packed.wakeUpOf(id(n))).toBe(n);
    expect(packed.size).toBeLessThan(4500);
    packed.clean(id(3));
    expect([packed.take(id(0))?.dirty, packed.take(id(3))?.dirty]).toEqual([true, false]);
    for (let n = 6; n < 9000; n += 3) packed.clean(id(n));
    for (let n = 0; n < slabs; n++) packed.dropOldest();
    expect(packed.size).toBeLessThan(1500);
  });

  it("do not keep the room of what was taken out", () => {
    const packed = new PackedProfiles();
    for (let n = 0; n < 8000; n++) packed.put(busy(n));
    const full = packed.bytes;
    for (let n = 0; n < 8000; n++) if (n % 10 !== 0) packed.take(id(n));
    expect(packed.bytes).toBeLessThan((full * 2) / 3);
    for (let n = 0; n < 8000; n += 10) expect(packed.take(id(n))?.identifiers[0]?.value).toBe(`u${n}`);
  });

  it("do not take in what fills a large part of a slab", () => {
    const large = profile(1);
    for (let n = 0; n < 3000; n++) applyEvent(large, createEvent(`m${n}`, NOW - n), NOW);
    expect(new PackedProfiles(32 * 1024).put(large)).toBe(false);
  });
});

describe("a profile cache", () => {
  it("keeps more as rows than it could hold open, within its bound, and whoever is dirty", () => {
    const bytesMax = 4 * 1024 * 1024;
    const cache = new ProfileCache(bytesMax);
    const open = bytesOf(busy(1));
    for (let n = 0; n < 8_000; n++) {
      const each = busy(n);
      each.position = n;
      each.dirty = n < 5;
      cache.put(each);
      if (n % 50 === 0) cache.trim();
    }
    cache.trim();
    expect(cache.bytes).toBeLessThanOrEqual(bytesMax);
    expect(cache.size).toBeGreaterThan((1.5 * bytesMax) / open);
    for (let n = 0; n < 5; n++) expect(cache.get(id(n))?.dirty).toBe(true);
    let found = 0;
    for (let n = 7_999; n >= 5; n--) {
      const each = cache.get(id(n));
      if (each === undefined) break;
      expect([each.position, each.identifiers[0]?.value, each.ids.count]).toEqual([n, `u${n}`, 12]);
      found += 1;
    }
    expect(found).toBe(cache.size - 5);
    cache.trim();
    expect(cache.bytes).toBeLessThanOrEqual(bytesMax);
    cache.deleteWhere(() => true);
    expect(cache.size).toBe(0);
  });

  it("gives the store whoever is dirty as they are, open or not, and loses nobody that it has not told clean", () => {
    const step = fc.tuple(
      fc.constantFrom("change", "change", "change", "read", "store", "trim") as fc.Arbitrary<string>,
      fc.nat({ max: 40 }),
    );
    fc.assert(
      fc.property(fc.array(step, { minLength: 50, maxLength: 300, size: "max" }), (steps) => {
        const cache = new ProfileCache(4 * 1024 * 1024, { openBytes: 0 });
        const model = new Map<ProfileId, Profile>();
        const dirty = new Set<ProfileId>();
        for (const [i, [what, n]] of steps.entries()) {
          if (what === "change") {
            const known = cache.get(id(n));
            const each = known ?? profile(n);
            if (known === undefined) cache.put(each);
            applyEvent(each, createEvent(`m${i}`, NOW + i), NOW + i);
            each.wakeUp = NOW + i;
            each.dirty = true;
            cache.resized(each);
            dirty.add(each.id);
            model.set(each.id, decodeProfile(encodeProfile(each), plan, each.id));
          } else if (what === "read")
            expect(cache.peek(id(n))?.dirty).toBe(model.has(id(n)) ? dirty.has(id(n)) : undefined);
          else if (what === "store") {
            const rows = cache.rowsOf(dirty, { rows: n, open: 5, bytes: 2_000 });
            expect(rows.map((row) => row.id)).toEqual([...dirty].slice(0, rows.length));
            for (const { id: each, row, wakeUp } of rows) {
              expect(Buffer.from(row)).toEqual(Buffer.from(encodeProfile(model.get(each) as Profile)));
              expect(wakeUp).toBe(model.get(each)?.wakeUp);
              dirty.delete(each);
              cache.clean(each);
            }
          } else cache.trim();
        }
        expect(cache.size).toBe(model.size);
        for (const [each, known] of model) {
          const found = cache.lookUp(each);
          expect(typeof found === "number" ? found : found?.wakeUp).toBe(known.wakeUp);
          expect(canonical(cache.get(each) as Profile)).toEqual(canonical(known));
        }
      }),
      { numRuns: 20 },
    );
  });

  it("ends a piece at the first bound that it reaches", () => {
    const cache = new ProfileCache(8 * 1024 * 1024, { openBytes: 0 });
    const ids = Array.from({ length: 60 }, (_, n) => id(n));
    for (let n = 0; n < 60; n++) cache.put(busy(n));
    cache.trim(40);
    const row = encodeProfile(busy(59)).length;
    const rows = (wanted: Partial<RowsWanted>): number =>
      cache.rowsOf(ids, { rows: Infinity, open: Infinity, bytes: Infinity, ...wanted }).length;
    expect([rows({}), rows({ rows: 7 }), rows({ open: 5 }), rows({ bytes: 9.5 * (row + 64) })]).toEqual([
      60, 7, 45, 10,
    ]);
    expect(() => cache.rowsOf([id(99)], { rows: 1, open: 1, bytes: 1 })).toThrow("has left the cache");
  });

  it("keeps whoever is dirty over its bound, says so, and lets them go once they are clean", () => {
    const cache = new ProfileCache(4 * 1024 * 1024, { openBytes: 0 });
    let many = 0;
    for (; !cache.overfull; many++) {
      const each = busy(many);
      each.dirty = true;
      cache.put(each);
      cache.trim();
    }
    for (let more = 0; more < 20; more++) cache.trim();
    expect([cache.overfull, cache.size]).toEqual([true, many]);
    for (let n = 0; n < many; n++) cache.clean(id(n));
    cache.trim();
    expect(cache.overfull).toBe(false);
    expect(cache.size).toBeGreaterThan(many / 2);
  });

  it("keeps a dirty profile open that is too large to be packed, and drops a clean one", () => {
    const cache = new ProfileCache(8 * 1024 * 1024, { openBytes: 0, slabBytes: 32 * 1024 });
    const large = [1, 2].map((n) => {
      const each = profile(n);
      for (let i = 0; i < 3000; i++) applyEvent(each, createEvent(`m${i}`, NOW - i), NOW);
      each.dirty = n === 1;
      cache.put(each);
      return each;
    });
    cache.trim();
    expect([...cache]).toEqual(large.slice(0, 1));
    cache.clean(id(1));
    cache.trim();
    expect(cache.size).toBe(0);
  });

  it("packs before it is full, so that rows take no more room than open profiles left them", () => {
    const bytesMax = 8 * 1024 * 1024;
    const cache = new ProfileCache(bytesMax, { openBytes: 0 });
    const open = bytesOf(busy(1));
    const many = Math.floor((0.75 * bytesMax) / open);
    for (let n = 0; n < many; n++) {
      cache.put(busy(n));
      cache.trim();
    }
    expect([...cache].length * open).toBeLessThanOrEqual(bytesMax / 2);
    expect(cache.size).toBe(many);
    expect(cache.get(id(0))?.identifiers[0]?.value).toBe("u0");
  });

  it("packs no more at a time than it is told while there is room, and all that it must where there is none", () => {
    const cache = new ProfileCache(8 * 1024 * 1024, { openBytes: 0 });
    for (let n = 0; n < 100; n++) cache.put(busy(n));
    cache.trim(30);
    expect([...cache].map((each) => each.id)).toEqual(Array.from({ length: 70 }, (_, n) => id(n + 30)));
    expect(cache.size).toBe(100);
    for (let n = 100; cache.bytes <= cache.bytesMax; n++) cache.put(busy(n));
    cache.trim(0);
    expect(cache.overfull).toBe(false);
  });

  it("drops the least recently used until its bound holds", () => {
    const cache = new ProfileCache(one * 3);
    for (const n of [1, 2, 3, 4, 5]) cache.put(profile(n));
    expect(cache.overfull).toBe(true);
    cache.get(id(1));
    cache.peek(id(2));
    expect(cache.trim()).toBe(2);
    expect([...cache].map((each) => each.id)).toEqual([id(4), id(5), id(1)]);
    expect(cache.overfull).toBe(false);
  });

  it("keeps what is dirty and says that it is overfull", () => {
    const cache = new ProfileCache(one);
    const dirty = profile(1);
    dirty.dirty = true;
    cache.put(dirty);
    cache.put(profile(2));
    cache.put(profile(3));
    cache.trim();
    expect([...cache].map((each) => each.id)).toEqual([id(1)]);
    dirty.dirty = true;
    for (let n = 0; n < 50; n++) applyEvent(dirty, createEvent(`m${n}`, NOW), NOW);
    cache.resized(dirty);
    cache.trim();
    expect(cache.overfull).toBe(true);
    expect(cache.bytes).toBe(bytesOf(dirty));
    dirty.dirty = false;
    cache.trim();
    expect([cache.size, cache.bytes]).toEqual([0, 0]);
  });

  it("holds what a plain map with an order of use would, whatever is done to it", () => {
    const step = fc.oneof(
      fc.tuple(fc.constantFrom("put", "get", "delete", "grow") as fc.Arbitrary<string>, fc.nat({ max: 7 })),
      fc.constant(["trim", 0] as [string, number]),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const cache = new ProfileCache(one * 4);
        const model = new Map<ProfileId, Profile>();
        for (const [what, n] of steps) {
          const known = model.get(id(n));
          if (what === "put") {
            const each = profile(n);
            cache.put(each);
            model.delete(each.id);
            model.set(each.id, each);
          } else if (what === "get") {
            expect(cache.get(id(n))).toBe(known);
            if (known !== undefined && model.delete(known.id)) model.set(known.id, known);
          } else if (what === "delete") expect(cache.delete(id(n))).toBe(model.delete(id(n)));
          else if (what === "grow" && known !== undefined) {
            for (let i = 0; i < 20; i++) applyEvent(known, createEvent(`m${i}`, NOW), NOW);
            cache.resized(known);
          } else if (what === "trim") {
            cache.trim();
            for (const each of model.values()) {
              if ([...model.values()].reduce((sum, other) => sum + bytesOf(other), 0) <= cache.bytesMax) break;
              model.delete(each.id);
            }
          }
          expect([...cache]).toEqual([...model.values()]);
          expect(cache.bytes).toBe([...model.values()].reduce((sum, each) => sum + bytesOf(each), 0));
        }
      }),
      { numRuns: 60 },
    );
  });

  it("forgets by a condition", () => {
    const cache = new ProfileCache(one * 10);
    for (const n of [1, 2, 3, 4]) cache.put(profile(n));
    cache.deleteWhere((each) => each === id(2) || each === id(3));
    expect([...cache].map((each) => each.id)).toEqual([id(1), id(4)]);
  });
});
