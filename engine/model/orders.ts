/** What operators have ordered of all nodes at once; each shard journals what it heeds. */

export interface Orders {
  /** Triggers that do not fire, sorted by name. */
  readonly paused: readonly string[];
  /** Nothing is set off at all. */
  readonly stopped: boolean;
}

export const NO_ORDERS: Orders = Object.freeze({ paused: Object.freeze([]), stopped: false });

export type OrderChange =
  | { readonly is: "pause" | "resume"; readonly trigger: string }
  | { readonly is: "stop" | "start" };

/** The orders after one more; the same object where it changes nothing. */
export function changeOrders(orders: Orders, change: OrderChange): Orders {
  switch (change.is) {
    case "pause":
      if (orders.paused.includes(change.trigger)) return orders;
      return { ...orders, paused: [...orders.paused, change.trigger].sort() };
    case "resume":
      if (!orders.paused.includes(change.trigger)) return orders;
      return { ...orders, paused: orders.paused.filter((name) => name !== change.trigger) };
    case "stop":
      return orders.stopped ? orders : { ...orders, stopped: true };
    case "start":
      return orders.stopped ? { ...orders, stopped: false } : orders;
  }
}

/** Whether two say the same. */
export function sameOrders(a: Orders, b: Orders): boolean {
  return a === b || (a.stopped === b.stopped && a.paused.join("\n") === b.paused.join("\n"));
}
