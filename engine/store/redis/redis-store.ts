import type { HotStore } from "../port.ts";
export function createRedisStore(_options: {
  url: string;
  shards: number;
  durability: string;
  unsafe: boolean;
}): Promise<HotStore> {
  return Promise.reject(new Error("stub"));
}
