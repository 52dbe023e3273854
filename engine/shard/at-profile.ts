/** What is said of a profile by its own id is done wherever that lives by now: at it, or at whom it was merged into. */
import type { ProfileId } from "../model/ids.ts";
import type { Profile } from "../profile/port.ts";
import { locate } from "./locate.ts";
import type { Queued, Turn } from "./turn.ts";

/** Of somebody whom the store has lost there is nothing to do: it is answered all the same. */
export function atProfile(
  turn: Turn,
  queued: Queued,
  id: ProfileId,
  act: (profile: Profile) => void,
): "done" | "missing" {
  // A profile's own id leads to it, or on to whom it was merged into.
  const routing = { kind: "anonymous", value: id } as const;
  const place = locate(turn.shard, turn.residents, { routing, route: 0, hint: id, isSure: true });
  switch (place.is) {
    case "missing":
      return "missing";
    case "moved":
      return turn.answer(queued, { ...place, route: 0 });
    case "absorbing":
      return turn.park(queued, place.profile);
    case "found":
      act(place.profile);
      break;
    case "new":
  }
  return turn.answer(queued, { is: "done" });
}
