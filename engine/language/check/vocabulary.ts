/** The names that rules may use, gathered from all files before any condition is checked. */
import type { FieldType } from "../../model/plan.ts";
import type { ValueType } from "../conditions/kind.ts";
import { eventName } from "../../model/event.ts";
import { nearestName } from "../../model/nearest-name.ts";
import type { Report } from "../source/problem.ts";
import { reservedWords } from "../grammar/keywords.ts";
import type { YamlText } from "../source/yaml-source.ts";

/** A field of a profile or a property of an event. */
export interface FieldEntry {
  readonly name: string;
  /** undefined: its declaration is wrong, which is reported there and not again wherever it is used. */
  readonly type: ValueType | undefined;
  /** Of a field of the profile: what its declaration says of its keeping. */
  readonly kept?: FieldKeeping | undefined;
}

export interface FieldKeeping {
  readonly sensitivity: string | undefined;
  /** GDPR, article 6. */
  readonly basis: string | undefined;
  /** What customers have consented to, with the basis `consent`. */
  readonly purpose: string | undefined;
  /** How long a value is kept after it was last said; undefined: for ever. */
  readonly retentionMs: number | undefined;
}

export interface EventEntry {
  readonly name: string;
  readonly properties: ReadonlyMap<string, FieldEntry>;
  /** False when its file could not be read whole: a property not found may then exist. */
  readonly whole: boolean;
  /** How long it is kept; undefined: for ever. */
  readonly retentionMs?: number | undefined;
}

export interface Vocabulary {
  /** Index by name, in the order of names. */
  readonly lists: ReadonlyMap<string, number>;
  /** By kind and name, as model/place.ts packs them. */
  readonly places: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** IANA name of the brand's zone; and the field that names a customer's own. */
  readonly zone: { readonly brand: string; readonly customer: string | undefined };
  /** In the order of their names, which is the order of `Plan.attributes`. */
  readonly fields: ReadonlyMap<string, FieldEntry>;
  /** False when fields.yaml could not be read whole. */
  readonly fieldsWhole: boolean;
  readonly events: ReadonlyMap<string, EventEntry>;
  /** Index in order of dependency; -1 while its rule is part of a circle, which is reported apart. */
  readonly segments: ReadonlyMap<string, number>;
  /** By purpose of consent.yaml: its channels. */
  readonly purposes: ReadonlyMap<string, readonly string[]>;
  readonly purposesWhole: boolean;
}

/** The declared fields in plan form; those of unknown type are left out, as no plan is made then. */
export function attributesOf(vocabulary: Vocabulary): readonly { readonly name: string; readonly type: FieldType }[] {
  return [...vocabulary.fields.values()].flatMap(({ name, type }) =>
    type === undefined ? [] : [{ name, type: type.type }],
  );
}

/** How long the values of fields are kept, in ms, by their names; undefined: all for ever. */
export function fieldsKeptOf(vocabulary: Vocabulary): Readonly<Record<string, number>> | undefined {
  const aging = [...vocabulary.fields.values()].flatMap(({ name, kept }) =>
    kept?.retentionMs === undefined ? [] : [[name, kept.retentionMs] as const],
  );
  return aging.length === 0 ? undefined : Object.fromEntries(aging);
}

export type NameForm = "kebab" | "snake";

const FORMS: Readonly<Record<NameForm, { readonly pattern: RegExp; readonly words: string }>> = {
  kebab: {
    pattern: /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/,
    words: "small letters, digits and single hyphens, beginning with a letter",
  },
  snake: {
    pattern: /^[\p{Ll}_][\p{Ll}\p{N}_]*(?:\.[\p{Ll}_][\p{Ll}\p{N}_]*)*$/u,
    words: "small letters, digits and underscores, beginning with a letter",
  },
};

const nameCharsMax = 100;

/** Checks the form of a name; false when it was refused. */
export function checkName(text: YamlText, form: NameForm, report: Report): boolean {
  const { pattern, words } = FORMS[form];
  const { value: name, span } = text;
  if (form === "snake" && reservedWords.includes(name)) {
    const message = `\`${name}\` is a word of the rule language, so a rule could not name it plainly`;
    report({ code: "reserved_word", span, message, suggestion: `choose another name, such as \`${name}_value\`` });
    return false;
  }
  if (pattern.test(name) && name.length <= nameCharsMax) return true;
  const message = `\`${name}\` is not a name: names are ${words}, ${nameCharsMax} at most`;
  const snake = eventName("track", name.normalize("NFKC")) as string;
  const proposed =
    form === "snake"
      ? snake
      : snake
          .normalize("NFD")
          .replace(/[^a-z0-9_]/g, "")
          .replaceAll("_", "-");
  const isName = pattern.test(proposed) && proposed.length <= nameCharsMax;
  const suggestion = isName
    ? `write \`${proposed}\``
    : `such as \`${form === "snake" ? "order_completed" : "lapsing-vip"}\``;
  report({ code: "bad_name", span, message, suggestion });
  return false;
}

/** For a name that is not a field: what it is instead, if anything. */
export function otherMeaning(name: string, vocabulary: Vocabulary): string | undefined {
  if (vocabulary.events.has(name)) return `\`${name}\` is an event: write \`count of ${name}\` or \`last ${name}\``;
  if (vocabulary.segments.has(name)) return `\`${name}\` is a segment: write \`in segment ${name}\``;
  const [event = "", ...property] = name.split(".");
  if (vocabulary.events.has(event) && property.length > 0) {
    return `\`${name}\` is a property of an event: write \`sum of ${name}\`, or \`count of ${event} where ...\``;
  }
  const near = nearestName(name, vocabulary.fields.keys());
  return near === undefined ? undefined : `did you mean \`${near}\`?`;
}
