/**
 * The reading half of the embedded store: each thread looks straight into the shared memory map, which costs about a
 * microsecond and no hop. A commit is visible from before its answer is sent, so a read sees everything that was answered;
 * at level `disk` it becomes visible only when it is flushed.
 */
import { StoreUnavailable } from "../../model/errors.ts";
import type { PlanDigest, ProfileId, ShardId } from "../../model/ids.ts";
import type { Journal, Leases, Plans, ShardState } from "../port.ts";
import {
  cellKeyBytes,
  currentPlanKey,
  journalFloorKey,
  journalKey,
  journalRange,
  leaseKey,
  metaKey,
  nodeOfKey,
  nodesRange,
  planKey,
  positionOfJournalKey,
  profileKey,
  profileOfKey,
  profilesAfter,
  wakeUpOfKey,
  wakeUpsUntil,
} from "./key-layout.ts";
import type { ReadTree } from "./lmdb-tree.ts";
import {
  decodeLease,
  decodeNode,
  decodePosition,
  META_HEADER_BYTES,
  readBatch,
  readWakeUp,
  readWatermark,
  ROW_HEADER_BYTES,
} from "./value-layout.ts";

/** More nodes than any cluster has. */
const nodesMax = 4096;

export type EmbeddedReads = Pick<Journal, "read" | "last"> &
  Pick<ShardState, "loadMeta" | "loadProfiles" | "loadCells" | "due" | "scan"> &
  Pick<Leases, "readLeases" | "readNodes"> & {
    readonly readPlan: Plans["get"];
    readonly readCurrentPlan: Plans["current"];
  };

export function createEmbeddedReads(tree: ReadTree, shards: number): EmbeddedReads {
  return {
    read: (shard, after, bytesMax) =>
      reading(() =>
        tree
          .entriesUpToBytes({ start: journalKey(shard, after + 1), end: journalRange(shard).end }, bytesMax)
          .map(({ key, value }) => readBatch(positionOfJournalKey(key), value)),
      ),
    last: (shard) =>
      reading(() => {
        const end = tree.lastKey(journalRange(shard));
        return end === undefined ? decodePosition(tree.get(journalFloorKey(shard))) : positionOfJournalKey(end);
      }),
    loadMeta: (shard) =>
      reading(() => {
        const value = tree.get(metaKey(shard));
        return value && { watermark: readWatermark(value), meta: value.subarray(META_HEADER_BYTES) };
      }),
    loadProfiles: (shard, ids) =>
      reading(() =>
        tree.getAll(ids.map((id) => profileKey(shard, id))).map((value) => value?.subarray(ROW_HEADER_BYTES)),
      ),
    loadCells: (shard, cells) =>
      reading(() => tree.getAll(cells.map((cell) => cellKeyBytes(shard, cell))).map(readProfileId)),
    due: (shard, until, limit) => reading(() => tree.keys(wakeUpsUntil(shard, until), limit).map(wakeUpOfKey)),
    scan: (shard, cursor, limit) =>
      reading(() =>
        tree.entries(profilesAfter(shard, cursor), limit).map(({ key, value }) => ({
          id: profileOfKey(key),
          row: value.subarray(ROW_HEADER_BYTES),
          wakeUp: readWakeUp(value),
        })),
      ),
    readLeases: () =>
      reading(() => {
        const all = Array.from({ length: shards }, (_, shard) => shard as ShardId);
        return tree
          .getAll(all.map(leaseKey))
          .map((value, shard) => ({ shard: shard as ShardId, ...decodeLease(value) }));
      }),
    readNodes: () =>
      reading(() =>
        tree.entries(nodesRange(), nodesMax).map(({ key, value }) => ({ node: nodeOfKey(key), ...decodeNode(value) })),
      ),
    readPlan: (digest) => reading(() => tree.get(planKey(digest))),
    readCurrentPlan: () => reading(() => tree.get(currentPlanKey())?.toString("utf8") as PlanDigest | undefined),
  };
}

function readProfileId(value: Buffer | undefined): ProfileId | undefined {
  return value?.toString("hex") as ProfileId | undefined;
}

function reading<T>(read: () => T): Promise<T> {
  try {
    return Promise.resolve(read());
  } catch (cause) {
    return Promise.reject(new StoreUnavailable("The embedded hot store could not be read.", { cause }));
  }
}
