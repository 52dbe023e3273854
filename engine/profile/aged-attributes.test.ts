/** What is kept of fields for so long only. */
import { expect, it } from "vitest";
import type { Event } from "../model/event.ts";
import type { ProfileId } from "../model/ids.ts";
import { applyEvent } from "./apply.ts";
import { clearAged, saidIn } from "./attributes.ts";
import { createProfile } from "./profile.ts";
import { createEvent, createPlan } from "./profile-fixtures.ts";

const plan = createPlan({
  attributes: [
    { name: "city", type: "text" },
    { name: "tier", type: "text" },
  ],
  streams: [],
  aggregates: [],
  segments: [],
});

function said(id: string, at: number, fields: Event["fields"]): Event {
  return createEvent(id, at, { type: "identify", fields });
}

it("goes when it was said before, and nothing older takes its place", () => {
  const profile = createProfile("1.a" as ProfileId, plan);
  applyEvent(profile, said("m1", 100, { city: "Lyon", tier: "gold" }), 100);
  const values = () => [0, 1].map((index) => profile.attribute(index));
  for (const before of [{ city: 100 }, { town: 1_000 }, {}])
    expect(clearAged(profile.attributes, plan.attributes, before)).toEqual({ held: profile.attributes, changed: [] });
  const { held, changed } = clearAged(profile.attributes, plan.attributes, { city: 101 });
  expect(changed).toEqual([0]);
  profile.attributes = held;
  expect(values()).toEqual([undefined, "gold"]);
  // Cleared already.
  expect(clearAged(held, plan.attributes, { city: 1_000 }).changed).toEqual([]);
  applyEvent(profile, said("m0", 50, { city: "Rome", tier: "silver" }), 100);
  expect(values()).toEqual([undefined, "gold"]);
  applyEvent(profile, said("m2", 102, { city: "Nice" }), 102);
  expect(values()).toEqual(["Nice", "gold"]);
});

it("is said by identify calls, and of an account by group calls", () => {
  expect(saidIn("city")).toEqual([{ name: "identified", trait: "city" }]);
  expect(saidIn("account.size")).toEqual([
    { name: "identified", trait: "account.size" },
    { name: "group_joined", trait: "size" },
  ]);
  expect(saidIn("account.id")).toContainEqual({ name: "group_joined", trait: "groupId" });
  expect(saidIn("rfm.group")).toEqual([]);
});
