/** Follows what steers all nodes, as the store keeps it: workers heed its orders, and nodes that differ are told of. */
import type { NodeId } from "../model/ids.ts";
import type { Orders } from "../model/orders.ts";
import { differingFolders, parseSteering } from "../model/steering.ts";

export interface SteeringWatch {
  /** The text as it was just read. */
  /** @returns what a store that has lost it is to be given back; undefined: nothing */
  read(text: string | undefined): string | undefined;
}

export function createSteeringWatch(options: {
  readonly order: (orders: Orders) => void;
  readonly living: () => readonly NodeId[];
  readonly onNote: (note: string) => void;
}): SteeringWatch {
  let last: string | undefined;
  let told: string | undefined;
  let isRead = false;
  return {
    read(text) {
      // A store that has lost it has not taken anything back.
      if (text === undefined && last !== undefined) return last;
      const steering = parseSteering(text);
      if (!isRead || text !== last) options.order(steering.orders);
      isRead = true;
      last = text;
      const differing = differingFolders(steering, options.living());
      if (differing !== undefined && differing !== told)
        options.onNote(`nodes have different rules in their folders, and the plan saved last decides: ${differing}`);
      told = differing;
      return undefined;
    },
  };
}
