/** What every shard lacks for the plan that it decides by, as history tells it: from the records that say so. Pure. */
import type { Lineage, ShardRecord } from "../history/port.ts";
import type { PlanDigest, Position, ShardId } from "../model/ids.ts";
import { type LackingSince, lackSince, lackWithout, NOTHING_LACKING } from "../model/lacking.ts";
import { decodeRecord } from "../model/record-codec.ts";

export interface ShardLacks {
  /** Of the last plan that it has begun. */
  readonly plan: PlanDigest;
  readonly lacking: LackingSince;
}

/** Kinds of the records that `lacksOf` reads. */
export const LACK_KINDS = ["plan", "warmed"] as const;

/**
 * A shard that has come from another one decides by what that one had begun by then.
 *
 * @param records of these kinds, in order of shard and position
 */
export function lacksOf(records: readonly ShardRecord[], lineage: Lineage): ReadonlyMap<ShardId, ShardLacks> {
  const found = new Map<ShardId, ShardLacks>();
  const inherited = Object.keys(lineage.origins).flatMap((heir) => {
    const shard = Number(heir) as ShardId;
    return lineage
      .ancestorsOf(shard)
      .flatMap((ancestor) =>
        records
          .filter((each) => each.shard === ancestor.shard && each.position <= ancestor.upTo)
          .map((each) => ({ ...each, shard })),
      );
  });
  for (const { shard, position, record: bytes } of [...inherited, ...records]) {
    const record = decodeRecord(bytes);
    const known = found.get(shard);
    const lacking = known?.lacking ?? NOTHING_LACKING;
    if (record.kind === "plan") {
      const more = record.lacking;
      found.set(shard, {
        plan: record.digest,
        lacking: more === undefined ? lacking : lackSince(lacking, more, position),
      });
    } else if (record.kind === "warmed" && known !== undefined)
      found.set(shard, { ...known, lacking: lackWithout(lacking, record.backfilled) });
  }
  return found;
}

/** One pass over history: what can be gathered together, for it is lacking from the same positions on in every shard. */
export interface BackfillPass {
  /** By shard: records up to here are lacking, later ones are kept as they come. */
  readonly upTo: ReadonlyMap<ShardId, Position>;
  readonly streams: readonly { readonly id: number; readonly longer: boolean }[];
  readonly attributes: readonly number[];
}

export function passesOf(lacks: ReadonlyMap<ShardId, ShardLacks>): readonly BackfillPass[] {
  type Piece = { readonly is: "stream" | "attribute"; readonly id: number; longer: boolean };
  const pieces = new Map<string, { readonly piece: Piece; readonly upTo: Map<ShardId, Position> }>();
  const add = (piece: Piece, shard: ShardId, since: Position): void => {
    const key = `${piece.is} ${piece.id}`;
    const known = pieces.get(key) ?? { piece, upTo: new Map<ShardId, Position>() };
    // A shard that kept it before makes it one that may be known already.
    known.piece.longer ||= piece.longer;
    known.upTo.set(shard, since);
    pieces.set(key, known);
  };
  for (const [shard, { lacking }] of lacks) {
    for (const { id, since, longer } of lacking.streams) add({ is: "stream", id, longer }, shard, since);
    for (const { id, since } of lacking.attributes) add({ is: "attribute", id, longer: false }, shard, since);
  }
  const groups = new Map<string, { readonly upTo: Map<ShardId, Position>; readonly pieces: Piece[] }>();
  for (const { piece, upTo } of pieces.values()) {
    const key = [...upTo].map((each) => each.join("/")).join(",");
    const group = groups.get(key) ?? { upTo, pieces: [] };
    group.pieces.push(piece);
    groups.set(key, group);
  }
  return [...groups.values()].map(({ upTo, pieces: found }) => ({
    upTo,
    streams: found.filter(({ is }) => is === "stream").map(({ id, longer }) => ({ id, longer })),
    attributes: found.filter(({ is }) => is === "attribute").map(({ id }) => id),
  }));
}
