/** What a shard's owner is given to deliver with: the way to the delivery thread, and what its messages need. */
import type { RetryBounds, ToDesk } from "../deliver/port.ts";
import type { LinkedMessage } from "../gateway/links-port.ts";
import type { Instant } from "../model/ids.ts";
import type { Channel, MessageLinks } from "../model/message.ts";

export interface DeliveryWay {
  readonly send: (message: ToDesk) => void;
  /** How long the channel's provider knows a message by its id and takes it once; 0: it does not. */
  readonly idempotentForMs: (channel: Channel) => number;
  /** How often and when a message is tried again; as is usual when absent. */
  readonly retries?: (channel: Channel) => RetryBounds;
  /** What a message carries so that its provider, and its reader, can speak of it. */
  readonly linksOf: (
    message: LinkedMessage,
    at: Instant,
  ) => { readonly reference: string; readonly links: MessageLinks };
}

/** As `ToDesk`; until when a call may be made is known when its attempt is durable. */
export type DeskWord = Exclude<ToDesk, { is: "call" }> | Omit<Extract<ToDesk, { is: "call" }>, "callUntilMs">;
