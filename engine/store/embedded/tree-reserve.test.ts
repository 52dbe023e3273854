/** A tree whose file system takes no more writes refuses transactions, keeps what it has, and goes on when it can again. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { open } from "lmdb";
import { afterEach, beforeEach, expect, test } from "vitest";
import { threadEntry } from "../../model/thread-entry.ts";
import { pagesMax } from "./tree-reserve.ts";

const limited = spawnSync("prlimit", ["--version"]).status === 0;

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "vif-tree-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function key(number: number): Buffer {
  return Buffer.from(String(number).padStart(8, "0"));
}

/**
 * In a process of its own, since the limit is a process's, and since what went wrong once ended it. The tree is larger than
 * 10 MB; writes are refused and allowed again, many times, at random places of the tree.
 */
const REFUSED = `
const [treeModule, folder] = process.argv.slice(1);
const { openWriteTree } = await import(treeModule);
const { spawnSync } = await import("node:child_process");
const limit = (bytes) => spawnSync("prlimit", ["--pid", String(process.pid), "--fsize=" + bytes + ":"]);
const key = (number) => Buffer.from(String(number).padStart(8, "0"));
const put = (tree, from, count, letter) =>
  tree.commit(() => {
    for (let i = 0; i < count; i++) tree.put(key((from * 7919 + i * 131) % 4000), Buffer.alloc(3000, letter));
  });
const tree = openWriteTree(folder, "flushed");
tree.commit(() => {
  for (let i = 0; i < 4000; i++) tree.put(key(i), Buffer.alloc(3000, "a"));
});
let refused = 0;
for (let round = 0; round < 12; round++) {
  limit(0);
  for (let i = 0; i < 10; i++)
    try {
      put(tree, round * 10 + i, 20, "x");
    } catch (error) {
      if (error.code === "EFBIG") refused++;
    }
  limit("unlimited");
  put(tree, round, 20, "b");
}
let strange = 0;
for (let i = 0; i < 4000; i++) if (!["a", "b"].includes(String.fromCharCode(tree.get(key(i))[0]))) strange++;
await tree.close();
process.stdout.write(JSON.stringify({ refused, strange }));
`;

test.skipIf(!limited)(
  `refused writes leave the tree and the process as they were ${limited ? "" : "(prlimit is not installed)"}`,
  { timeout: 60_000 },
  () => {
    const module = threadEntry(import.meta.url, "./lmdb-tree").href;
    const args = ["--input-type=module", "-e", REFUSED, module, folder];
    const said = execFileSync(process.execPath, args, { encoding: "utf8" });
    expect(JSON.parse(said)).toEqual({ refused: 120, strange: 0 });
  },
);

const change = fc.record({
  number: fc.integer({ min: 0, max: 3_000 }),
  removed: fc.boolean(),
  // Up to several pages each; mostly what rows of profiles have.
  bytes: fc.oneof({ weight: 8, arbitrary: fc.integer({ min: 0, max: 1_500 }) }, fc.integer({ min: 0, max: 20_000 })),
});

test("no transaction takes more pages than are reserved for it", { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(change, { maxLength: 400 }), { maxLength: 12 }), async (transactions) => {
      const own = mkdtempSync(join(folder, "tree-"));
      const tree = open<Buffer, Buffer>({
        path: own,
        encoding: "binary",
        keyEncoding: "binary",
        cache: false,
        noSync: true,
      });
      const stats = () =>
        tree.getStats() as { readonly treeDepth: number; readonly lastPageNumber: number; readonly pageSize: number };
      for (const changes of transactions) {
        const pages = stats().lastPageNumber + 1;
        let bytes = 0;
        let depth = 0;
        tree.transactionSync(() => {
          for (const { number, removed, bytes: length } of changes) {
            if (removed) tree.removeSync(key(number));
            else tree.putSync(key(number), Buffer.alloc(length, number));
            bytes += removed ? 0 : 8 + length;
          }
          depth = stats().treeDepth;
        });
        const growth = { changes: changes.length, bytes, depth, pages, pageBytes: stats().pageSize };
        expect(stats().lastPageNumber + 1).toBeLessThanOrEqual(pages + pagesMax(growth));
      }
      await tree.close();
      rmSync(own, { recursive: true });
    }),
    { numRuns: 60 },
  );
});
