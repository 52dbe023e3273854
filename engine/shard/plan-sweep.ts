/**
 * A shard begins a new plan, or new orders: from that record on it decides by them. Everybody is then looked at with the
 * plan, a few in each turn (beside.ts): profiles in the store are met by a scan (upkeep.ts), those that are not stored yet by
 * name.
 */
import { type Lacking, type LackingSince, lackSince, lacksNothing } from "../model/lacking.ts";
import { type Orders, sameOrders } from "../model/orders.ts";
import type { Plan } from "../model/plan.ts";
import { lackingBetween } from "../profile/port.ts";
import type { Owned } from "./owned.ts";
import type { Shard } from "./shard.ts";
import type { Turn } from "./turn.ts";

/** What the shard will lack when it has begun the plan. */
export function lackingFor(shard: Shard, plan: Plan): LackingSince {
  const lacking = newlyLacking(shard, plan);
  return lacking === undefined ? shard.lacking : lackSince(shard.lacking, lacking, shard.position + 1);
}

/** What the plan reads that the one before did not; undefined of a shard's first plan, of which nobody can have a past. */
function newlyLacking(shard: Shard, plan: Plan): Lacking | undefined {
  const isFirst = shard.plans.length === 0;
  return isFirst || shard.plan.digest === plan.digest ? undefined : lackingBetween(shard.plan, plan);
}

/**
 * From this record on the shard decides with `plan`, but for what it lacks of the past; and where that plan has begun
 * already, with what has been gathered since.
 * @param held the plan with what rests on something lacking held back
 */
export function beginPlan(owned: Owned, turn: Turn, plan: Plan, held: (lacking: LackingSince) => Plan): void {
  const { shard } = owned;
  owned.planWanted = false;
  if (shard.plans.length === 0 || shard.plan.digest !== plan.digest) {
    const lacking = newlyLacking(shard, plan);
    const isLacking = lacking !== undefined && !lacksNothing(lacking);
    turn.emit({ kind: "plan", digest: plan.digest, ...(isLacking && { lacking }) });
  }
  shard.plan = held(shard.lacking);
  shard.beginSweep();
  // What the store does not have yet is not met by a scan of it.
  owned.sweepIds = [...new Set(shard.unstoredProfiles())];
  owned.sweepNext = undefined;
}

/** From this record on the shard heeds `orders`. */
export function heedOrders(owned: Owned, turn: Turn, orders: Orders): void {
  owned.ordersWanted = false;
  if (!sameOrders(orders, owned.shard.orders)) turn.emit({ kind: "control", orders });
}
