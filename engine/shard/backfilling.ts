/**
 * What a new plan lacks comes in: of one person after the other, wherever they live by now, and at last the word that it is
 * all there. Each is a record; a row that comes again changes nothing, as each stream in it is known by its mark.
 */
import { atProfile } from "./at-profile.ts";
import type { ToShard } from "./port.ts";
import type { Queued, Turn } from "./turn.ts";

export function processBackfill(
  turn: Turn,
  queued: Queued,
  message: Extract<ToShard, { kind: "backfill" }>,
): "done" | "missing" {
  const { row, streams } = message;
  return atProfile(turn, queued, message.profile, (profile) => {
    if (streams.length === 0 || streams.some(({ mark }) => !profile.marks.includes(mark)))
      turn.emit({ kind: "backfilled", profile: profile.id, row, streams });
  });
}

export function processWarm(turn: Turn, queued: Queued, message: Extract<ToShard, { kind: "warm" }>): "done" {
  turn.emit({ kind: "warmed", backfilled: message.backfilled });
  turn.warmed = true;
  return turn.answer(queued, { is: "done" });
}
