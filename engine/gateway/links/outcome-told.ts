/** What the routes of this folder learn of a message, for the owner of its profile to record. */
import type { ProfileId } from "../../model/ids.ts";
import type { Channel, ReportedOutcome } from "../../model/message.ts";
import type { MessageId } from "../../model/trigger.ts";

export interface ToldMessage {
  readonly profile: ProfileId;
  readonly message: MessageId;
  readonly channel: Channel;
}

/** @param done called once: whether it is recorded, or was known; else it is to be told again */
export type OutcomeTold = (message: ToldMessage, outcome: ReportedOutcome, done: (isKept: boolean) => void) => void;
