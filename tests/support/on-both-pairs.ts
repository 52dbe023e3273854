/** One test on both pairs of stores, embedded, and Redis with PostgreSQL: two live stores of a pair and the history beside. */
import { join } from "node:path";
import { it } from "vitest";
import type { HistorySettings } from "../../engine/history/create-history.ts";
import type { StoreSettings } from "../../engine/store/create-store.ts";
import { pairMissing } from "./node-pair.ts";
import { createDatabase } from "./postgres-database.ts";
import { startRedis } from "./redis-server.ts";
import { createTestFolder, removeTestFolder } from "./test-folder.ts";

const TEST_MS_MAX = 240_000;

export interface BothPairs {
  /** Of folder and database: letters. */
  readonly name: string;
  readonly shards: number;
  /** What the test says of either pair. */
  readonly titles: { readonly embedded: string; readonly pair: string };
  /** To be called last first, after each test. */
  readonly closers: (() => unknown)[];
}

export function onBothPairs(
  { name, shards, titles, closers }: BothPairs,
  test: (store: StoreSettings, other: StoreSettings, history: HistorySettings) => Promise<void>,
): void {
  it(
    titles.embedded,
    async () => {
      const folder = createTestFolder(name);
      closers.push(() => removeTestFolder(folder));
      const store = (own: string): StoreSettings => ({
        kind: "embedded",
        folder: join(folder, own),
        shards,
        durability: "process",
      });
      await test(store("a"), store("b"), { kind: "embedded", file: join(folder, "history.duckdb") });
    },
    TEST_MS_MAX,
  );

  it.skipIf(pairMissing !== undefined)(
    `${titles.pair} ${pairMissing ?? ""}`,
    async () => {
      const [redis, other] = [await startRedis(), await startRedis()];
      closers.push(
        () => redis.close(),
        () => other.close(),
      );
      const database = await createDatabase(`vif_${name}`);
      closers.push(() => database.close());
      const store = ({ url }: { readonly url: string }): StoreSettings => ({
        kind: "redis",
        options: { url, shards, durability: "process", unsafe: false },
      });
      await test(store(redis), store(other), { kind: "postgres", url: database.url });
    },
    TEST_MS_MAX,
  );
}
