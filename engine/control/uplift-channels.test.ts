/** By what rules reach people is told by the rules themselves. */
import { expect, it } from "vitest";
import { soundSource } from "../language/compile/sound-rules-fixtures.ts";
import { channelsOfRules } from "./uplift-channels.ts";

it("a trigger goes by its channels, a content of a loyalty rule by the till, any other by the web", () => {
  const source = soundSource({
    "fields.yaml": "fields: {city: text}\n",
    "events/order_completed.yaml": "event: order_completed\nproperties: {total: money}\n",
    "triggers/thanks.yaml": "trigger: thanks\non: order_completed\nsend: {template: t, by: [email, sms]}\n",
    "triggers/news.yaml": "trigger: news\non: order_completed\nsend: {template: t, by: email}\n",
    "content/hero.yaml": "content: hero\nfirst of: [{when: city = Paris, show: a}]\notherwise: b\n",
    "content/ticket.yaml": "content: ticket\nfirst of: [{when: city = Paris, show: a}]\notherwise: b\n",
    "loyalty/points.yaml":
      "loyalty: points\ncurrency: EUR\npoints: 1 per 1 EUR\nbalance: may be negative\nunmatched returns: at the rate\nsale: {print: ticket}\n",
  });
  expect(channelsOfRules(source)).toEqual({
    "trigger thanks": "email or sms",
    "trigger news": "email",
    "content hero": "web",
    "content ticket": "till",
  });
});
