/** By what rules reach people: what a trigger is sent by, where a content is shown. Pure. */
import type { PlanSource } from "../language/port.ts";

/** `trigger NAME`, `content NAME` -> `email`, `email or sms`, `web`, `till`. */
export function channelsOfRules({ triggers = [], contents, loyalty }: PlanSource): Readonly<Record<string, string>> {
  const pairs = loyalty === undefined ? [] : [loyalty.sale, loyalty.onReturn, loyalty.nobody];
  const ofTills = new Set<unknown>(pairs.flatMap((pair) => Object.values(pair)));
  return Object.fromEntries([
    ...triggers.map(({ name, send }) => [`trigger ${name}`, send.by.join(" or ")] as const),
    ...contents.map(({ name }) => [`content ${name}`, ofTills.has(name) ? "till" : "web"] as const),
  ]);
}
