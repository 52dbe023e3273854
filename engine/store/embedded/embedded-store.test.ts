/** The embedded store keeps the hot store's contract at both of its levels. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "../../model/clock.ts";
import { describeHotStore } from "../contract.ts";
import type { StoreUnderTest } from "../contract.ts";
import type { HotStore } from "../port.ts";
import { connectEmbeddedStore, createEmbeddedStore } from "./embedded-store.ts";
import type { EmbeddedStore } from "./embedded-store.ts";

const clock: Clock = { now: () => Date.now(), monotonicMs: () => performance.now() };

async function openInOwnFolder(durability: "process" | "disk", shards: number): Promise<StoreUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), "vif-store-"));
  let store: EmbeddedStore | undefined;
  let clients: HotStore[] = [];
  async function closeAll() {
    for (const client of clients) await client.close();
    clients = [];
    await store?.close();
    store = undefined;
  }
  return {
    async connect() {
      store ??= await createEmbeddedStore({ folder, shards, durability, clock });
      const client = connectEmbeddedStore(store.openConnection(), clock);
      clients.push(client);
      return client;
    },
    async reopen() {
      await closeAll();
      // An existing store keeps its own number of shards.
      store = await createEmbeddedStore({ folder, shards: shards * 2, durability, clock });
      return store;
    },
    async close() {
      await closeAll();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

describeHotStore("embedded, disk", (shards) => openInOwnFolder("disk", shards));
describeHotStore("embedded, process", (shards) => openInOwnFolder("process", shards));
