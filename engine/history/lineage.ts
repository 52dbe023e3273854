/**
 * Where the people of a shard were before it was there. When shards become more, each new one goes on where the history of the
 * one ends that had its people, with positions behind: what was recorded of them up to there stays among that one's records,
 * and whoever folds the new shard reads these first. So nothing is moved, and history says of which shards it is.
 *
 * A shard's **origin** is the one that it came from; its **heirs** are those that came from it.
 */
import type { Position, ShardId } from "../model/ids.ts";
import type { History, HistoryWatermark } from "./port.ts";

export interface Origin {
  readonly shard: ShardId;
  /** Up to where its records are of the heir's people, too. */
  readonly upTo: Position;
  /** Its snapshot by then, which has them as well; undefined: there was none. */
  readonly take?: string | undefined;
}

export const LINEAGE = { kind: "lineage", key: "shards" } as const;
/** The kind of document that names a shard's base, by its number. */
export const BASE = "base";

/** By the number of a shard that was not there from the beginning. */
export type Origins = Readonly<Record<number, Origin>>;

export class Lineage {
  readonly origins: Origins;

  constructor(origins: Origins) {
    this.origins = origins;
  }

  originOf(shard: ShardId): Origin | undefined {
    return this.origins[shard];
  }

  /** Those that came from it itself, and to which it has left anything. */
  heirsOf(shard: ShardId): readonly ShardId[] {
    const heirs = Object.entries(this.origins).filter(([, origin]) => origin.shard === shard && origin.upTo > 0);
    return heirs.map(([heir]) => Number(heir) as ShardId);
  }

  /** In order of their positions: of which shards the records are that are of its people, before its own. */
  ancestorsOf(shard: ShardId): readonly Pick<Origin, "shard" | "upTo">[] {
    const origin = this.originOf(shard);
    if (origin === undefined) return [];
    const before = this.ancestorsOf(origin.shard).map((each) => ({ ...each, upTo: Math.min(each.upTo, origin.upTo) }));
    return [...before, origin];
  }

  /** As far as there are such shards: a growth that was cut off may have named others. */
  of(ends: ReadonlyMap<ShardId, HistoryWatermark>): Lineage {
    return new Lineage(
      Object.fromEntries(Object.entries(this.origins).filter(([heir]) => ends.has(Number(heir) as ShardId))),
    );
  }

  /** Among whose records the one at this position is, of those that a fold of this shard reads. */
  holderOf(shard: ShardId, position: Position): ShardId {
    return this.ancestorsOf(shard).find(({ upTo }) => position <= upTo)?.shard ?? shard;
  }

  /** Behind which record the number of shards has grown last; undefined: it has not since there is this one. */
  grownAt(shard: ShardId): Position | undefined {
    const at = [this.originOf(shard), ...Object.values(this.origins).filter((origin) => origin.shard === shard)];
    const positions = at.flatMap((origin) => origin?.upTo ?? []);
    return positions.length === 0 ? undefined : Math.max(...positions);
  }
}

/** Rejects with HistoryUnavailable. */
export async function readLineage(history: Pick<History, "document">): Promise<Lineage> {
  const document = await history.document(LINEAGE);
  return new Lineage(document === undefined ? {} : (JSON.parse(new TextDecoder().decode(document.content)) as Origins));
}

/** As many as history knows: a power of two. */
export function shardsIn(ends: ReadonlyMap<ShardId, HistoryWatermark>): number {
  return 2 ** Math.ceil(Math.log2(Math.max(0, ...ends.keys()) + 1));
}

type Read = Pick<History, "records" | "seals" | "document" | "snapshot" | "snapshotPage">;

/** A history that gives of each shard all that was ever recorded of its people. */
export type WithLineage<T> = T & { readonly lineage: Lineage };

/** Rejects with HistoryUnavailable. */
export async function withLineage<T extends Partial<Read> & Pick<History, "document">>(
  history: T,
): Promise<WithLineage<T>> {
  const lineage = await readLineage(history);
  if (Object.keys(lineage.origins).length === 0) return { ...history, lineage };
  // Of what a history has not got nobody asks.
  return { ...history, ...readAlong(history as T & Read, lineage), lineage };
}

/** Of those before, in order, and at last of the shard itself: as far as it goes on behind each. */
async function readOn<T>(
  lineage: Lineage,
  { shard, after, limit }: { readonly shard: ShardId; readonly after: Position; readonly limit: number },
  {
    read,
    endOf,
  }: { readonly read: (from: ShardId, most: number) => Promise<readonly T[]>; readonly endOf: (each: T) => Position },
): Promise<readonly T[]> {
  const found: T[] = [];
  for (const { shard: from, upTo } of [...lineage.ancestorsOf(shard), { shard, upTo: Number.POSITIVE_INFINITY }]) {
    if (after >= upTo || found.length >= limit) continue;
    found.push(...(await read(from, limit - found.length)).filter((each) => endOf(each) <= upTo));
  }
  return found;
}

function readAlong(history: Read, lineage: Lineage): Read {
  const along: Read = {
    records: (shard, after, limit) =>
      readOn(
        lineage,
        { shard, after, limit },
        {
          read: (from, most) => history.records(from, after, most),
          endOf: ({ position }) => position,
        },
      ),
    seals: (shard, after, limit) =>
      readOn(
        lineage,
        { shard, after, limit },
        {
          read: (from, most) => history.seals(from, after, most),
          endOf: ({ to }) => to,
        },
      ),
    async snapshot(shard) {
      const own = await history.snapshot(shard);
      const origin = lineage.originOf(shard);
      if (own !== undefined || origin?.take === undefined) return own;
      const before = await along.snapshot(origin.shard);
      return before?.take === origin.take ? before : undefined;
    },
    async snapshotPage(name, page, alone) {
      const own = await history.snapshotPage(name, page, alone);
      const origin = lineage.originOf(name.shard);
      return own ?? (origin && along.snapshotPage({ ...name, shard: origin.shard }, page, alone));
    },
    async document(name) {
      const own = await history.document(name);
      if (own !== undefined || name.kind !== BASE) return own;
      const origin = lineage.originOf(Number(name.key) as ShardId);
      // Nothing was left to it: what its origin has is of others.
      if (origin === undefined || origin.upTo === 0) return undefined;
      return along.document({ ...name, key: String(origin.shard) });
    },
  };
  return along;
}
