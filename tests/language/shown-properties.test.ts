/** What a message shows of the event that set it off, from the file of a template to the record of the decision. */
import { describe, expect, it } from "vitest";
import { checkRules, encodePlan, loadPlan } from "../../engine/language/port.ts";
import { shownListMax, shownValueCharsMax } from "../../engine/model/message-limits.ts";
import type { EventName, JsonObject } from "../../engine/model/event.ts";
import { digestText } from "../../engine/model/hash.ts";
import type { ProfileId, SourceId } from "../../engine/model/ids.ts";
import { decodeRecord } from "../../engine/model/record-codec.ts";
import { writeRecord } from "../../engine/model/record-form.ts";
import { ByteWriter } from "../../engine/model/byte-buffer.ts";
import { applyDecided, applyEvent, createProfile, setOff } from "../../engine/profile/port.ts";

const FILES = [
  { path: "fields.yaml", text: "fields: {first_name: text}\n" },
  {
    path: "events/ordered.yaml",
    text: "event: ordered\nproperties: {order_id: text, total: {type: money, currency: EUR}, products.name: list, cart.size: number, coupon: text}\n",
  },
  {
    path: "triggers/thanks.yaml",
    text: 'trigger: thanks\non: ordered\nsend: {template: thanks, by: "best of [sms, whatsapp]"}\ncategory: transactional\n',
  },
  {
    path: "../templates/sms/thanks.hbs",
    text: '---\nen: {text: "{{event.order_id}} {{money event.total \\"EUR\\"}} {{#each event.products.name}}{{this}}{{/each}}"}\n---\n',
  },
  {
    path: "../templates/whatsapp/thanks.hbs",
    text: '---\nen: {text: "{{first_name}}, {{number event.cart.size}}", cloud: a}\n---\n',
  },
];

function intentAfter(fields: JsonObject) {
  const { plan: source, problems } = checkRules(FILES);
  if (source === undefined) throw new Error(JSON.stringify(problems));
  const plan = loadPlan(encodePlan(source));
  const profile = createProfile("0000000000000000000000aa" as ProfileId, plan);
  const event = {
    type: "track",
    name: "ordered" as EventName,
    source: "s" as SourceId,
    messageId: "m",
    digest: digestText("m"),
    bodyHash: 0,
    identifiers: [],
    proved: true,
    timestamp: 1_000,
    fields,
    body: "",
  } as const;
  applyEvent(profile, event, 1_000);
  const [decided] = setOff(profile, { event, flips: [], since: undefined, at: 1_000 });
  if (decided === undefined) throw new Error("nothing was set off");
  // As it is journalled, and as the agenda has it.
  const writer = new ByteWriter();
  writeRecord(writer, decided);
  const read = decodeRecord(writer.bytes.subarray(0, writer.at));
  if (read.kind !== "decided") throw new Error(read.kind);
  applyDecided(profile, read, 1_000);
  return profile.agenda.waiting[0]?.intent;
}

describe("a decision", () => {
  it("carries what its templates show of the event, of all channels, and nothing else of it", () => {
    const products = [{ name: "Alma boots", price: 89 }, { sku: "nameless" }, { name: "Rivage" }];
    const fields = { order_id: "W-1", total: 59.9, products, cart: { size: 2, secret: "x" }, coupon: "SPRING" };
    expect(intentAfter(fields)?.event).toEqual({
      order_id: "W-1",
      total: 599_000,
      "products.name": ["Alma boots", "Rivage"],
      "cart.size": 2,
    });
  });

  it("takes no value of another type, and none that is inherited", () => {
    expect(intentAfter({ order_id: 12, total: "59.90", products: "boots", cart: [] })?.event).toBeUndefined();
    expect(intentAfter(JSON.parse('{"order_id": "W-1", "cart": {"__proto__": {"size": 3}}}'))?.event).toEqual({
      order_id: "W-1",
    });
  });

  it("is bounded, whatever is sent", () => {
    const products = Array.from({ length: 500 }, (_, n) => ({ name: `${n}`.repeat(500) }));
    const event = intentAfter({ order_id: "x".repeat(10_000), products })?.event ?? {};
    expect(String(event["order_id"])).toHaveLength(shownValueCharsMax + 1);
    expect(event["products.name"]).toHaveLength(shownListMax);
    expect(JSON.stringify(event).length).toBeLessThan((shownListMax + 1) * (shownValueCharsMax + 10));
  });
});
