/** What the routes of this folder learn of a message, for the owner of its profile to record. */
import type { ProfileId } from "../../model/ids.ts";
import type { Channel, Report } from "../../model/message.ts";
import type { MessageId } from "../../model/trigger.ts";

export interface ToldMessage {
  readonly profile: ProfileId;
  readonly message: MessageId;
  readonly channel: Channel;
}

export type OutcomeTold = (message: ToldMessage, outcome: Report["outcome"]) => void;
