/**
 * A plan narrowed to one rule: what the rule rests on is kept, everything else is never fed and never evaluated; of a trigger
 * also those whose messages press upon its own. For looking
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
  /** Of a trigger: names of the events that its rivals rest on besides. */
  readonly rivalEvents: readonly string[];
}

/**
 * A trigger comes with its rivals: those with which it competes, or shares a cap, without which nobody could say what becomes
 * of its messages.
 * @returns undefined when the plan has no rule of that name
 */
export function focusPlan(plan: PlanSource, rule: string): FocusedPlan | undefined {
  const trigger = plan.triggers?.find(({ name }) => name === rule);
  const alone = narrowTo(plan, rule, []);
  const rivals = trigger === undefined ? [] : rivalsOf(trigger, plan);
  if (alone === undefined || rivals.length === 0) return alone && { ...alone, rivalEvents: [] };
  const together = narrowTo(plan, rule, rivals);
  if (together === undefined) return undefined;
  const rivalEvents = together.events.filter((event) => !alone.events.includes(event));
  const readsAttributes = alone.readsAttributes || together.readsAttributes;
  return { ...together, events: alone.events, readsAttributes, rivalEvents };
}

function rivalsOf(trigger: TriggerSource, { triggers = [], pressure }: PlanSource): readonly TriggerSource[] {
  type Cap = NonNullable<typeof pressure>["caps"][number];
  const isUnder = ({ category, channel }: Cap, { category: own, send }: TriggerSource): boolean =>
    (category === null || category === own) && (channel === null || send.by.some((by) => by === channel));
  const caps = pressure?.caps.filter((cap) => isUnder(cap, trigger)) ?? [];
  return triggers.filter(
    (other) =>
      other !== trigger &&
      ((other.category === trigger.category && other.competesForMs > 0 && trigger.competesForMs > 0) ||
        caps.some((cap) => isUnder(cap, other))),
  );
}

function narrowTo(
  plan: PlanSource,
  rule: string,
  rivals: readonly TriggerSource[],
): Omit<FocusedPlan, "rivalEvents"> | undefined {
  const segment = plan.segments.findIndex(({ name }) => name === rule);
  const content = segment >= 0 ? undefined : plan.contents.find(({ name }) => name === rule);
  const trigger = segment >= 0 || content !== undefined ? undefined : plan.triggers?.find(({ name }) => name === rule);
  if (segment < 0 && content === undefined && trigger === undefined) return undefined;
  // In the plan's own order, in which they are decided.
  const kept =
    plan.triggers?.filter((each) => each === trigger || (trigger !== undefined && rivals.includes(each))) ?? [];
  const own = [...choicesOf(content), ...kept.flatMap(conditionsOf)];
  const first = segment >= 0 ? [segment] : [...readsOf(own).segments, ...kept.flatMap(segmentsOfTrigger)];
  const below = [...segmentsBelow(plan, first)].sort((a, b) => a - b);
  const placeOf = new Map(below.map((index, place) => [index, place]));
  const segments = below.flatMap((index) => {
    const source = plan.segments[index];
    return source === undefined ? [] : [moved(source, placeOf)];
  });
  const contents = content === undefined ? [] : [moved(content, placeOf)];
  const triggers = kept.map((each) => moved(each, placeOf));
  const reads = readsOf([...segments.map(({ when }) => when), ...own]);
  const windows = plan.windows?.filter(({ template }) => kept.some(({ send }) => send.template === template)) ?? [];
  const aggregates = [
    ...reads.aggregates,
    ...kept.flatMap(({ on }) => (on.is === "sequence" ? [on.aggregate] : [])),
    ...windows.map(({ aggregate }) => aggregate),
  ];
  const streams = new Set(aggregates.flatMap((index) => streamsIn(plan.aggregates[index])));
  const events = [...streams].flatMap((index) => plan.streams[index]?.event ?? []);
  for (const { on } of kept) if (on.is === "event") events.push(on.event);
  const { triggers: _triggers, loyalty: _loyalty, ...rest } = plan;
  return {
    kind: segment >= 0 ? "segment" : content !== undefined ? "content" : "trigger",
    events: [...new Set(events)].sort(),
    readsAttributes: reads.attributes.size > 0 || kept.some(({ on }) => on.is === "date" || on.is === "schedule"),
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

function segmentsOfTrigger({ on }: TriggerSource): readonly number[] {
  return on.is === "segment" ? [on.segment] : [];
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
