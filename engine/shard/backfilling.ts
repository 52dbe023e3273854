/**
 * What a new plan lacks comes in: of one person after the other, wherever they live by now, and at last the word that it is
 * all there. Each is a record; a row that comes again changes nothing, as each stream in it is known by its mark.
 */
import { locate } from "./locate.ts";
import type { ToShard } from "./port.ts";
import type { Queued, Turn } from "./turn.ts";

export function processBackfill(
  turn: Turn,
  queued: Queued,
  message: Extract<ToShard, { kind: "backfill" }>,
): "done" | "missing" {
  // A profile's own id leads to it, or on to whom it was merged into.
  const routing = { kind: "anonymous", value: message.profile } as const;
  const place = locate(turn.shard, turn.residents, { routing, route: 0, hint: message.profile, isSure: true });
  switch (place.is) {
    case "missing":
      return "missing";
    case "moved":
      return turn.answer(queued, { ...place, route: 0 });
    case "absorbing":
      return turn.park(queued, place.profile);
    case "new":
      // History knows of somebody whom the store has lost: there is nobody to give it to.
      return turn.answer(queued, { is: "done" });
    case "found": {
      const { profile } = place;
      const { row, streams } = message;
      if (streams.length === 0 || streams.some(({ mark }) => !profile.marks.includes(mark)))
        turn.emit({ kind: "backfilled", profile: profile.id, row, streams });
      return turn.answer(queued, { is: "done" });
    }
  }
}

export function processWarm(turn: Turn, queued: Queued, message: Extract<ToShard, { kind: "warm" }>): "done" {
  turn.emit({ kind: "warmed", backfilled: message.backfilled });
  turn.warmed = true;
  return turn.answer(queued, { is: "done" });
}
