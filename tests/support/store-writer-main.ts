/**
 * A process that appends to an embedded store as fast as it is answered, and prints each acknowledgement: for tests that
 * kill it. Lines: `ready`, then `<shard> <first position> <content>` once it is acknowledged, or `refused <message>`.
 *
 *   node store-writer-main.js <folder> <process|disk>
 */
import type { NodeId, ShardId } from "../../engine/model/ids.ts";
import { createEmbeddedStore } from "../../engine/store/embedded/embedded-store.ts";

const [folder = "", durability] = process.argv.slice(2);
const clock = { now: () => Date.now(), monotonicMs: () => performance.now() };

try {
  await writeForEver();
} catch (cause) {
  console.log(`refused ${cause instanceof Error ? cause.message : String(cause)}`);
}

async function writeForEver(): Promise<void> {
  const level = durability === "disk" ? "disk" : "process";
  const store = await createEmbeddedStore({ folder, shards: 4, durability: level, clock });
  const owned: { shard: ShardId; epoch: number; next: number }[] = [];
  for (const lease of await store.leases.readLeases()) {
    const epoch = await store.leases.claim(lease, "writer" as NodeId, 0);
    owned.push({ shard: lease.shard, epoch: epoch ?? 0, next: (await store.journal.last(lease.shard)) + 1 });
  }
  console.log("ready");
  for (let n = 0; ; n++) {
    const requests = owned.map(({ shard, epoch, next }) => {
      const content = `${shard}/${next}/${"x".repeat((n * 37) % 2000)}`;
      return { shard, epoch, firstPosition: next, count: 1, digest: n, bytes: Buffer.from(content) };
    });
    const outcomes = await store.journal.append(requests);
    const lines = owned.map((own, i) => {
      if (outcomes[i]?.is !== "ok") throw new Error(`shard ${own.shard}: ${outcomes[i]?.is}`);
      return `${own.shard} ${own.next++} ${requests[i]?.bytes.length}`;
    });
    process.stdout.write(`${lines.join("\n")}\n`);
    if (n % 50 !== 49) continue;
    for (const { shard, epoch, next } of owned) {
      const meta = Buffer.from(`meta of ${next - 1}`);
      await store.state.checkpoint({
        shard,
        epoch,
        watermark: next - 1,
        after: 0,
        journalEnd: next - 1,
        meta,
        profiles: [],
        cells: [],
        forgotten: [],
      });
      process.stdout.write(`checkpoint ${shard} ${next - 1}\n`);
    }
  }
}
