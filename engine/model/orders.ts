/** What operators have ordered of all nodes at once; each shard journals what it heeds. */

export interface Orders {
  /** Triggers that do not fire, sorted by name. */
  readonly paused: readonly string[];
  /** Nothing is set off at all. */
  readonly stopped: boolean;
}

export const NO_ORDERS: Orders = Object.freeze({ paused: Object.freeze([]), stopped: false });
