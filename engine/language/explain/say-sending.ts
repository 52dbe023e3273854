/** What bounds what is sent, in plain English: `pressure.yaml` and `consent.yaml`. */
import type { ConsentSource, PressureSource } from "../plan/checked-trigger.ts";
import { printDuration } from "../grammar/duration.ts";
import { printTime } from "../grammar/instant.ts";
import { titleIn } from "../files/title.ts";

interface Reach {
  readonly category: string | null;
  readonly channel: string | null;
}

export function sayPressure({ caps, quiet, holdout }: PressureSource): readonly string[] {
  const capped = caps.map(({ atMost, ...reach }) => {
    const times = `${atMost.count} ${atMost.count === 1 ? "message" : "messages"}`;
    return `  at most ${times} ${reachText(reach)} in ${printDuration(atMost.windowMs)}`;
  });
  const silent = quiet.map(
    ({ fromMs, untilMs, ...reach }) =>
      `  nothing ${reachText(reach)} from ${printTime(fromMs)} to ${printTime(untilMs)}, by the customer's clock`,
  );
  const kept =
    holdout === undefined
      ? []
      : [`  and ${holdout.percent} % of profiles, drawn by "${holdout.salt}", nothing but what is owed to them`];
  return ["One person is sent", ...capped, ...silent, ...kept];
}

function reachText({ category, channel }: Reach): string {
  const of = category === null ? "of any kind" : `of ${category}`;
  return channel === null ? of : `${of} by ${channel}`;
}

export function sayConsent({ purposes, tracking }: ConsentSource): readonly string[] {
  const lines = Object.entries(purposes).map(([purpose, { channels, title, unasked }]) => {
    const asked = titleIn(title, ["en"]);
    const named = asked === undefined ? purpose : `${purpose} (${asked})`;
    const silent = unasked === "allowed" ? "who has said nothing agrees" : "who has said nothing does not agree";
    return `  ${named} by ${channels.join(", ")}: ${silent}`;
  });
  const seen =
    tracking === undefined
      ? "  Nobody is asked whether a message was opened"
      : `  Whether a message was opened, and its links followed, is seen of those who agree to ${tracking}`;
  return [
    "Customers say for what they may be written to",
    ...lines,
    seen,
    "  What is transactional asks for no consent",
  ];
}
