/** What the night works out of a customer, and who may not say it in its stead. */
import { expect, it } from "vitest";
import type { JsonObject } from "../model/event.ts";
import type { ProfileId } from "../model/ids.ts";
import { RFM_SOURCE } from "../model/rfm.ts";
import { applyEvent } from "./apply.ts";
import { createProfile } from "./profile.ts";
import { createEvent, createPlan } from "./profile-fixtures.ts";

const plan = createPlan({
  attributes: [
    { name: "group", type: "text" },
    { name: "rfm.group", type: "text" },
    { name: "rfm.recency", type: "number" },
  ],
  streams: [],
  aggregates: [],
  segments: [],
});

function told(...events: readonly (readonly [type: "track" | "identify", source: string, fields: JsonObject])[]) {
  const profile = createProfile("1.a" as ProfileId, plan);
  const changes = events.map(([type, source, fields], n) =>
    applyEvent(profile, createEvent(`m${n}`, n + 1, { type, name: "rfm_scored", source, fields }), n + 1),
  );
  return { values: [0, 1, 2].map((index) => profile.attribute(index)), changes };
}

it("is what the night's own event says, under `rfm.`, until the next one says otherwise or that there is nothing", () => {
  const scored = { recency: 5, frequency: 2, monetary: 1, group: "potential" };
  const { values, changes } = told(["track", RFM_SOURCE, scored]);
  expect(values).toEqual([undefined, "potential", 5]);
  expect(changes).toEqual([{ kind: "event", event: "rfm_scored", attributes: [1, 2] }]);
  expect(told(["track", RFM_SOURCE, scored], ["track", RFM_SOURCE, { recency: 4, group: "loyal" }]).values).toEqual([
    undefined,
    "loyal",
    4,
  ]);
  expect(told(["track", RFM_SOURCE, scored], ["track", RFM_SOURCE, { recency: null, group: null }]).values).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

it("is nothing that a sender can say, by a trait or by an event of the same name", () => {
  const { values, changes } = told(
    ["identify", "shop-server", { "rfm.group": "champions", "rfm.recency": 5, group: "mine" }],
    ["track", "shop-server", { recency: 5, group: "champions" }],
  );
  expect(values).toEqual(["mine", undefined, undefined]);
  expect(changes[1]).toEqual({ kind: "event", event: "rfm_scored", attributes: [] });
});
