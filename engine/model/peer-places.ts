/** Whose a message between shards is, and where it belongs: both follow from what it says, and change with the number of shards. */
import { slotOfCell } from "./hash.ts";
import { cellKey } from "./identifier.ts";
import { type ProfileId, type ShardId, shardOfProfile, shardOfSlot } from "./ids.ts";
import type { PeerBody } from "./record.ts";

/** Whose question it is; undefined: nobody's. */
export function askerOf(body: PeerBody): ProfileId | undefined {
  switch (body.ask) {
    case "claim":
      return body.profile;
    case "merge":
      return body.with;
    case "absorb":
    case "settle":
      return body.loser;
    case "rebind":
      return undefined;
  }
}

/** Where it is asked. */
export function placeOf(body: PeerBody, shards: number): ShardId {
  switch (body.ask) {
    case "claim":
      return shardOfSlot(slotOfCell(cellKey(body.identifier)), shards);
    case "rebind":
      return shardOfSlot(slotOfCell(body.cell), shards);
    case "merge":
    case "settle":
      return shardOfProfile(body.profile, shards);
    case "absorb":
      return shardOfProfile(body.winner, shards);
  }
}
