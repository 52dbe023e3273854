/** Rules of a brand that thanks for each order by a webhook, at once and whatever was consented to, and such an order. */
import { checkRules, encodePlan, loadPlan, type PlanSource } from "../../engine/language/port.ts";

export const thankingBytes = encodePlan(
  checkRules([
    { path: "fields.yaml", text: "fields: {city: text}\n" },
    { path: "events/order_completed.yaml", text: "event: order_completed\nproperties: {total: number}\n" },
    {
      path: "triggers/thanks.yaml",
      text: "trigger: thanks\non: order_completed\nsend: {template: thanks, by: webhook}\ncategory: transactional\n",
    },
  ]).plan as PlanSource,
);
export const thankingPlan = loadPlan(thankingBytes);
export const ORDER = { type: "track", event: "Order Completed", properties: { total: 10 } };
