/**
 * The data folder's disk: full under load, read-only at the start, and taking no writes any more while the engine runs. What
 * cannot be stored is not acknowledged; when the disk takes writes again the engine goes on by itself.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { writeCountingRules } from "../support/counting-rules.ts";
import { createEngineProcess } from "../support/engine-process.ts";
import type { EngineProcess } from "../support/engine-process.ts";
import { expectExactlyOnce } from "../support/exactly-once.ts";
import { readDuckDbRows } from "../support/history-rows.ts";
import { startLedgerClient } from "../support/ledger-client.ts";
import type { LedgerClient } from "../support/ledger-client.ts";
import { createSmallDisk, mountMissing } from "../support/small-disk.ts";
import type { SmallDisk } from "../support/small-disk.ts";
import { createTestFolder, removeTestFolder } from "../support/test-folder.ts";
import { FAULT_RUN_MS_MAX, until } from "../support/waiting.ts";

const DISK_MB = 192;
/** Makes an event large, so that what a disk has left is used up soon. */
const FILLER_BYTES = 4_000;
const LIMITED = spawnSync("prlimit", ["--version"]).status === 0 ? undefined : "prlimit is not installed";

let folder = "";
let engine: EngineProcess | undefined;

beforeEach(() => {
  folder = createTestFolder("data-folder");
  writeCountingRules(join(folder, "rules"));
});

afterEach(async () => {
  await engine?.kill();
  engine = undefined;
  removeTestFolder(folder);
});

describe.skipIf(mountMissing !== undefined)(`on a small disk ${mountMissing ?? ""}`, () => {
  let disk: SmallDisk | undefined;

  beforeEach(() => {
    disk = createSmallDisk(DISK_MB);
  });

  afterEach(async () => {
    await engine?.kill();
    disk?.close();
  });

  test("a full disk refuses nothing for good and loses nothing", { timeout: FAULT_RUN_MS_MAX }, async () => {
    if (disk === undefined) throw new Error("there is no disk");
    const data = join(disk.folder, "data");
    const running = await createEngineProcess({ rules: join(folder, "rules"), folder: data });
    engine = running;
    await running.start();
    const pid = running.pid();
    const client = startLedgerClient({ name: "full", urls: [running.streamUrl], seed: 17, fillerBytes: FILLER_BYTES });
    await client.untilAcknowledged(500);
    const ready = async (): Promise<number> => (await fetch(`http://127.0.0.1:${running.port}/readyz`)).status;
    const stalled = async (): Promise<string | undefined> =>
      /^vif_store_stalled (\d)$/m.exec(await (await fetch(`http://127.0.0.1:${running.port}/metrics`)).text())?.[1];
    expect([await ready(), await stalled()]).toEqual([200, "0"]);
    disk.fill();
    await untilStuck(client);
    expect([await ready(), await stalled()]).toEqual([503, "1"]);
    await running.untilSaid(/the store takes no records: .*(?:ENOSPC|space)/);
    expect((await running.status()).trouble).toMatch(/ENOSPC|space/);
    disk.free();
    await client.untilAcknowledged(500);
    await running.untilReady();
    await running.untilSaid("the store takes records again");
    expect(running.isRunning() && running.pid() === pid, running.output()).toBe(true);
    const file = join(data, "history.duckdb");
    await expectExactlyOnce({ client, engines: [running], readHistory: () => readDuckDbRows(file) });
  });

  test("on a full disk an engine stops at once, all the same", { timeout: FAULT_RUN_MS_MAX }, async () => {
    if (disk === undefined) throw new Error("there is no disk");
    const running = await createEngineProcess({ rules: join(folder, "rules"), folder: join(disk.folder, "data") });
    engine = running;
    await running.start();
    const client = startLedgerClient({ name: "stop", urls: [running.streamUrl], seed: 19, fillerBytes: FILLER_BYTES });
    await client.untilAcknowledged(500);
    disk.fill();
    await untilStuck(client);
    const begunMs = performance.now();
    await running.stop();
    expect(performance.now() - begunMs).toBeLessThan(8_000);
    client.close();
  });

  test.each([
    ["that a node has used before", true],
    ["that is new", false],
  ])("a read-only folder %s is said so at the start, with the remedy", async (_, isUsed) => {
    if (disk === undefined) throw new Error("there is no disk");
    const data = isUsed ? join(disk.folder, "data") : disk.folder;
    const running = await createEngineProcess({ rules: join(folder, "rules"), folder: data });
    engine = running;
    if (isUsed) {
      await running.start();
      expect(await running.stop()).toBe(0);
    }
    disk.makeReadOnly();
    const before = running.output().length;
    running.launch();
    expect(await running.ended()).toBe(1);
    const said = running.output().slice(before);
    expect(said).toContain("Vif cannot start: ");
    expect(said).toContain(data);
    expect(said).toMatch(/not writable|cannot be written/);
    expect(said).toContain("Remedy: ");
    expect(said).not.toMatch(/\n\s+at /);
  });
});

/**
 * A file system with files open for writing cannot be made read-only from outside, so the process's own limit stands in: with
 * a largest file of 0 bytes every write to a file fails (EFBIG), into space that it has already, too.
 */
describe.skipIf(LIMITED !== undefined)(`a folder that takes no writes any more ${LIMITED ?? ""}`, () => {
  test("stops acknowledgements, not the engine; it goes on when it can", { timeout: FAULT_RUN_MS_MAX }, async () => {
    const data = join(folder, "data");
    const running = await createEngineProcess({ rules: join(folder, "rules"), folder: data });
    engine = running;
    await running.start();
    const client = startLedgerClient({ name: "unwritable", urls: [running.streamUrl], seed: 18 });
    for (let time = 0; time < 2; time++) {
      await client.untilAcknowledged(500);
      limitFiles(running.pid(), "0");
      await untilStuck(client);
      limitFiles(running.pid(), "unlimited");
      await client.untilAcknowledged(500);
    }
    expect(running.isRunning(), running.output()).toBe(true);
    const file = join(data, "history.duckdb");
    await expectExactlyOnce({ client, engines: [running], readHistory: () => readDuckDbRows(file) });
  });
});

/** The soft limit only: it may be raised again by anybody. */
function limitFiles(pid: number, bytes: string): void {
  const { status, stderr } = spawnSync("prlimit", ["--pid", String(pid), `--fsize=${bytes}:`], { encoding: "utf8" });
  expect(status, stderr).toBe(0);
}

/** Every sender waits, or is told to. */
async function untilStuck(client: LedgerClient): Promise<void> {
  await until(
    () => `nothing is acknowledged any more; ${client.ledger.summary()}`,
    () => client.stillMs() > 2_000,
  );
}
