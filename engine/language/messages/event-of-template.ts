/**
 * Which event's properties a template of messages may show: those of the events that set off the triggers that send it. A
 * date, a schedule, a sequence and a segment come to pass with no event at hand, and a message that one of them sets off
 * shows none; of a template that no trigger sends yet the properties of any event are taken.
 */
import { anyAtHand } from "../check/event-at-hand.ts";
import type { TriggerDeclaration } from "../files/rule-declarations.ts";
import type { Read, RuleSet } from "../check/rule-kind.ts";
import type { EventShown } from "../templates/event-shown.ts";
import type { EventEntry, FieldEntry } from "../check/vocabulary.ts";
import type { MessageChannel } from "./message-dialects.ts";

type Triggers = readonly Read<TriggerDeclaration>[];

export function eventOfTemplate(
  { channel, name }: { readonly channel: MessageChannel; readonly name: string },
  triggers: Triggers,
  { vocabulary }: RuleSet,
): EventShown {
  const senders = triggers.filter(({ declaration: { trigger } }) => {
    const { template, by } = trigger?.send ?? {};
    return template?.value === name && by?.map(({ value }) => value).includes(channel) === true;
  });
  if (senders.length === 0) {
    const { properties, whole, unlike } = anyAtHand(vocabulary);
    return {
      properties: new Map([...properties].filter(([property]) => !unlike.has(property))),
      whole,
      lack: (property) =>
        unlike.has(property)
          ? `\`${property}\` is of ${unlike.get(property)}, and no trigger says yet which of them it is`
          : `no event has a property \`${property}\``,
    };
  }
  const events = new Map<string, EventEntry>();
  for (const { declaration } of senders) {
    const { on } = declaration.trigger ?? {};
    const event = on?.is === "event" ? vocabulary.events.get(on.event.name) : undefined;
    // What sets it off could not be read, or is no event that there is: that is told where it stands.
    if (on === undefined || (on.is === "event" && event === undefined))
      return { properties: new Map(), whole: false, lack: () => "" };
    if (event === undefined)
      return {
        properties: new Map(),
        whole: true,
        lack: () => `\`${declaration.name.name}\` sends this, and ${BY[on.is]}: no event is at hand then`,
      };
    events.set(event.name, event);
  }
  const [first, ...others] = [...events.values()];
  const properties = new Map<string, FieldEntry>();
  for (const [property, entry] of first?.properties ?? [])
    if (others.every((event) => isAlike(entry, event.properties.get(property)))) properties.set(property, entry);
  return {
    properties,
    whole: [...events.values()].every(({ whole }) => whole),
    lack(property) {
      const without = [...events.values()].filter((event) => !event.properties.has(property));
      if (without.length === 0) return `\`${property}\` is not the same in all events that set this off`;
      const names = without.map((event) => `\`${event.name}\``).join(" and ");
      return `${names}, which ${without.length === 1 ? "sets" : "set"} this off, ${without.length === 1 ? "has" : "have"} no property \`${property}\``;
    },
  };
}

const BY = {
  segment: "a segment may be entered or left as time passes",
  sequence: "a sequence is complete after its events",
  date: "a date sets it off",
  schedule: "the calendar sets it off",
  event: "",
} as const;

function isAlike(one: FieldEntry, other: FieldEntry | undefined): boolean {
  if (other === undefined) return false;
  if (one.type === undefined || other.type === undefined) return true;
  if (other.kept?.sensitivity !== one.kept?.sensitivity) return false;
  return one.type.type === other.type.type && one.type.currency === other.type.currency;
}
