/**
 * A backup of which a shard could not be drained is refused: it names the shard and why, and leaves nothing. What a drainer
 * says of its shards is given; history and folders are real.
 */
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createEmbeddedHistory } from "../history/embedded/duckdb-history.ts";
import type { History } from "../history/port.ts";
import { journalRows } from "../history/history-fixtures.ts";
import { SetupError } from "../model/errors.ts";
import type { ShardId } from "../model/ids.ts";
import type { BackupOptions } from "./backup-folder.ts";
import { checkBackup, createBackups } from "./backup-folder.ts";
import type { DrainFacts } from "./node-report.ts";

const SHARDS = 4;
const END = 20;
const at = Date.UTC(2026, 2, 1);

let place: string;
let history: History;
beforeEach(async () => {
  place = mkdtempSync(join(tmpdir(), "vif-backup-"));
  history = await createEmbeddedHistory({ file: join(place, "data", "history.duckdb") });
});
afterEach(async () => {
  await history.close();
  rmSync(place, { recursive: true });
});

type Told = DrainFacts["shards"][number];

/** All shards drained up to `END`, but for what is said of one. */
function drainStatus(one?: Partial<Told>): Told[] {
  return Array.from({ length: SHARDS }, (_, number) => {
    const shard = number as ShardId;
    const drained = { shard, state: "draining" as const, drained: END, lagRecords: 0, lagMs: 0 };
    return shard === one?.shard ? { ...drained, ...one } : drained;
  });
}

/** Before its flush a drainer has said that all is well: as of a second ago. */
function backupsOf(flushed: readonly Told[], more: Partial<BackupOptions> = {}) {
  let shards: readonly Told[] = drainStatus();
  return createBackups({
    history,
    isEmbedded: true,
    drainer: {
      flush: async () => void (shards = flushed),
      status: () => ({ shards }),
    },
    journal: { last: async () => END },
    dataDir: join(place, "data"),
    shards: SHARDS,
    now: () => at,
    ...more,
  });
}

describe("a backup", () => {
  it("is made when every shard is drained, though more has come since", async () => {
    const rows = journalRows(0, 1, END);
    const [from, to] = [
      { epoch: 0, position: 0 },
      { epoch: 1, position: END },
    ];
    await history.drain([{ shard: 0 as ShardId, from, to, rows }]);
    const folder = join(place, "first");
    const busy = drainStatus({ shard: 2 as ShardId, drained: END + 5, lagRecords: 100, lagMs: 3 });
    expect(await backupsOf(busy)(folder)).toMatchObject({ at, shards: SHARDS });
    expect(await checkBackup(folder, SHARDS)).toMatchObject({ at });
    expect(readdirSync(place).toSorted()).toEqual(["data", "first"]);
  });

  it.each<readonly [string, readonly Told[], string]>([
    [
      "that cannot be read",
      drainStatus({ shard: 2 as ShardId, state: "unreadable", drained: END }),
      "Shard 2 is not drained: its journal is unreadable.",
    ],
    [
      "of which records were lost",
      drainStatus({ shard: 0 as ShardId, state: "hole", drained: 3 }),
      "Shard 0 is not drained: its journal is hole.",
    ],
    [
      "that nothing is told of",
      drainStatus().filter(({ shard }) => shard !== 3),
      "Shard 3 is not drained: it is not this engine's at present.",
    ],
    [
      "that was ours again in the middle of the flush",
      drainStatus({ shard: 1 as ShardId, drained: END - 1, lagRecords: 1 }),
      "Shard 1 is not drained: history has come to 19 of 20.",
    ],
    [
      "that is not the only one",
      [],
      "Shard 0 is not drained: it is not this engine's at present. 3 more of 4 are not drained either.",
    ],
  ])("with a shard %s is refused, with the remedy, and nothing is left", async (_what, flushed, text) => {
    const folder = join(place, "first");
    const refused: unknown = await backupsOf(flushed)(folder).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(SetupError);
    expect(refused).toMatchObject({ message: text, remedy: expect.stringContaining("`vif doctor`") as string });
    expect(readdirSync(place)).toEqual(["data"]);
    // Nothing is in the way of the next one.
    expect(await backupsOf(drainStatus())(folder)).toMatchObject({ at });
  });

  it("of a history that is others' as well is none of an engine's, whosever the shards are", async () => {
    const folder = join(place, "first");
    const refused = backupsOf([], { isEmbedded: false })(folder);
    await expect(refused).rejects.toThrow("History is in PostgreSQL");
    expect(existsSync(folder)).toBe(false);
  });
});
