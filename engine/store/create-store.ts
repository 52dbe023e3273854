/**
 * The hot store that a setting names: made once a process by the main thread, and connected to by every other thread. Each
 * adapter is loaded only when it is wanted.
 */
import type { MessagePort } from "node:worker_threads";
import type { Clock } from "../model/clock.ts";
import type { EmbeddedConnection } from "./embedded/embedded-store.ts";
import type { HotStore } from "./port.ts";
import type { createRedisStore } from "./redis/redis-store.ts";

type RedisStoreOptions = Parameters<typeof createRedisStore>[0];

export type StoreSettings =
  | {
      readonly kind: "embedded";
      readonly folder: string;
      readonly shards: number;
      readonly durability: "process" | "disk";
    }
  | { readonly kind: "redis"; readonly options: RedisStoreOptions };

/** What a thread needs to connect; travels as, or within, its `workerData`. */
export type StoreConnection =
  | { readonly kind: "embedded"; readonly connection: EmbeddedConnection }
  | { readonly kind: "redis"; readonly options: RedisStoreOptions };

export interface MadeStore {
  readonly store: HotStore;
  /** For one more thread. */
  connection(): StoreConnection;
}

/**
 * Rejects with SetupError when the store is unfit, with StoreUnavailable when it is away.
 * @param onFailure the store has ended by itself: every write fails from then on
 */
export async function createStore(
  settings: StoreSettings,
  clock: Clock,
  onFailure: (cause: Error) => void,
): Promise<MadeStore> {
  switch (settings.kind) {
    case "embedded": {
      const { createEmbeddedStore } = await import("./embedded/embedded-store.ts");
      const { folder, shards, durability } = settings;
      const store = await createEmbeddedStore({ folder, shards, durability, clock, onFailure });
      return { store, connection: () => ({ kind: "embedded", connection: store.openConnection() }) };
    }
    case "redis": {
      const { createRedisStore } = await import("./redis/redis-store.ts");
      const store = await createRedisStore(settings.options);
      return { store, connection: () => ({ kind: "redis", options: settings.options }) };
    }
  }
}

export async function connectStore(connection: StoreConnection, clock: Clock): Promise<HotStore> {
  switch (connection.kind) {
    case "embedded": {
      const { connectEmbeddedStore } = await import("./embedded/embedded-store.ts");
      return connectEmbeddedStore(connection.connection, clock);
    }
    case "redis": {
      const { createRedisStore } = await import("./redis/redis-store.ts");
      return createRedisStore(connection.options);
    }
  }
}

/** What must be transferred with a connection. */
export function portsOf(connection: StoreConnection): readonly MessagePort[] {
  return connection.kind === "embedded" ? [connection.connection.port] : [];
}
