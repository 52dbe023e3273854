/**
 * What all nodes are steered by, kept in the store as one text: what operators have ordered, which plans were in force, and
 * which rules each node has in its folder. Whoever changes it has seen what it changes (a compare-and-set), and all nodes
 * read it once a second.
 */
import { steeringPlansMax } from "../limits-of-rules.ts";
import type { Instant, NodeId, PlanDigest } from "./ids.ts";
import { NO_ORDERS, type Orders, readOrders } from "./orders.ts";

export interface Steering {
  readonly orders: Orders;
  /** The latest last; the last is in force. */
  readonly plans: readonly PlanEntry[];
  /** By node: the plan that its own files make, as it last read them. */
  readonly folders: Readonly<Record<NodeId, PlanDigest>>;
}

export interface PlanEntry {
  readonly plan: PlanDigest;
  readonly since: Instant;
  readonly node: NodeId;
  /** A file was saved, or somebody has gone back to it. */
  readonly because: "files" | "order";
}

const NOTHING: Steering = Object.freeze({ orders: NO_ORDERS, plans: [], folders: {} });

/** @param text as the store keeps it; undefined: nothing was ever ordered */
export function parseSteering(text: string | undefined): Steering {
  if (text === undefined) return NOTHING;
  const steering = JSON.parse(text) as Steering;
  return { ...steering, orders: readOrders(steering.orders) };
}

/** The text that the store keeps. */
export function renderSteering(steering: Steering): string {
  return JSON.stringify(steering);
}

/** A plan comes into force; one that is in force already stays. */
export function withPlan(steering: Steering, entry: PlanEntry): Steering {
  if (steering.plans.at(-1)?.plan === entry.plan) return steering;
  return { ...steering, plans: [...steering.plans, entry].slice(-steeringPlansMax) };
}

/** What a node has read in its own folder. */
export function withFolder(steering: Steering, node: NodeId, plan: PlanDigest): Steering {
  if (steering.folders[node] === plan) return steering;
  return { ...steering, folders: { ...steering.folders, [node]: plan } };
}

export function withOrders(steering: Steering, orders: Orders): Steering {
  return { ...steering, orders };
}

/** The nodes among `living` whose rule files make another plan than those of the others, as one text; undefined: none. */
export function differingFolders({ folders }: Steering, living: readonly NodeId[]): string | undefined {
  const known = living.flatMap((node) => {
    const plan = folders[node];
    return plan === undefined ? [] : [[node, plan] as const];
  });
  if (new Set(known.map(([, plan]) => plan)).size < 2) return undefined;
  return known.map(([node, plan]) => `${node} has ${plan.slice(0, 8)}`).join(", ");
}
