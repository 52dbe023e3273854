/** The hot store as the configuration has it. Pure. */
import { join } from "node:path";
import type { Config } from "../config.ts";
import type { StoreSettings } from "../store/create-store.ts";

export function createStoreSettings(config: Config): StoreSettings {
  const { store, shards, durability, storeUnsafe, dataDir } = config;
  switch (store.kind) {
    case "embedded":
      return {
        kind: "embedded",
        folder: join(dataDir, "store"),
        shards,
        durability: durability === "process" ? "process" : "disk",
      };
    case "redis":
      return { kind: "redis", options: { url: store.url, shards, durability, unsafe: storeUnsafe } };
    case "redis-cluster":
      return { kind: "redis", options: { url: clusterUrl(store), shards, durability, unsafe: storeUnsafe } };
  }
}

function clusterUrl({ nodes, username, password }: Extract<Config["store"], { kind: "redis-cluster" }>): string {
  const hosts = nodes.map(({ host, port }) => `${host.includes(":") ? `[${host}]` : host}:${port}`);
  const user = encodeURIComponent(username ?? "");
  const who = password === undefined ? "" : `${user}:${encodeURIComponent(password)}@`;
  return `redis-cluster://${who}${hosts.join(",")}`;
}
