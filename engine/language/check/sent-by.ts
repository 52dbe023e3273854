/** Which templates triggers send by a channel: what they show, and where they are needed, is told by that. */
import type { Channel } from "../../model/message.ts";
import type { RuleSet } from "./rule-kind.ts";

/** @returns names of templates */
export function sentBy(channel: Channel, set: Pick<RuleSet, "reads">): ReadonlySet<string> {
  const names = set.reads("trigger").flatMap(({ declaration: { trigger } }) => {
    const { template, by } = trigger?.send ?? {};
    return template !== undefined && by?.some(({ value }) => value === channel) === true ? [template.value] : [];
  });
  return new Set(names);
}
