/** One past person against what the rules want of the present. */
import { expect, it } from "vitest";
import type { EventBlock, EventScan } from "../history/port.ts";
import { soundPlan } from "../language/compile/sound-rules-fixtures.ts";
import type { ProfileId } from "../model/ids.ts";
import { encodeBatch, splitBatch } from "../model/record-codec.ts";
import { createEvent, DAY_MS, NOW } from "../profile/profile-fixtures.ts";
import { viewAsOf } from "../profile/port.ts";
import { profileAsOf } from "./profile-as-of.ts";

const plan = soundPlan({
  "fields.yaml": "fields: {city: text}\n",
  "events/order_completed.yaml": "event: order_completed\nproperties: {total: money}\n",
  "segments/good.yaml": "segment: good\nwhen: sum of order_completed.total in last 30 days >= 100\n",
  "segments/parisian.yaml": "segment: parisian\nwhen: city = Paris\n",
});
const [id, absorbed] = ["0010199000000000000000a0", "0010199000000000000000a1"] as [ProfileId, ProfileId];

const asked: EventScan[] = [];

/** Of events in the order of their times, as history gives them. */
function historyOf(events: readonly ReturnType<typeof createEvent>[]) {
  return {
    async *events(scan: EventScan): AsyncGenerator<EventBlock> {
      asked.push(scan);
      for (const event of events) {
        const record = { kind: "event", profile: id, creates: false, event } as const;
        const [split] = splitBatch(encodeBatch({ firstPosition: 1, instant: NOW, records: [record] }));
        const bytes = Uint8Array.from(split?.record ?? []);
        yield { people: [id], ends: [bytes.length], bytes };
      }
    },
  };
}

it("has had an event once that two profiles which became one have both had", async () => {
  const order = createEvent("a", NOW - DAY_MS, { name: "order_completed", fields: { total: 60 } });
  const history = historyOf([order, order]);
  const profile = await profileAsOf(history, { id, absorbed: [absorbed], plan }, NOW);
  const good = plan.segments.indexOf("good");
  expect(viewAsOf(profile, plan, NOW).inSegment(good)).toBe(false);
});

it("is as it was, whatever its profile has let go of since, and knows nothing of what came later", async () => {
  const order = (messageId: string, daysAgo: number, total: number) =>
    createEvent(messageId, NOW - daysAgo * DAY_MS, { name: "order_completed", fields: { total } });
  const said = (messageId: string, daysAgo: number, city: string) =>
    createEvent(messageId, NOW - daysAgo * DAY_MS, { type: "identify", name: "identified", fields: { city } });
  const history = historyOf([
    order("a", 900, 60),
    said("b", 890, "Paris"),
    order("c", 880, 60),
    said("d", 10, "Lyon"),
    order("e", 5, 10),
  ]);
  const segmentsOf = async (daysAgo: number): Promise<readonly string[]> => {
    const at = NOW - daysAgo * DAY_MS;
    const view = viewAsOf(await profileAsOf(history, { id, absorbed: [absorbed], plan }, at), plan, at);
    return plan.segments.filter((_, index) => view.inSegment(index)).toSorted();
  };
  expect(await segmentsOf(891)).toEqual([]);
  expect(await segmentsOf(890)).toEqual(["parisian"]);
  expect(await segmentsOf(880)).toEqual(["good", "parisian"]);
  expect(await segmentsOf(869)).toEqual(["parisian"]);
  expect(await segmentsOf(1)).toEqual([]);
  expect(asked[0]?.profiles).toEqual([id, absorbed]);
  expect(asked[0]?.names?.toSorted()).toEqual(["group_joined", "identified", "order_completed", "rfm_scored"]);
});
