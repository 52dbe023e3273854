/** What the store keeps of a part of a shard that is still to be filled from history: from which snapshot, and how. */
import type { PlanDigest } from "../model/ids.ts";

export interface FillingNote {
  /** Of the snapshot, or of the shard's base. */
  readonly take: string;
  /** That have come after the snapshot's own, up to where the shard begins, in order. */
  readonly plans: readonly PlanDigest[];
}

export function encodeNote(note: FillingNote): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(note));
}

export function decodeNote(bytes: Uint8Array): FillingNote {
  return JSON.parse(new TextDecoder().decode(bytes)) as FillingNote;
}
