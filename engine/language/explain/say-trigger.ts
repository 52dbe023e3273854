/** A trigger in plain English: what sets it off, what must hold then, what is sent, and within which bounds. */
import { isVisited, USUAL_SLOT, type VisitedChannel } from "../../model/message.ts";
import { printTime } from "../grammar/instant.ts";
import { WEEKDAYS } from "../grammar/weekdays.ts";
import type { AggregateSource, PlanSource } from "../plan/checked.ts";
import type { OccasionSource, ScheduleDays, TriggerSource } from "../plan/checked-trigger.ts";
import { printDuration } from "../grammar/duration.ts";
import { type Naming, sayCondition } from "./paraphrase.ts";
import { saySteps } from "./say-sequence.ts";

export function sayTrigger(plan: PlanSource, trigger: TriggerSource, naming: Naming): readonly string[] {
  const { on, when, send, category, expiresMs, atMost, holdout, still, ifUnknown } = trigger;
  const where = on.is === "event" ? on.where : null;
  const [first, ...others] = send.by;
  const by = [first, ...others.map((channel) => `else by ${channel}`)].join(", ");
  const waits = send.by.flatMap((channel) => (isVisited(channel) ? SHOWN[channel](send.slot ?? USUAL_SLOT) : []));
  return [
    sayOccasion(plan, on, naming),
    ...(where === null ? [] : ["  with", ...sayCondition(plan, where, naming)]),
    ...(when === null ? [] : ["  if at that moment", ...sayCondition(plan, when, naming)]),
    `${send.template} is sent by ${by}, as ${category}`,
    ...waits.map((line) => `  ${line}`),
    ...(atMost === null ? [] : [`  at most ${atMost.count} in ${printDuration(atMost.windowMs)}`]),
    ...(expiresMs === null ? [] : [`  within ${printDuration(expiresMs)}, and not later`]),
    ...(still === true ? ["  if that still holds when it is sent"] : []),
    ...(ifUnknown === undefined ? [] : ["  and again where nobody can tell whether it was"]),
    ...(holdout === null ? [] : [`  but never to ${holdout.percent} % of profiles, drawn by "${holdout.salt}"`]),
  ];
}

const SHOWN: Readonly<Record<VisitedChannel, (slot: string) => string>> = {
  web: (slot) => `on a page in the place ${slot}, as soon as one is open`,
  loyalty: () => "at a till with the next receipt",
};

function sayOccasion(plan: PlanSource, on: OccasionSource, naming: Naming): string {
  switch (on.is) {
    case "event":
      return `Whenever ${on.event} happens`;
    case "segment": {
      const name = naming.segment(plan.segments[on.segment]?.name ?? `segment ${on.segment}`);
      return `When a profile ${on.entered ? "enters" : "leaves"} the segment ${name}`;
    }
    case "sequence":
      return `Each time there was ${saySteps(plan, plan.aggregates[on.aggregate] as AggregateSource)}`;
    case "date": {
      const field = plan.attributes[on.attribute]?.name ?? `attribute ${on.attribute}`;
      const days = Math.abs(on.offsetDays);
      const offset =
        days === 0 ? "On" : `${days} ${days === 1 ? "day" : "days"} ${on.offsetDays < 0 ? "before" : "after"}`;
      return `${offset} ${field}${on.yearly ? ", every year," : ""} at ${printTime(on.timeMs)} ${clockText(on.clock)}`;
    }
    case "schedule":
      return `Every ${daysText(on.days)} at ${printTime(on.timeMs)} ${clockText(on.clock)}`;
  }
}

const clockText = (clock: "customer" | "brand"): string => (clock === "brand" ? "in brand time" : "local time");

function daysText(on: ScheduleDays): string {
  if (on.is === "month") return `month on day ${on.day}, or its last,`;
  if (on.days.length === 7) return "day";
  return on.days.map((day) => WEEKDAYS[day]).join(" and ");
}
