/**
 * What became of a message, as a provider, or the reader's own click, has said later: told to the profile that it was sent
 * for, wherever that lives by now, and recorded where it is news. A message that is known no more changes nothing.
 */
import { isNewOutcome, type Profile } from "../profile/port.ts";
import { withdraw } from "./delivering.ts";
import type { OperatorWord } from "../model/message.ts";
import type { MessageId } from "../model/trigger.ts";
import { locate } from "./locate.ts";
import type { ToShard } from "./port.ts";
import type { Queued, Turn } from "./turn.ts";

export function processReport(
  turn: Turn,
  queued: Queued,
  report: Extract<ToShard, { kind: "report" }>,
): "done" | "missing" {
  // A profile's own id leads to it, or on to whom it was merged into.
  const routing = { kind: "anonymous", value: report.profile } as const;
  const place = locate(turn.shard, turn.residents, { routing, route: 0, hint: report.profile, isSure: true });
  switch (place.is) {
    case "missing":
      return "missing";
    case "moved":
      return turn.answer(queued, { ...place, route: 0 });
    case "absorbing":
      return turn.park(queued, place.profile);
    case "new":
      return turn.answer(queued, { is: "done" });
    case "found": {
      const { profile } = place;
      const { message, channel, outcome } = report;
      if (outcome.is === "replay" || outcome.is === "drop") {
        obeyOperator(turn, profile, message, outcome);
        return turn.answer(queued, { is: "done" });
      }
      const held = isNewOutcome(profile.agenda, message, outcome);
      if (held !== undefined) {
        const { trigger, attempts: attempt } = held;
        // What has got there is not tried again.
        withdraw(turn, profile, message);
        turn.emit({ kind: "outcome", profile: profile.id, message, trigger, channel, attempt, outcome });
      }
      return turn.answer(queued, { is: "done" });
    }
  }
}

/** What has come to nothing is tried once more, by the gates of now, or is let go. What has come to something stays so. */
function obeyOperator(turn: Turn, profile: Profile, message: MessageId, { is }: OperatorWord): void {
  const held = profile.agenda.ended.find((each) => each.message === message);
  if (held?.dead === undefined) return;
  const { trigger, channel, attempts: attempt } = held;
  const of = { kind: "outcome", profile: profile.id, message, trigger, attempt, ...(channel && { channel }) } as const;
  if (is === "drop") {
    turn.emit({ ...of, outcome: { is: "skipped", reason: "given_up" } });
    return;
  }
  turn.emit({ ...of, outcome: { is: "not called" }, again: turn.instant });
  turn.shard.addDelivery(profile);
}
