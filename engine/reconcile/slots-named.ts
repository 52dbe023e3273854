/** Whose a record is that is not of one person by its head: all whom folding it may change, by their slots. Pure. */
import { slotOfCell } from "../model/hash.ts";
import { cellKey } from "../model/identifier.ts";
import { type Slot, slotOfProfile } from "../model/ids.ts";
import type { JournalRecord, PeerBody } from "../model/record.ts";

/** @returns `all`: it is the whole shard's */
export function slotsNamed(record: JournalRecord): readonly Slot[] | "all" {
  switch (record.kind) {
    case "sent":
    case "received":
    case "answered":
      return slotsAsked(record.body);
    case "receipt":
      return [slotOfCell(record.cell)];
    case "repaired": {
      const { repair } = record;
      if (repair.of === "messages") return "all";
      return [repair.of === "profile" ? slotOfProfile(repair.profile) : slotOfCell(repair.cell)];
    }
    case "plan":
    case "warmed":
    case "control":
      return "all";
    default:
      return [slotOfProfile(record.profile)];
  }
}

function slotsAsked(body: PeerBody): readonly Slot[] {
  switch (body.ask) {
    case "claim":
      return [slotOfProfile(body.profile), slotOfCell(cellKey(body.identifier))];
    case "merge":
      return [slotOfProfile(body.profile), slotOfProfile(body.with)];
    case "absorb":
      return [slotOfProfile(body.loser), slotOfProfile(body.winner)];
    case "settle":
      return [slotOfProfile(body.profile), slotOfProfile(body.loser)];
    case "rebind":
      return [slotOfCell(body.cell)];
  }
}
