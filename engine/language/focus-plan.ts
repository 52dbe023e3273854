/**
 * A plan narrowed to one rule: what the rule rests on is kept, everything else is never fed and never evaluated. For looking
 * at a rule over a whole history, where each event is paid for. Its digest is its own.
 */
import type { Condition, PlanSource } from "./checked.ts";
import { streamsIn } from "./hold-back.ts";
import { readsOf } from "./reads.ts";

export interface FocusedPlan {
  readonly plan: PlanSource;
  readonly kind: "segment" | "content";
  /** Names of the events that the rule rests on. */
  readonly events: readonly string[];
  readonly readsAttributes: boolean;
}

/** @returns undefined when the plan has no rule of that name */
export function focusPlan(plan: PlanSource, rule: string): FocusedPlan | undefined {
  const segment = plan.segments.findIndex(({ name }) => name === rule);
  const content = plan.contents.find(({ name }) => name === rule);
  if (segment < 0 && content === undefined) return undefined;
  const first = segment >= 0 ? [segment] : [...readsOf(conditionsOf(content)).segments];
  const kept = [...segmentsBelow(plan, first)].sort((a, b) => a - b);
  const placeOf = new Map(kept.map((index, place) => [index, place]));
  const segments = kept.flatMap((index) => {
    const source = plan.segments[index];
    return source === undefined ? [] : [{ name: source.name, when: moved(source.when, placeOf) }];
  });
  const contents =
    content === undefined || segment >= 0
      ? []
      : [{ ...content, choices: content.choices.map((each) => ({ ...each, when: moved(each.when, placeOf) })) }];
  const reads = readsOf([...segments.map(({ when }) => when), ...contents.flatMap(conditionsOf)]);
  const streams = new Set([...reads.aggregates].flatMap((index) => streamsIn(plan.aggregates[index])));
  // Nothing is fired, whatever happens.
  const { triggers: _, ...rest } = plan;
  return {
    kind: segment >= 0 ? "segment" : "content",
    events: [...new Set([...streams].flatMap((index) => plan.streams[index]?.event ?? []))].sort(),
    readsAttributes: reads.attributes.size > 0,
    plan: {
      ...rest,
      segments,
      contents,
      // An index must not move, as aggregates name streams by it: what nobody reads waits for an event that never comes.
      streams: plan.streams.map((stream, index) =>
        streams.has(index) ? stream : { event: `(unread ${index})`, property: null, where: null },
      ),
    },
  };
}

function conditionsOf(content: PlanSource["contents"][number] | undefined): readonly Condition[] {
  return content?.choices.map(({ when }) => when) ?? [];
}

/** These segments and all that they refer to. */
function segmentsBelow(plan: PlanSource, first: readonly number[]): ReadonlySet<number> {
  const found = new Set<number>();
  const open = [...first];
  for (let index = open.pop(); index !== undefined; index = open.pop()) {
    const source = plan.segments[index];
    if (source === undefined || found.has(index)) continue;
    found.add(index);
    open.push(...readsOf([source.when]).segments);
  }
  return found;
}

/** The checked tree is plain JSON, in which whatever refers to a segment names it as `segment`. */
function moved(condition: Condition, placeOf: ReadonlyMap<number, number>): Condition {
  const move = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(move);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, part]) => [
        name,
        name === "segment" && typeof part === "number" ? placeOf.get(part) : move(part),
      ]),
    );
  };
  return move(condition) as Condition;
}
