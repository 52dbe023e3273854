import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ProfileId } from "../model/ids.ts";
import { applyEvent } from "./apply.ts";
import { ProfileCache } from "./cache.ts";
import { bytesOf, createProfile, type Profile } from "./profile.ts";
import { createEvent, createPlan, NOW } from "./profile-fixtures.ts";

const plan = createPlan();

function id(n: number): ProfileId {
  return n.toString(16).padStart(24, "0") as ProfileId;
}

function profile(n: number): Profile {
  return createProfile(id(n), plan);
}

const one = bytesOf(profile(0));

describe("a profile cache", () => {
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
