/**
 * The embedded store when things go wrong: killed processes, folders that are taken, unwritable or full. Disks of a few
 * megabytes need the right to mount one; without it those tests are skipped.
 */
import { spawn, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SetupError, StoreUnavailable } from "../../model/errors.ts";
import type { NodeId } from "../../model/ids.ts";
import { threadEntry } from "../../model/thread-entry.ts";
import { batch, checkpoint, own, row, profile, shard, text } from "../contract-fixtures.ts";
import { createEmbeddedStore } from "./embedded-store.ts";

const clock = { now: () => Date.now(), monotonicMs: () => performance.now() };
const writer = threadEntry(import.meta.url, "../../../tests/support/store-writer-main");

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), "vif-store-"));
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

function open(at = folder, durability: "process" | "disk" = "disk") {
  return createEmbeddedStore({ folder: at, shards: 4, durability, clock });
}

interface Writer {
  readonly lines: string[];
  /** Resolves when that many lines have come. */
  reached(lines: number): Promise<void>;
  kill(): Promise<void>;
}

function startWriter(durability: string): Writer {
  const child = spawn(process.execPath, [writer.pathname, folder, durability], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const lines: string[] = [];
  let rest = "";
  let onLines = () => {};
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    const parts = (rest + chunk).split("\n");
    rest = parts.pop() ?? "";
    lines.push(...parts);
    onLines();
  });
  return {
    lines,
    reached: (count) =>
      new Promise((resolve, reject) => {
        onLines = () => void (lines.length >= count && resolve());
        void exited.then(() => reject(new Error(`the writer ended: ${lines.at(-1)}`)));
        onLines();
      }),
    async kill() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

describe("a process that is killed", () => {
  test.each(["process", "disk"] as const)(
    "loses nothing acknowledged at level %s, and its folder is free at once",
    async (durability) => {
      const acknowledged = [0, 0, 0, 0];
      const watermarks = [0, 0, 0, 0];
      for (const enough of [50, 500, 3000]) {
        const running = startWriter(durability);
        await running.reached(enough);
        await running.kill();
        for (const line of running.lines) {
          const [first = "", second = "", third = ""] = line.split(" ");
          if (first === "checkpoint") watermarks[Number(second)] = Number(third);
          else if (first !== "ready") acknowledged[Number(first)] = Number(second);
        }
        const store = await open(folder, durability);
        for (const [index, last] of acknowledged.entries()) {
          const s = shard(index);
          const end = await store.journal.last(s);
          expect(end).toBeGreaterThanOrEqual(last);
          const positions: number[] = [];
          for (let after = 0; after < end; after = positions.at(-1) ?? end) {
            for (const { firstPosition, bytes } of await store.journal.read(s, after, 1e6)) {
              positions.push(firstPosition);
              expect(text(bytes)).toMatch(new RegExp(`^${index}/${firstPosition}/x*$`));
            }
          }
          expect(positions).toEqual(Array.from({ length: end }, (_, i) => i + 1));
          const meta = await store.state.loadMeta(s);
          expect(meta?.watermark ?? 0).toBeGreaterThanOrEqual(watermarks[index] ?? 0);
          if (meta !== undefined) expect(text(meta.meta)).toBe(`meta of ${meta.watermark}`);
        }
        await store.close();
      }
    },
    60_000,
  );
});

describe("a folder that is taken", () => {
  test("by another process is refused by name, and free once that has ended", async () => {
    const running = startWriter("process");
    await running.reached(1);
    const refusal = await open().catch((cause: unknown) => cause);
    expect(refusal).toBeInstanceOf(SetupError);
    expect((refusal as SetupError).message).toContain(folder);
    await running.kill();
    await (await open()).close();
  });

  test("by this process is refused too", async () => {
    const store = await open();
    await expect(open()).rejects.toThrow(folder);
    await store.close();
    await (await open()).close();
  });

  test("is taken by one only of many that start at once after a kill", async () => {
    const running = startWriter("process");
    await running.reached(1);
    await running.kill();
    const all = await Promise.allSettled([open(), open(), open(), open()]);
    const stores = all.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
    expect(stores).toHaveLength(1);
    for (const store of stores) await store.close();
  });

  test("may have a path too long for a socket's name", async () => {
    const long = join(folder, "a-folder-with-a-long-name-".repeat(3), "and-one-in-it-".repeat(4));
    const store = await open(long);
    await expect(open(long)).rejects.toThrow(SetupError);
    await store.close();
  });
});

describe("a folder that is unfit", () => {
  test("because a file stands in its place is refused by name", async () => {
    const path = join(folder, "file");
    fs.writeFileSync(path, "");
    await expect(open(path)).rejects.toThrow(SetupError);
    await expect(open(path)).rejects.toThrow(path);
  });

  test("because its tree is no tree, or has been cut short, is refused by name", async () => {
    const store = await open();
    const epoch = await own(store, shard(0));
    const rows = Array.from({ length: 500 }, (_, n) => row(profile(shard(0), n), "r".repeat(500)));
    await store.state.checkpoint(checkpoint(shard(0), epoch, { watermark: 1, profiles: rows }));
    await store.close();
    const tree = join(folder, "state", "data.mdb");
    fs.truncateSync(tree, 60_000);
    await expect(open()).rejects.toThrow(SetupError);
    fs.writeFileSync(tree, "x".repeat(100_000));
    await expect(open()).rejects.toThrow(SetupError);
    await expect(open()).rejects.toThrow(folder);
  });
});

describe("a folder of which a part is gone", () => {
  test.each(["journal", "state"])("is refused by name when that is the %s", async (part) => {
    const store = await open();
    const epoch = await own(store, shard(0));
    await store.journal.append([batch(shard(0), epoch, 1, "one")]);
    await store.state.checkpoint(checkpoint(shard(0), epoch, { watermark: 1 }));
    await store.close();
    fs.rmSync(join(folder, part), { recursive: true });
    const refusal = await open().catch((cause: unknown) => cause);
    expect(refusal).toBeInstanceOf(SetupError);
    expect((refusal as SetupError).message).toContain(folder);
    expect((refusal as SetupError).remedy).toMatch(/rebuilt from the history/);
  });
});

const mountMissing = (() => {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "needs the right to mount a file system";
  const probe = fs.mkdtempSync(join(tmpdir(), "vif-mount-"));
  const works = spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", probe]).status === 0;
  if (works) spawnSync("umount", [probe]);
  fs.rmdirSync(probe);
  return works ? undefined : "mounting a file system does not work here";
})();

describe.skipIf(mountMissing !== undefined)(`on a small disk ${mountMissing ?? ""}`, () => {
  beforeEach(() => void spawnSync("mount", ["-t", "tmpfs", "-o", "size=12m", "tmpfs", folder]));
  afterEach(() => void spawnSync("umount", ["-l", folder]));

  function fillDisk(): string {
    const filler = join(folder, "filler");
    const descriptor = fs.openSync(filler, "w");
    try {
      for (const size of [65_536, 4096]) for (;;) if (fs.writeSync(descriptor, Buffer.alloc(size)) < size) break;
    } catch {
      // Full.
    } finally {
      fs.closeSync(descriptor);
    }
    return filler;
  }

  test("an append that finds it full is unavailable, says so, and succeeds when there is space", async () => {
    const store = await open();
    const s = shard(0);
    const epoch = await own(store, s);
    await store.journal.append([batch(s, epoch, 1, "before")]);
    const filler = fillDisk();
    const requests = [batch(s, epoch, 2, "y".repeat(1_500_000)), batch(shard(1), 1, 1, "not owned")];
    const failure = await store.journal.append(requests).catch((cause: unknown) => cause);
    expect(failure).toBeInstanceOf(StoreUnavailable);
    expect((failure as Error).message).toMatch(/disk is full/);
    expect((failure as Error).message).toContain(folder);
    expect(await store.journal.last(s)).toBe(1);
    await expect(store.journal.append(requests)).rejects.toThrow(StoreUnavailable);
    fs.rmSync(filler);
    expect((await store.journal.append(requests)).map(({ is }) => is)).toEqual(["ok", "fenced"]);
    expect((await store.journal.append(requests)).map(({ is }) => is)).toEqual(["already", "fenced"]);
    await store.close();
    const again = await open();
    expect((await again.journal.read(s, 0, 1e7)).map(({ bytes }) => bytes.length)).toEqual([6, 1_500_000]);
    await again.close();
  });

  test("a checkpoint that finds it full is unavailable, changes nothing, and succeeds when there is space", async () => {
    const store = await open();
    const s = shard(0);
    const epoch = await own(store, s);
    const ids = Array.from({ length: 100 }, (_, n) => profile(s, n));
    const piece = (watermark: number, content: string) =>
      checkpoint(s, epoch, { watermark, profiles: ids.map((id) => row(id, content)) });
    await store.state.checkpoint(piece(1, "small"));
    const filler = fillDisk();
    const failure = await store.state.checkpoint(piece(2, "large".repeat(1000))).catch((cause: unknown) => cause);
    expect(failure).toBeInstanceOf(StoreUnavailable);
    expect((failure as Error).message).toMatch(/disk is full/);
    expect((await store.state.loadMeta(s))?.watermark).toBe(1);
    expect((await store.state.loadProfiles(s, ids)).every((each) => text(each) === "small")).toBe(true);
    expect((await store.leases.readLeases())[s]?.epoch).toBe(epoch);
    fs.rmSync(filler);
    expect(await store.state.checkpoint(piece(2, "large".repeat(1000)))).toBe("ok");
    expect((await store.state.loadProfiles(s, ids)).every((each) => each?.length === 5000)).toBe(true);
    await store.close();
  });

  test("that is full from the start the store is refused by name", async () => {
    fillDisk();
    await expect(open()).rejects.toThrow(SetupError);
    await expect(open()).rejects.toThrow(/full/);
  });

  test("that is read-only the store is refused by name", async () => {
    await (await open()).close();
    spawnSync("mount", ["-o", "remount,ro", folder]);
    const refusal = await open().catch((cause: unknown) => cause);
    expect(refusal).toBeInstanceOf(SetupError);
    expect((refusal as SetupError).message).toContain(folder);
    expect((refusal as SetupError).message).toMatch(/not writable/);
  });
});

describe("two threads of the store", () => {
  test("never let a former owner write once a claim is answered, however it is raced", async () => {
    const store = await open(folder, "process");
    const s = shard(2);
    for (let round = 0; round < 30; round++) {
      const old = await own(store, s, "old" as NodeId);
      const start = (await store.journal.last(s)) + 1;
      const racing = [0, 1, 2, 3].map((n) => store.journal.append([batch(s, old, start + n, "racing")]));
      const epoch = await own(store, s, "new" as NodeId);
      const late = await store.journal.append([batch(s, old, (await store.journal.last(s)) + 1, "late")]);
      expect(late).toEqual([{ is: "fenced", epoch }]);
      expect(await store.state.checkpoint(checkpoint(s, old, { watermark: 1 }))).toBe("fenced");
      for (const [outcome] of await Promise.all(racing)) expect(["ok", "fenced"]).toContain(outcome?.is);
    }
    await store.close();
  });
});
