/** The company that a customer belongs to, as group calls tell of it. */
import { expect, it } from "vitest";
import { applyEvent } from "./apply.ts";
import { createProfile } from "./profile.ts";
import { createEvent, createPlan } from "./profile-fixtures.ts";
import type { JsonObject } from "../model/event.ts";
import type { ProfileId } from "../model/ids.ts";

const plan = createPlan({
  attributes: [
    { name: "account.id", type: "text" },
    { name: "account.plan", type: "text" },
    { name: "plan", type: "text" },
  ],
  streams: [],
  aggregates: [],
  segments: [],
});

function told(...events: readonly (readonly ["group" | "identify", number, JsonObject])[]) {
  const profile = createProfile("1.a" as ProfileId, plan);
  const changes = events.map(([type, at, fields], n) =>
    applyEvent(profile, createEvent(`m${n}`, at, { type, name: "group_joined", fields }), at),
  );
  return { values: [0, 1, 2].map((index) => profile.attribute(index)), changes };
}

it("is known by the traits of a group call, under `account.`", () => {
  const { values, changes } = told(["group", 1, { groupId: "g1", plan: "pro", other: 1 }]);
  expect(values).toEqual(["g1", "pro", undefined]);
  expect(changes[0]).toEqual({ kind: "event", event: "group_joined", attributes: [0, 1] });
});

it("is the one of the last call, in whatever order calls come, and no trait of the person", () => {
  const calls = [
    ["group", 2, { groupId: "g2", plan: "free" }],
    ["group", 1, { groupId: "g1", plan: "pro" }],
    ["identify", 3, { plan: "gold" }],
  ] as const;
  expect(told(...calls).values).toEqual(["g2", "free", "gold"]);
  expect(told(...calls.toReversed()).values).toEqual(["g2", "free", "gold"]);
});
