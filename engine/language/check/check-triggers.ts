/** `triggers/*.yaml`: what sets each off, its condition, and whether what it sends may be sent so, against all names. */
import { isChannel, isVisited } from "../../model/message.ts";
import { DAY_MS } from "../../model/local-time.ts";
import { competesForMs, duplicateHorizonMs } from "../../limits.ts";
import { visitedExpiresMs } from "../../limits-of-delivery.ts";
import type { OccasionSource, TriggerSource } from "../plan/checked-trigger.ts";
import { checkCategory, checkChannel } from "./check-sending.ts";
import { noteKept } from "./field-kept.ts";
import { checkDataUse, collectUses, type UsedNames } from "./data-use.ts";
import { anyAtHand, type EventAtHand, oneAtHand } from "./event-at-hand.ts";
import type { OccasionSyntax } from "../files/occasion.ts";
import type { TriggerDeclaration } from "../files/rule-declarations.ts";
import { checkMessages, type ShownByMessages } from "../messages/check-messages.ts";
import { TRANSACTIONAL } from "../../model/sending.ts";
import { suggestName } from "../source/nearest.ts";
import type { Report } from "../source/problem.ts";
import type { CheckedPart, Read, RuleSet } from "./rule-kind.ts";
import type { Span } from "../source/source.ts";
import type { Name } from "../grammar/syntax.ts";
import { typeName } from "./value-type.ts";
import type { EventEntry } from "./vocabulary.ts";

type Trigger = NonNullable<TriggerDeclaration["trigger"]>;
/** Of a trigger that says nothing else. */
const MARKETING = "marketing";

type Place = Pick<Read, "file" | "report">;

export function checkTriggers(reads: readonly Read<TriggerDeclaration>[], set: RuleSet): CheckedPart {
  const inOrder = [...reads].sort((a, b) => (a.declaration.name.name < b.declaration.name.name ? -1 : 1));
  const checked = inOrder.flatMap((read) => checkTrigger(read, set));
  const { fields: messages, properties, recommendations, windows, pageNeeds } = checkMessages(reads, set);
  for (const read of inOrder) checkShown(read, messages, set);
  const triggers = checked.map((trigger) => withShown(trigger, properties, set));
  return {
    plan: {
      ...(triggers.length > 0 && { triggers }),
      ...(Object.keys(messages).length > 0 && { messages }),
      ...(windows.length > 0 && { windows }),
      ...(Object.keys(pageNeeds).length > 0 && { pageNeeds }),
      ...(Object.keys(recommendations).length > 0 && { messageRecommendations: recommendations }),
    },
  };
}

function checkTrigger(read: Read<TriggerDeclaration>, set: RuleSet): readonly TriggerSource[] {
  const { name, trigger } = read.declaration;
  if (trigger === undefined) return [];
  const { category, send, report } = { ...trigger, ...read };
  const { vocabulary, segmentFields } = set;
  if (category !== undefined) checkCategory(category, vocabulary, report);
  const about = category?.value ?? MARKETING;
  checkBy(trigger, about, { set, read });
  const used = collectUses();
  const on = trigger.on === undefined ? undefined : checkOccasion(trigger.on, used, { set, read });
  const checking = set.checking(read, {
    // When it is sent no event is at hand any more.
    atHand: trigger.still === undefined ? atHandOf(trigger.on, set) : undefined,
    steps: stepsOf(trigger.on, set),
    uses: used,
  });
  const when = trigger.when === undefined ? undefined : checking.condition(trigger.when);
  checkIfUnknown(trigger, about, report);
  checkDataUse({ category: about, used, vocabulary, segmentFields }, report);
  const { template, by } = send;
  checkSlot(send, report);
  if (on === undefined || (trigger.hasWhen && when === undefined)) return [];
  if (template === undefined || by === undefined) return [];
  const channels = by.map(({ value }) => value).filter(isChannel);
  return [
    {
      name: name.name,
      on,
      when: when ?? null,
      send: {
        template: template.value,
        by: channels,
        ...(send.slot !== undefined && { slot: send.slot.value }),
      },
      category: about,
      priority: trigger.priority ?? 50,
      expiresMs: trigger.expiresMs ?? (channels.some(isVisited) ? visitedExpiresMs : null),
      atMost: trigger.atMost ?? null,
      competesForMs: trigger.competesForMs ?? (about === "transactional" ? 0 : competesForMs),
      holdout: trigger.holdout === undefined ? null : { percent: trigger.holdout.percent, salt: trigger.holdout.salt },
      ...(trigger.still !== undefined && { still: true as const }),
      ...(trigger.ifUnknown?.choice === "send again" && { ifUnknown: "send again" as const }),
    },
  ];
}

/** A message reads what its words show, whatever the condition of its trigger reads. */
function checkShown(
  { declaration: { trigger }, report }: Read<TriggerDeclaration>,
  messages: ShownByMessages["fields"],
  { vocabulary, segmentFields }: RuleSet,
): void {
  const template = trigger?.send.template;
  if (trigger === undefined || template === undefined) return;
  const category = trigger.category?.value ?? MARKETING;
  const { value: name, span } = template;
  const through = [{ name, span, fields: messages[name] ?? [], shown: true as const }];
  checkDataUse({ category, used: collectUses(), vocabulary, segmentFields, through }, report);
}

/** What its templates show of the event that sets it off, of whatever channel it comes to go by. */
function withShown(
  trigger: TriggerSource,
  properties: ReadonlyMap<string, readonly string[]>,
  { vocabulary }: RuleSet,
): TriggerSource {
  const { on, send } = trigger;
  if (on.is !== "event") return trigger;
  const declared = vocabulary.events.get(on.event)?.properties;
  const names = new Set(send.by.flatMap((channel) => properties.get(`${channel}/${send.template}`) ?? []));
  const shows = [...names].sort().flatMap((name) => {
    const type = declared?.get(name)?.type?.type;
    return type === undefined ? [] : [{ name, path: name.split("."), type }];
  });
  return shows.length === 0 ? trigger : { ...trigger, shows };
}

/** Only a page has places. */
function checkSlot({ by, slot }: Trigger["send"], report: Report): void {
  if (slot === undefined || by === undefined || by.some(({ value }) => value === "web")) return;
  const message = "a `slot` is a place of a page, and this does not go by `web`";
  report({ code: "not_applicable", span: slot.span, message, suggestion: "leave it out, or add `web` to `by`" });
}

/** Twice is worse than not at all, but for what is owed; and what a page or a till shows is called for once. */
function checkIfUnknown({ ifUnknown, send: { by } }: Trigger, about: string, report: Report): void {
  if (ifUnknown?.choice !== "send again") return;
  if (by !== undefined && by.length > 0 && by.every(({ value }) => isChannel(value) && isVisited(value))) {
    const message = "a page and a till show it again by themselves until they have shown it, and nobody has to send it";
    report({ code: "not_applicable", span: ifUnknown.span, message, suggestion: "leave `if unknown` out" });
    return;
  }
  if (about === TRANSACTIONAL) return;
  const message = `\`${about}\` is never sent again where nobody knows whether it was sent: it could come twice`;
  const suggestion = "leave it out, or give what is owed to a customer `category: transactional`";
  report({ code: "not_applicable", span: ifUnknown.span, message, suggestion });
}

/** Each channel is one, and one by which customers consent to what the trigger is about. */
function checkBy({ send }: Trigger, about: string, { set, read }: { set: RuleSet; read: Place }): void {
  const { by } = send;
  if (by === undefined) return;
  const consented = set.vocabulary.purposes.get(about);
  for (const text of by) {
    const { value: name, span } = text;
    const isChannel = checkChannel(text, read.report);
    if (!isChannel || consented === undefined || consented.includes(name)) continue;
    const message = `nobody is asked in consent.yaml whether \`${about}\` may come by \`${name}\``;
    const others = consented.map((channel) => `\`${channel}\``).join(", ");
    const suggestion = `add it to the channels of \`${about}\`, or send by those that are there: ${others}`;
    read.report({ code: "data_use", span, message, suggestion });
  }
}

/** What sets it off by time has no event at hand; a segment may be entered by any event, or by none. */
function atHandOf(on: OccasionSyntax | undefined, { vocabulary }: RuleSet): EventAtHand | undefined {
  if (on?.is === "segment") return anyAtHand(vocabulary);
  const event = on?.is === "event" ? vocabulary.events.get(on.event.name) : undefined;
  return event === undefined ? undefined : oneAtHand(event);
}

/** The events of a sequence: when one is complete, none of them is at hand. */
function stepsOf(on: OccasionSyntax | undefined, { vocabulary: { events } }: RuleSet): readonly EventEntry[] {
  const steps = on?.is === "sequence" ? on.sequence.steps : [];
  return steps.flatMap(({ of, absent }) => (of.kind === "word" && !absent ? (events.get(of.name) ?? []) : []));
}

function checkOccasion(
  on: OccasionSyntax,
  uses: UsedNames,
  { set, read }: { readonly set: RuleSet; readonly read: Place },
): OccasionSource | undefined {
  const { vocabulary } = set;
  switch (on.is) {
    case "event": {
      const event = vocabulary.events.get(on.event.name);
      if (event === undefined) return unknownEvent(on.event, { set, read });
      const checking = set.checking(read, { event, atHand: oneAtHand(event), uses });
      const where = on.where === undefined ? null : checking.condition(on.where);
      return where === undefined ? undefined : { is: "event", event: event.name, where };
    }
    case "sequence": {
      // Kept as long as an event may be late: what completed before sets nothing off.
      const operand = set.checking(read, { uses }).sequence(on.sequence, duplicateHorizonMs);
      return operand?.kind === "aggregate" ? { is: "sequence", aggregate: operand.aggregate } : undefined;
    }
    case "segment": {
      const segment = set.checking(read, { uses }).segment(on.segment);
      return segment === undefined ? undefined : { is: "segment", segment, entered: on.entered };
    }
    case "date": {
      const { field, ...rest } = on;
      const attribute = checkDate(field, uses, { set, read });
      if (attribute !== undefined && !on.yearly && vocabulary.fields.get(field.name)?.type?.everyYear === true) {
        const message = `the first \`${field.name}\` has passed, and without \`every year\` nothing comes after it`;
        const suggestion = `write \`${field.name} every year at ...\``;
        read.report({ code: "always_the_same", span: field.span, message, suggestion });
        return undefined;
      }
      const days = Math.abs(on.offsetDays);
      if (on.yearly && days > YEAR_DAYS) {
        const message = `a day that comes back every year is at most ${YEAR_DAYS} days away, and this is ${days}`;
        const side = on.offsetDays < 0 ? "before" : "after";
        const suggestion = `write \`${days % YEAR_DAYS} days ${side} ${field.name} every year at ...\``;
        read.report({ code: "always_the_same", span: field.span, message, suggestion });
        return undefined;
      }
      const keptMs = vocabulary.fields.get(field.name)?.kept?.retentionMs;
      // What comes back every year comes again while it is kept.
      if (!on.yearly)
        noteKept({ field: field.name, keptMs, afterMs: on.offsetDays * DAY_MS, span: field.span }, read.report);
      return attribute === undefined ? undefined : { ...rest, attribute };
    }
    case "schedule":
      return on;
  }
}

function unknownEvent({ name, span }: Name, { set, read }: { set: RuleSet; read: Place }): undefined {
  const names = [...set.vocabulary.events.keys()];
  const message = `there is no event \`${name}\``;
  const suggestion = otherOccasion(name, set) ?? suggestName(name, names, "events");
  read.report({ code: "unknown_event", span, message, suggestion });
}

/** What is to be written of something that is no event. */
function otherOccasion(name: string, { vocabulary: { segments, fields } }: RuleSet): string | undefined {
  if (segments.has(name)) return `\`${name}\` is a segment: write \`entered segment ${name}\``;
  const type = fields.get(name)?.type;
  if (!fields.has(name)) return undefined;
  if (type?.everyYear === true) return `\`${name}\` is a date: write \`${name} every year at 09:00\``;
  if (isDay(type?.type)) return `\`${name}\` is a date: write \`${name} at 09:00\``;
  return `\`${name}\` is a field: make a segment of what it should be, and write \`entered segment NAME\``;
}

/** The index of a field that holds a day. */
function checkDate(
  { name, span }: { readonly name: string; readonly span: Span },
  uses: UsedNames,
  { set, read }: { readonly set: RuleSet; readonly read: Place },
): number | undefined {
  const { vocabulary } = set;
  if (vocabulary.events.has(name) && !vocabulary.fields.has(name)) {
    const message = `\`${name}\` is an event, and a trigger can wait for a date only`;
    const suggestion = `make a segment of \`last ${name} was more than 3 days ago\`, and write \`entered segment NAME\``;
    read.report({ code: "type_mismatch", span, message, suggestion });
    return undefined;
  }
  const operand = set.checking(read, { uses }).subject({ kind: "word", name, ticked: false, span });
  if (operand?.operand.kind !== "attribute") return undefined;
  const type = vocabulary.fields.get(name)?.type;
  if (type === undefined || isDay(type.type)) return operand.operand.attribute;
  const days = [...vocabulary.fields].flatMap(([field, entry]) => (isDay(entry.type?.type) ? [field] : []));
  const message = `\`${name}\` is ${typeName(type)}, and a trigger can wait for a date only`;
  read.report({ code: "type_mismatch", span, message, suggestion: suggestName(name, days, "dates") });
  return undefined;
}

const YEAR_DAYS = 365;
const isDay = (type: string | undefined): boolean => type === "date" || type === "instant";
