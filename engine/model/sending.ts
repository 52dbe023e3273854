/** What a plan says of sending as such: consent by purpose, how much one person is sent, and when nothing is sent. Pure. */
import type { Holdout } from "./holdout.ts";
import type { Zone } from "./local-time.ts";
import type { Channel } from "./message.ts";
import type { ProfileView } from "./plan.ts";

/** undefined: whichever it is. */
interface Reach {
  readonly category: string | undefined;
  readonly channel: Channel | undefined;
}

/** At most so many within any window of that length. */
export interface Cap extends Reach {
  readonly count: number;
  readonly windowMs: number;
}

/** From and until in ms after local midnight; over midnight where `from` is the later one. */
export interface QuietHours extends Reach {
  readonly fromMs: number;
  readonly untilMs: number;
}

export interface Sending {
  readonly caps: readonly Cap[];
  readonly quiet: readonly QuietHours[];
  /** Who is sent nothing that is not owed to them; undefined: nobody. */
  readonly holdout: Holdout | undefined;
  /**
   * Index of the aggregate that holds when the customer last wrote to us, as long as words of this template may still be sent
   * by this channel for it; undefined: they may be sent at any time.
   */
  windowOf(channel: Channel, template: string): number | undefined;
  /** Whether those who have said nothing are written to; by a channel that nobody is asked about they are not. */
  unasked(category: string, channel: Channel): "allowed" | "refused";
  /** The purpose by whose consent opens and clicks are counted; undefined: never. */
  readonly tracking: string | undefined;
  /** By whose clock hours are quiet. */
  zoneOf(view: Pick<ProfileView, "attribute">): Zone;
}

/** What is owed to a customer asks for no consent. */
export const TRANSACTIONAL = "transactional";

/** Whether a cap, or quiet hours, are about a message of this category that goes by this channel. */
export function reaches(reach: Reach, category: string, channel: Channel): boolean {
  return (
    (reach.category === undefined || reach.category === category) &&
    (reach.channel === undefined || reach.channel === channel)
  );
}
