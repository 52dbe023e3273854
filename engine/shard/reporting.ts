/**
 * What became of a message, as a provider, or the reader's own click, has said later: told to the profile that it was sent
 * for, wherever that lives by now, and recorded where it is news. A message that is known no more changes nothing.
 */
import { type EndedMessage, isNewOutcome, type Profile } from "../profile/port.ts";
import { atProfile } from "./at-profile.ts";
import { withdraw } from "./ending.ts";
import type { OperatorWord } from "../model/message.ts";
import type { MessageId } from "../model/trigger.ts";
import type { ToShard } from "./port.ts";
import type { Queued, Turn } from "./turn.ts";

export function processReport(
  turn: Turn,
  queued: Queued,
  report: Extract<ToShard, { kind: "report" }>,
): "done" | "missing" {
  const { message, channel, outcome } = report;
  return atProfile(turn, queued, report.profile, (profile) => {
    if (outcome.is === "replay" || outcome.is === "drop") return obeyOperator(turn, profile, message, outcome);
    const held = isNewOutcome(profile.agenda, message, outcome);
    if (held === undefined) return;
    const { trigger, attempts: attempt } = held;
    // What has got there is not tried again.
    withdraw(turn, profile, message);
    turn.emit({ kind: "outcome", profile: profile.id, message, trigger, channel, attempt, outcome });
  });
}

/** What has come to nothing is tried once more, by the gates of now, or is let go. What has come to something stays so. */
function obeyOperator(turn: Turn, profile: Profile, message: MessageId, { is }: OperatorWord): void {
  const held = profile.agenda.ended.find((each) => each.message === message);
  if (held?.dead === undefined) return;
  if (is === "drop") return letGo(turn, profile, { letter: held, reason: "given_up" });
  turn.emit({ ...aboutEnded(profile, held), outcome: { is: "not called" }, again: turn.instant });
  turn.shard.addDelivery(profile);
}

/** What it takes to send it once more is kept no longer. */
export function letGo(
  turn: Turn,
  profile: Profile,
  { letter, reason }: { readonly letter: EndedMessage; readonly reason: "given_up" | "too_old" },
): void {
  turn.emit({ ...aboutEnded(profile, letter), outcome: { is: "skipped", reason } });
}

function aboutEnded({ id }: Profile, { message, trigger, channel, attempts: attempt }: EndedMessage) {
  return { kind: "outcome", profile: id, message, trigger, attempt, ...(channel && { channel }) } as const;
}
