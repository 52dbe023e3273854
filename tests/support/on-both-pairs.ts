/** One test on both pairs of stores, embedded, and Redis with PostgreSQL: a live store, another one, and the history beside. */
import { join } from "node:path";
import { it } from "vitest";
import { createHistory, type HistorySettings } from "../../engine/history/create-history.ts";
import type { History } from "../../engine/history/port.ts";
import type { Instant } from "../../engine/model/ids.ts";
import { createStore, type StoreSettings } from "../../engine/store/create-store.ts";
import type { HotStore } from "../../engine/store/port.ts";
import { pairMissing } from "./node-pair.ts";
import { createDatabase } from "./postgres-database.ts";
import { startRedis } from "./redis-server.ts";
import { createTestFolder, removeTestFolder } from "./test-folder.ts";

const TEST_MS_MAX = 240_000;

export interface BothPairs {
  /** Of folder and database: letters. */
  readonly name: string;
  readonly shards: number;
  /** What the stores' clock says. */
  readonly now: Instant;
  /** What the test says of either pair. */
  readonly titles: { readonly embedded: string; readonly pair: string };
  /** To be called last first, after each test. */
  readonly closers: (() => unknown)[];
}

export interface Pair {
  readonly store: HotStore;
  readonly history: History;
  /** Opens an empty store of the same kind: of as many shards, or of so many. */
  openOther(shards?: number): Promise<HotStore>;
}

export function onBothPairs(
  { name, shards, now, titles, closers }: BothPairs,
  test: (pair: Pair) => Promise<void>,
): void {
  async function open(settings: StoreSettings): Promise<HotStore> {
    const { store } = await createStore(settings, { now: () => now, monotonicMs: () => performance.now() }, (cause) => {
      throw cause;
    });
    closers.push(() => store.close());
    return store;
  }

  /** @param next the settings of another store each time */
  async function testOn(next: (shards: number) => Promise<StoreSettings>, settings: HistorySettings): Promise<void> {
    const history = await createHistory(settings);
    closers.push(() => history.close());
    const openNext = async (count = shards): Promise<HotStore> => open(await next(count));
    await test({ store: await openNext(), history, openOther: openNext });
  }

  it(
    titles.embedded,
    async () => {
      const folder = createTestFolder(name);
      closers.push(() => removeTestFolder(folder));
      let stores = 0;
      const next = async (count: number): Promise<StoreSettings> => {
        stores += 1;
        return { kind: "embedded", folder: join(folder, `${stores}`), shards: count, durability: "process" };
      };
      await testOn(next, { kind: "embedded", file: join(folder, "history.duckdb") });
    },
    TEST_MS_MAX,
  );

  it.skipIf(pairMissing !== undefined)(
    `${titles.pair} ${pairMissing ?? ""}`,
    async () => {
      const database = await createDatabase(`vif_${name}`);
      closers.push(() => database.close());
      const next = async (count: number): Promise<StoreSettings> => {
        const redis = await startRedis();
        closers.push(() => redis.close());
        return { kind: "redis", options: { url: redis.url, shards: count, durability: "process", unsafe: false } };
      };
      await testOn(next, { kind: "postgres", url: database.url });
    },
    TEST_MS_MAX,
  );
}
