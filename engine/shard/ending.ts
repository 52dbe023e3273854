/** How a message ends in a shard's turn without a call: skipped, taken back from the desk, or outbid by one that goes out. */
import { type GateView, outbidWith } from "../deliver/port.ts";
import type { Outcome } from "../model/message.ts";
import type { MessageId } from "../model/trigger.ts";
import type { Profile, WaitingMessage } from "../profile/port.ts";
import type { Turn } from "./turn.ts";

/** The end of a message, for which no call was made. */
export function end(turn: Turn, profile: Profile, waiting: WaitingMessage, outcome: Outcome): void {
  const { message, trigger, attempts } = waiting;
  turn.emit({
    kind: "outcome",
    profile: profile.id,
    message,
    trigger,
    attempt: attempts,
    outcome,
  });
}

/** Its call is not to be made any more. */
export function withdraw({ shard, desk }: Turn, profile: Profile, message: MessageId): void {
  const { offered } = shard.deliveries;
  const offer = offered.get(message);
  if (offer?.profile !== profile.id) return;
  offered.delete(message);
  desk.push({ is: "withdraw", message, channel: offer.channel });
}

/** To be called before its attempt is recorded. */
export function endLosersTo(turn: Turn, sent: WaitingMessage, view: GateView): void {
  const { profile } = view;
  for (const rival of outbidWith(sent, view)) {
    withdraw(turn, profile, rival.message);
    end(turn, profile, rival, { is: "skipped", reason: "outbid" });
  }
}
