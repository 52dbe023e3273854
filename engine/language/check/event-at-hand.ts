/**
 * The event at hand: what triggers and contents may read of the very event that is being decided about. Its properties are
 * named like fields; where a name could be either, the rule says which: `event.properties.NAME`, or the field in backticks.
 */
import type { Operand } from "../plan/checked.ts";
import type { CheckingOptions } from "./checking-options.ts";
import type { ValueType } from "../conditions/kind.ts";
import { EVENT_PROPERTIES } from "../grammar/keywords.ts";
import { suggestName } from "../source/nearest.ts";
import type { OperandSyntax } from "../grammar/syntax.ts";
import type { EventEntry, FieldEntry, Vocabulary } from "./vocabulary.ts";

export interface EventAtHand {
  /** The event's name; empty when it may be any. */
  readonly name: string;
  readonly properties: ReadonlyMap<string, FieldEntry>;
  /** Properties of these names cannot be read: what types they have in which events. */
  readonly unlike: ReadonlyMap<string, string>;
  /** False when a file could not be read whole: a property not found may then exist. */
  readonly whole: boolean;
  /** What is to be said of a name that is neither a property nor a field, where that is more than that there is none. */
  readonly unknown?: (
    name: string,
  ) => { readonly message: string; readonly suggestion: string } | "reported" | undefined;
}

export function oneAtHand(event: EventEntry): EventAtHand {
  const { name, properties, whole } = event;
  return { name, properties, unlike: new Map(), whole };
}

/** Whatever event it may be: the properties of all, those that are of one type wherever they are declared. */
export function anyAtHand({ events }: Vocabulary): EventAtHand {
  const properties = new Map<string, FieldEntry>();
  const unlike = new Map<string, string>();
  const declaredBy = new Map<string, string>();
  for (const event of events.values())
    for (const [name, entry] of event.properties) {
      const known = properties.get(name);
      if (known === undefined) {
        properties.set(name, entry);
        declaredBy.set(name, event.name);
      } else if (isAlike(known.type, entry.type)) properties.set(name, { name, type: widened(known.type, entry.type) });
      else unlike.set(name, `one type in \`${declaredBy.get(name)}\` and another in \`${event.name}\``);
    }
  const whole = [...events.values()].every((event) => event.whole);
  return { name: "", properties, unlike, whole };
}

function isAlike(a: ValueType | undefined, b: ValueType | undefined): boolean {
  return a === undefined || b === undefined || (a.type === b.type && a.currency === b.currency);
}

function widened(a: ValueType | undefined, b: ValueType | undefined): ValueType | undefined {
  if (a === undefined || b === undefined) return undefined;
  if (a.oneOf === undefined || b.oneOf === undefined) return { ...a, oneOf: undefined };
  return { ...a, oneOf: [...new Set([...a.oneOf, ...b.oneOf])] };
}

/** Whether the word means a property of the event at hand. */
export function isEventProperty(name: string, { atHand, event }: CheckingOptions): boolean {
  if (event !== undefined) return false;
  return name.startsWith(EVENT_PROPERTIES) || atHand?.properties.has(name) === true;
}

/** "`order_completed` has no property", "no event has a property". */
export function lackOf({ name }: EventAtHand): string {
  return name === "" ? "no event has a property" : `\`${name}\` has no property`;
}

type Found = { readonly operand: Operand; readonly type: ValueType | undefined };

/** @returns undefined when it was wrong and reported */
export function nameAtHand(
  { name, span, ticked }: Extract<OperandSyntax, { kind: "word" }>,
  { atHand, vocabulary, report }: CheckingOptions,
): Found | "a field" | undefined {
  const isExplicit = name.startsWith(EVENT_PROPERTIES);
  if (atHand === undefined) {
    if (!isExplicit) return "a field";
    const message = "no event is at hand here: only contents, and triggers that an event sets off, have one";
    const suggestion = "ask for past events: `count of EVENT where ...`, or make it the `when` of a trigger";
    report({ code: "not_applicable", span, message, suggestion });
    return undefined;
  }
  const property = isExplicit ? name.slice(EVENT_PROPERTIES.length) : name;
  const entry = atHand.properties.get(property);
  if (!isExplicit && vocabulary.fields.has(name)) {
    // In backticks it is the field; and so it is where the event may well be another one, without such a property.
    if (entry === undefined || ticked || atHand.name === "") return "a field";
    const message = `\`${name}\` is a field of the profile and a property of \`${atHand.name}\``;
    const suggestion = `write \`${EVENT_PROPERTIES}${name}\` for that of the event, or put the field in backticks`;
    report({ code: "ambiguous_word", span, message, suggestion });
    return undefined;
  }
  if (entry === undefined) {
    if (!isExplicit) return "a field";
    if (!atHand.whole) return undefined;
    const unknown = atHand.unknown?.(property);
    if (unknown === "reported") return undefined;
    const suggestion = suggestName(property, [...atHand.properties.keys()], "properties");
    const message = `${lackOf(atHand)} \`${property}\``;
    report({ code: "unknown_property", span, ...(unknown ?? { message, suggestion }) });
    return undefined;
  }
  const unlike = atHand.unlike.get(property);
  if (unlike !== undefined) {
    const message = `\`${property}\` has ${unlike}, so nobody could say which is meant`;
    const suggestion = "declare them of one type, or decide by past events: `last EVENT where ...`";
    report({ code: "type_mismatch", span, message, suggestion });
    return undefined;
  }
  const path = property.split(".");
  return { operand: { kind: "event-property", path, type: entry.type?.type ?? "text" }, type: entry.type };
}
