/**
 * In which order the channels of `best of` are tried: as the rule has written them, the most wanted (for its cost, say) first;
 * but one by which this person has opened or clicked lately comes before those that they have left alone, and one that they
 * have left alone again and again comes last. Pure.
 */
import { engagedMs, ignoredMin } from "../limits-of-delivery.ts";
import type { Instant } from "../model/ids.ts";
import type { Channel } from "../model/message.ts";
import type { EndedMessage } from "../profile/port.ts";

const ENGAGED = /^(?:opened|clicked)/;
/** Of the channels that report it, so that silence means something. */
const SEEN = /^(?:delivered|opened|clicked)/;

export function channelOrder(by: readonly Channel[], ended: readonly EndedMessage[], at: Instant): readonly Channel[] {
  if (by.length < 2) return by;
  return by
    .map((channel, written) => ({ channel, written, rank: rankOf(channel, ended, at) }))
    .toSorted((a, b) => a.rank - b.rank || a.written - b.written)
    .map(({ channel }) => channel);
}

function rankOf(channel: Channel, ended: readonly EndedMessage[], at: Instant): number {
  const lately = ended.filter((each) => each.channel === channel && each.at > at - engagedMs);
  if (lately.some(({ became }) => ENGAGED.test(became))) return 0;
  return lately.filter(({ became }) => SEEN.test(became)).length >= ignoredMin ? 2 : 1;
}
