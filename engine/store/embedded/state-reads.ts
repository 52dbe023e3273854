/**
 * The reading of state, leases, plans and products: each thread looks straight into the shared memory map, which costs about a
 * microsecond and no hop. A commit is visible from before its answer is sent, so a read sees everything that was answered;
 * at level `disk` it becomes visible only when it is flushed.
 */
import { StoreUnavailable } from "../../model/errors.ts";
import type { PlanDigest, ProfileId, ShardId } from "../../model/ids.ts";
import { RECEIPT_CELL_PREFIX } from "../../model/receipt.ts";
import type { Leases, Plans, Products, ShardState } from "../port.ts";
import {
  cellKeyBytes,
  cellOfKey,
  cellsAfter,
  currentPlanKey,
  leaseKey,
  metaKey,
  modelKey,
  modelPieceKey,
  nodeOfKey,
  nodesRange,
  numberOfLineKey,
  productHeadKey,
  productLineAfter,
  PROFILE_ID_BYTES,
  partOfKey,
  planKey,
  steeringKey,
  profileKey,
  profileOfKey,
  profilesAfter,
  unfilledRange,
  wakeUpOfKey,
  wakeUpsUntil,
} from "./key-layout.ts";
import type { ReadTree } from "./lmdb-tree.ts";
import {
  decodeLease,
  decodeModel,
  decodeProductChange,
  decodeProductHead,
  decodeNode,
  META_HEADER_BYTES,
  readWakeUp,
  readWatermark,
  ROW_HEADER_BYTES,
} from "./value-layout.ts";

/** More nodes than any cluster has. */
const nodesMax = 4096;
const partsMax = 256;

export type StateReads = Pick<
  ShardState,
  "unfilled" | "loadMeta" | "loadProfiles" | "loadCells" | "due" | "scan" | "scanMarks"
> &
  Pick<Leases, "readLeases" | "readNodes"> & {
    readonly readPlan: Plans["get"];
    readonly readSteering: () => Promise<string | undefined>;
    readonly readCurrentPlan: Plans["current"];
    readonly products: Pick<Products, "since" | "modelPiece" | "model">;
  };

export function createStateReads(tree: ReadTree, shards: number): StateReads {
  return {
    unfilled: (shard) =>
      reading(() =>
        tree.entries(unfilledRange(shard), partsMax).map(({ key, value }) => [partOfKey(key), value] as const),
      ),
    loadMeta: (shard) =>
      reading(() => {
        const value = tree.get(metaKey(shard));
        return value && { watermark: readWatermark(value), meta: value.subarray(META_HEADER_BYTES) };
      }),
    loadProfiles: (shard, ids) =>
      reading(() =>
        tree.getAll(
          ids.map((id) => profileKey(shard, id)),
          copyRow,
        ),
      ),
    loadCells: (shard, cells) =>
      reading(() =>
        tree.getAll(
          cells.map((cell) => cellKeyBytes(shard, cell)),
          readProfileId,
        ),
      ),
    due: (shard, until, limit) => reading(() => tree.keys(wakeUpsUntil(shard, until), limit).map(wakeUpOfKey)),
    scan: (shard, cursor, limit) =>
      reading(() =>
        tree.entries(profilesAfter(shard, cursor), limit).map(({ key, value }) => ({
          id: profileOfKey(key),
          row: value.subarray(ROW_HEADER_BYTES),
          wakeUp: readWakeUp(value),
        })),
      ),
    scanMarks: (shard, cursor, limit) =>
      reading(() => {
        const found = tree.entries(cellsAfter(shard, RECEIPT_CELL_PREFIX, cursor), limit).map(({ key, value }) => ({
          ...cellOfKey(key),
          mark: value.toString("hex") as ProfileId,
        }));
        return {
          cells: found.map(({ cell, mark }) => [cell, mark] as const),
          next: found.length < limit ? undefined : found.at(-1)?.cursor,
        };
      }),
    readLeases: () =>
      reading(() => {
        const all = Array.from({ length: shards }, (_, shard) => shard as ShardId);
        return tree
          .getAll(all.map(leaseKey), decodeLease)
          .map((lease, shard) => ({ shard: shard as ShardId, ...lease }));
      }),
    readNodes: () =>
      reading(() =>
        tree.entries(nodesRange(), nodesMax).map(({ key, value }) => ({ node: nodeOfKey(key), ...decodeNode(value) })),
      ),
    readPlan: (digest) => reading(() => tree.get(planKey(digest))),
    readCurrentPlan: () => reading(() => tree.get(currentPlanKey())?.toString("utf8") as PlanDigest | undefined),
    products: {
      since: (after, limit) =>
        reading(() => {
          const { last, line } = decodeProductHead(tree.get(productHeadKey()));
          const found = last <= after ? [] : tree.entries(productLineAfter(after), limit);
          const changes = found.map(({ key, value }) => ({
            ...decodeProductChange(value),
            number: numberOfLineKey(key),
          }));
          return { line, last, changes };
        }),
      modelPiece: (version, piece) => reading(() => tree.get(modelPieceKey(version, piece))),
      model: () =>
        reading(() => {
          const value = tree.get(modelKey());
          return value && decodeModel(value);
        }),
    },
    readSteering: () => reading(() => tree.get(steeringKey())?.toString("utf8")),
  };
}

function readProfileId(value: Buffer | undefined): ProfileId | undefined {
  return value?.toString("hex", 0, PROFILE_ID_BYTES) as ProfileId | undefined;
}

function copyRow(value: Buffer | undefined): Uint8Array | undefined {
  // A Buffer's own slice is a view.
  return value && Uint8Array.prototype.slice.call(value, ROW_HEADER_BYTES, value.length);
}

function reading<T>(read: () => T): Promise<T> {
  try {
    return Promise.resolve(read());
  } catch (cause) {
    return Promise.reject(new StoreUnavailable("The embedded hot store could not be read.", { cause }));
  }
}
