/** What operators ask of all nodes by any one of them: which plans there were, to go back to one, to pause and to stop. */
import { refusal, type Refusal } from "../control/refusal.ts";
import type { SteeringReport } from "../control/steering-port.ts";
import { decodePlan } from "../language/port.ts";
import { nearestName } from "../model/nearest-name.ts";
import type { Instant, NodeId } from "../model/ids.ts";
import { changeOrders, type OrderChange, sameOrders } from "../model/orders.ts";
import { parseSteering, type Steering, withOrders, withPlan } from "../model/steering.ts";
import type { Cluster } from "../shard/cluster-port.ts";
import type { Plans } from "../store/port.ts";
import { steer } from "./plan-steering.ts";

export interface SteeringParts {
  readonly plans: Plans;
  readonly cluster: Pick<Cluster, "activate" | "status" | "steered">;
  readonly node: NodeId;
  readonly now: () => Instant;
}

export interface SteeringQuestions {
  steering(): Promise<SteeringReport>;
  /** @param named the beginning of a digest, 6 characters or more */
  usePlan(named: string): Promise<SteeringReport | Refusal>;
  order(change: OrderChange): Promise<SteeringReport | Refusal>;
}

export function createSteeringQuestions({ plans, cluster, node, now }: SteeringParts): SteeringQuestions {
  async function report(steering: Steering): Promise<SteeringReport> {
    const plan = await plans.current();
    const { living, workers } = cluster.status();
    const pending = workers.flatMap(({ shards }) =>
      shards.flatMap((shard) =>
        shard.plan === plan && sameOrders(shard.orders, steering.orders) ? [] : [Number(shard.shard)],
      ),
    );
    return {
      ...(plan !== undefined && { plan }),
      plans: [...steering.plans],
      paused: [...steering.orders.paused],
      pausedChannels: [...steering.orders.pausedChannels],
      stopped: steering.orders.stopped,
      folders: living.flatMap((each) => {
        const own = steering.folders[each];
        return own === undefined ? [] : [{ node: each, plan: own }];
      }),
      pending: pending.sort((a, b) => a - b),
    };
  }

  async function triggersNow(): Promise<readonly string[]> {
    const plan = await plans.current();
    const bytes = plan === undefined ? undefined : await plans.get(plan);
    return bytes === undefined ? [] : (decodePlan(bytes).triggers ?? []).map(({ name }) => name);
  }

  return {
    steering: async () => report(parseSteering(await plans.steering())),
    async usePlan(named) {
      const known = [...new Set(parseSteering(await plans.steering()).plans.map(({ plan }) => plan))];
      const found = known.filter((plan) => plan.startsWith(named));
      const [plan] = found;
      if (plan === undefined) return refusal("not_found", `There was no plan ${named}; \`vif plans\` lists them.`);
      if (found.length > 1) return refusal("invalid_field", `Several plans begin with ${named}: write more of it.`);
      const bytes = await plans.get(plan);
      if (bytes === undefined) return refusal("not_found", `The plan ${named} is not in the store any more.`);
      // One of an earlier version cannot be read: it is refused here, before it is in force.
      try {
        decodePlan(bytes);
      } catch (error) {
        return refusal("invalid_field", error instanceof Error ? error.message : String(error));
      }
      const steering = await steer(plans, (before) => withPlan(before, { plan, since: now(), node, because: "order" }));
      await plans.setCurrent(plan);
      await cluster.activate(plan);
      return report(steering);
    },
    async order(change) {
      if (change.is === "pause" && "trigger" in change) {
        const triggers = await triggersNow();
        if (!triggers.includes(change.trigger)) {
          const near = nearestName(change.trigger, triggers);
          const hint = near === undefined ? "" : ` Did you mean ${near}?`;
          return refusal("not_found", `There is no trigger ${change.trigger}.${hint}`);
        }
      }
      const steering = await steer(plans, (before) => {
        const orders = changeOrders(before.orders, change);
        return orders === before.orders ? before : withOrders(before, orders);
      });
      cluster.steered();
      return report(steering);
    },
  };
}
