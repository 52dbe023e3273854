/**
 * How the drainer's thread reaches the hot store that the engine runs on: settings that travel to the thread, and the
 * store made of them there. One of the files that know concrete parts.
 */
import type { MessagePort } from "node:worker_threads";
import type { Clock } from "../model/clock.ts";
import type { EmbeddedConnection } from "../store/embedded/embedded-store.ts";
import { connectEmbeddedStore } from "../store/embedded/embedded-store.ts";
import type { HotStore } from "../store/port.ts";

export type DrainStoreSettings =
  /** `EmbeddedStore.openConnection()`, made for this thread alone. */
  { readonly kind: "embedded"; readonly connection: EmbeddedConnection };

export function createDrainedStore(settings: DrainStoreSettings, clock: Clock): HotStore {
  switch (settings.kind) {
    case "embedded":
      return connectEmbeddedStore(settings.connection, clock);
  }
}

/** What must be transferred with the settings. */
export function portsOf(settings: DrainStoreSettings): readonly MessagePort[] {
  return settings.kind === "embedded" ? [settings.connection.port] : [];
}
