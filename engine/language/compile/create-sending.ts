/** `consent.yaml` and `pressure.yaml` of a plan, as gates ask them. Where neither is, nobody is written to without consent. */
import { createLocalZones } from "../../model/local-zones.ts";
import type { Channel } from "../../model/message.ts";
import type { Sending } from "../../model/sending.ts";
import type { PlanSource } from "../plan/checked.ts";

export function createSending({ consent, pressure, zone, windows = [] }: PlanSource): Sending {
  const zones = createLocalZones({ ...zone, attribute: zone.attribute ?? undefined });
  const reachOf = ({ category, channel }: { readonly category: string | null; readonly channel: string | null }) => ({
    category: category ?? undefined,
    // The check has passed no other.
    channel: (channel as Channel | null) ?? undefined,
  });
  return {
    caps: (pressure?.caps ?? []).map((cap) => ({ ...reachOf(cap), ...cap.atMost })),
    quiet: (pressure?.quiet ?? []).map(({ fromMs, untilMs, ...reach }) => ({ ...reachOf(reach), fromMs, untilMs })),
    holdout: pressure?.holdout,
    windowOf: (channel, template) =>
      windows.find((each) => each.channel === channel && each.template === template)?.aggregate,
    unasked(category, channel) {
      const purpose = consent?.purposes[category];
      return purpose?.channels.includes(channel) === true ? purpose.unasked : "refused";
    },
    tracking: consent?.tracking,
    zoneOf: (view) => zones.of(view),
  };
}
