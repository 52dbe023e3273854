/** What operators have ordered of all nodes at once; each shard journals what it heeds. */
import { type Channel, CHANNELS } from "./message.ts";

export interface Orders {
  /** Triggers that do not fire, sorted by name. */
  readonly paused: readonly string[];
  /** Channels by which nothing goes out, in the order of CHANNELS. What is decided for them waits. */
  readonly pausedChannels: readonly Channel[];
  /** Nothing is set off at all. */
  readonly stopped: boolean;
}

export const NO_ORDERS: Orders = Object.freeze({
  paused: Object.freeze([]),
  pausedChannels: Object.freeze([]),
  stopped: false,
});

export type OrderChange =
  | { readonly is: "pause" | "resume"; readonly trigger: string }
  | { readonly is: "pause" | "resume"; readonly channel: Channel }
  | { readonly is: "stop" | "start" };

/** The orders after one more; the same object where it changes nothing. */
export function changeOrders(orders: Orders, change: OrderChange): Orders {
  switch (change.is) {
    case "pause":
    case "resume": {
      const isPaused = change.is === "pause";
      if ("trigger" in change) {
        const paused = switched(orders.paused, change.trigger, isPaused);
        return paused === undefined ? orders : { ...orders, paused: paused.sort() };
      }
      const paused = switched(orders.pausedChannels, change.channel, isPaused);
      if (paused === undefined) return orders;
      return { ...orders, pausedChannels: CHANNELS.filter((channel) => paused.includes(channel)) };
    }
    case "stop":
      return orders.stopped ? orders : { ...orders, stopped: true };
    case "start":
      return orders.stopped ? { ...orders, stopped: false } : orders;
  }
}

/** With or without one; undefined: it is so already. */
function switched<Name>(names: readonly Name[], name: Name, isIn: boolean): Name[] | undefined {
  if (names.includes(name) === isIn) return undefined;
  return isIn ? [...names, name] : names.filter((each) => each !== name);
}

/** As they were written, perhaps before channels could be paused. */
export function readOrders(written: Partial<Orders> | undefined): Orders {
  return written === undefined ? NO_ORDERS : { ...NO_ORDERS, ...written };
}

export function saysNothing({ paused, pausedChannels, stopped }: Orders): boolean {
  return !stopped && paused.length === 0 && pausedChannels.length === 0;
}

/** Whether two say the same. */
export function sameOrders(a: Orders, b: Orders): boolean {
  return a === b || textOf(a) === textOf(b);
}

function textOf({ paused, pausedChannels, stopped }: Orders): string {
  return `${stopped}\n${pausedChannels.join(" ")}\n${paused.join("\n")}`;
}
