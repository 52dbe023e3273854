/**
 * From what was asked to a rule that can be tried: by the rules in force, or by files that came along, which are checked
 * like any. What cannot be tried is refused with the reason.
 */
import type { RuleToTry, TrySpan } from "../backtest/port.ts";
import { checkRules, encodePlan, focusPlan, renderProblems } from "../language/port.ts";
import type { PlanSource } from "../language/port.ts";
import { TRAIT_EVENTS } from "../model/event.ts";
import type { Instant } from "../model/ids.ts";
import { DAY_MS } from "../model/local-time.ts";
import { nearestName } from "../model/nearest-name.ts";
import { tryDaysMax } from "../limits.ts";
import { refusal } from "./refusal.ts";
import type { Refusal } from "./refusal.ts";
import type { TryRequest } from "./try-port.ts";

export interface Trial {
  readonly rule: RuleToTry;
  readonly span: TrySpan;
}

/** @param inForce the checked rules that decide now */
export function trialOf(request: TryRequest, inForce: PlanSource, now: Instant): Trial | Refusal {
  const span = { since: request.since, until: request.until ?? now };
  if (!(span.since < span.until)) return refusal("invalid_field", "`since` must be before `until`.");
  if (span.until - span.since > tryDaysMax * DAY_MS)
    return refusal("invalid_field", `A rule is tried over at most ${tryDaysMax} days at a time.`);
  const source = request.rules === undefined ? inForce : sourceOf(request.rules);
  if ("refused" in source) return source;
  const found = focusPlan(source, request.rule);
  if (found === undefined) return refusal("not_found", missing(request.rule, source));
  const { kind, rivalEvents } = found;
  const events = found.readsAttributes ? [...new Set([...found.events, ...TRAIT_EVENTS])] : found.events;
  return { rule: { name: request.rule, kind, plan: encodePlan(found.plan), events, rivalEvents }, span };
}

function sourceOf(files: NonNullable<TryRequest["rules"]>): PlanSource | Refusal {
  const { plan, problems } = checkRules(files);
  if (plan !== undefined) return plan;
  return refusal(
    "invalid_field",
    `The rules have mistakes:\n${renderProblems(problems, { colour: false, pathPrefix: "" })}`,
  );
}

/** Names that are told where none is near. */
const namesToldMax = 12;

function missing(rule: string, { segments, contents, triggers = [], recommendations }: PlanSource): string {
  if (recommendations?.rules.some(({ name }) => name === rule) === true)
    return `${rule} is a recommendation: what it finds is by the catalogue and the model of now, and is not tried over the past. \`vif why WHO ${rule}\` tells what it finds for somebody.`;
  const names = [...new Set([...segments, ...contents, ...triggers].map(({ name }) => name))].sort();
  const near = nearestName(rule, names);
  if (near !== undefined) return `There is no rule of that name. Did you mean ${near}?`;
  const more = names.length - namesToldMax;
  const rest = more > 0 ? ` and ${more} more: \`vif explain\` shows all` : "";
  return `There is no rule of that name. There are ${names.slice(0, namesToldMax).join(", ")}${rest}.`;
}
