import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Event } from "../model/event.ts";
import type { ProfileId } from "../model/ids.ts";
import { applyEvent, bindIdentifier } from "./apply.ts";
import { ProfileCache } from "./cache.ts";
import { PackedProfiles } from "./packed-profiles.ts";
import { bytesOf, createProfile, type Profile } from "./profile.ts";
import { createEvent, createPlan, NOW } from "./profile-fixtures.ts";
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
            expect(before - packed.size).toBe(dropped ?? 0);
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
    expect(new PackedProfiles().put(large)).toBe(false);
  });
});

describe("a profile cache", () => {
  it("keeps more as rows than it could hold open, within its bound, and what is dirty open", () => {
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

  it("packs before it is full, so that rows take no more room than open profiles left them", () => {
    const bytesMax = 8 * 1024 * 1024;
    const cache = new ProfileCache(bytesMax, undefined, 0);
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
    const cache = new ProfileCache(8 * 1024 * 1024, undefined, 0);
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
