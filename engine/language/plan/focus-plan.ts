/**
 * A plan narrowed to one rule: what the rule rests on is kept, everything else is never fed and never evaluated. For looking
 * at a rule over a whole history, where each event is paid for. Its digest is its own.
 */
import type { Condition, PlanSource } from "./checked.ts";
import { conditionsOf, type TriggerSource } from "./checked-trigger.ts";
import { streamsIn } from "./hold-back.ts";
import { readsOf } from "./reads.ts";

export interface FocusedPlan {
  readonly plan: PlanSource;
  readonly kind: "segment" | "content" | "trigger";
  /** Names of the events that the rule rests on. */
  readonly events: readonly string[];
  readonly readsAttributes: boolean;
}

/** @returns undefined when the plan has no rule of that name */
export function focusPlan(plan: PlanSource, rule: string): FocusedPlan | undefined {
  const segment = plan.segments.findIndex(({ name }) => name === rule);
  const content = segment >= 0 ? undefined : plan.contents.find(({ name }) => name === rule);
  const trigger = segment >= 0 || content !== undefined ? undefined : plan.triggers?.find(({ name }) => name === rule);
  if (segment < 0 && content === undefined && trigger === undefined) return undefined;
  const own = [...choicesOf(content), ...(trigger === undefined ? [] : conditionsOf(trigger))];
  const first = segment >= 0 ? [segment] : [...readsOf(own).segments, ...segmentsOfTrigger(trigger)];
  const kept = [...segmentsBelow(plan, first)].sort((a, b) => a - b);
  const placeOf = new Map(kept.map((index, place) => [index, place]));
  const segments = kept.flatMap((index) => {
    const source = plan.segments[index];
    return source === undefined ? [] : [moved(source, placeOf)];
  });
  const contents = content === undefined ? [] : [moved(content, placeOf)];
  const triggers = trigger === undefined ? [] : [moved(trigger, placeOf)];
  const reads = readsOf([...segments.map(({ when }) => when), ...own]);
  const windows = plan.windows?.filter(({ template }) => template === trigger?.send.template) ?? [];
  const aggregates = [
    ...reads.aggregates,
    ...(trigger?.on.is === "sequence" ? [trigger.on.aggregate] : []),
    ...windows.map(({ aggregate }) => aggregate),
  ];
  const streams = new Set(aggregates.flatMap((index) => streamsIn(plan.aggregates[index])));
  const events = [...streams].flatMap((index) => plan.streams[index]?.event ?? []);
  if (trigger?.on.is === "event") events.push(trigger.on.event);
  const { triggers: _triggers, loyalty: _loyalty, ...rest } = plan;
  return {
    kind: segment >= 0 ? "segment" : content !== undefined ? "content" : "trigger",
    events: [...new Set(events)].sort(),
    readsAttributes: reads.attributes.size > 0 || trigger?.on.is === "date" || trigger?.on.is === "schedule",
    plan: {
      ...rest,
      segments,
      contents,
      ...(triggers.length > 0 && { triggers }),
      // An index must not move, as aggregates name streams by it: what nobody reads waits for an event that never comes.
      streams: plan.streams.map((stream, index) =>
        streams.has(index) ? stream : { event: `(unread ${index})`, property: null, where: null },
      ),
    },
  };
}

function choicesOf(content: PlanSource["contents"][number] | undefined): readonly Condition[] {
  return content?.choices.map(({ when }) => when) ?? [];
}

function segmentsOfTrigger(trigger: TriggerSource | undefined): readonly number[] {
  return trigger?.on.is === "segment" ? [trigger.on.segment] : [];
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
function moved<Part>(part: Part, placeOf: ReadonlyMap<number, number>): Part {
  const move = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(move);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [
        name,
        name === "segment" && typeof inner === "number" ? placeOf.get(inner) : move(inner),
      ]),
    );
  };
  return move(part) as Part;
}
