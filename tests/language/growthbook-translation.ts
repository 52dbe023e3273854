/**
 * GrowthBook's conditions in our words. What has none, on purpose, is a non-goal with its reason. Names of attributes become
 * names of fields; an attribute that is not of the type that the condition wants is not known, as it would be to Vif.
 */
import type { Json, JsonObject } from "../../engine/model/event.ts";

export class NonGoal extends Error {}

const REASONS = {
  version: "version numbers are no type",
  regex: "no regular expression is ever taken from a file; globs, `contains`, `starts with` and `ends with` are",
  mapping: "a mapping is fields of its own, each of a declared type",
  whole: "lists and mappings are not compared as a whole",
  entries: "lists hold texts, and these are compared as they are",
  order: "texts have no order",
  coercion: "values of two types are never compared; to do so is a mistake that is told at load",
  empty: "a group of nothing is a mistake that is told at load",
  malformed: "what is malformed is a mistake that is told at load, and never silently false",
  unknownZero: "what is not known is not 0: every comparison with it is false",
} as const;

export type NonGoalReason = keyof typeof REASONS;

const refuse = (reason: NonGoalReason): never => {
  throw new NonGoal(REASONS[reason]);
};

export type WantedType = "text" | "number" | "boolean" | "list";

export interface Translation {
  readonly when: Json;
  readonly fields: Readonly<Record<string, WantedType>>;
  readonly profile: JsonObject;
}

/** @throws NonGoal */
export function translate(condition: JsonObject, attributes: JsonObject, groups: JsonObject): Translation {
  const fields: Record<string, WantedType> = {};

  function want(path: string, type: WantedType | undefined): string {
    const name = fieldName(path);
    const wanted = type ?? typeOf(read(attributes, path)) ?? "text";
    if (fields[name] !== undefined && fields[name] !== wanted && type !== undefined) refuse("coercion");
    fields[name] ??= wanted;
    return name;
  }

  function all(of: JsonObject): string {
    const parts = Object.entries(of).map(([key, value]) => {
      if (key === "$and" || key === "$or" || key === "$nor") {
        const below = (value as JsonObject[]).map((part) => all(part));
        if (below.length === 0) refuse("empty");
        const joined = `(${below.join(key === "$and" ? " and " : " or ")})`;
        return key === "$nor" ? `not ${joined}` : joined;
      }
      return key === "$not" ? `not (${all(value as JsonObject)})` : field(key, value);
    });
    return parts.length === 0 ? refuse("empty") : `(${parts.join(" and ")})`;
  }

  function field(path: string, test: Json): string {
    if (test === null) return `${want(path, undefined)} is unknown`;
    if (Array.isArray(test)) return refuse("whole");
    if (typeof test !== "object") return `${want(path, typeOf(test))} = ${literal(test)}`;
    const operators = Object.entries(test);
    if (!operators.every(([name]) => name.startsWith("$"))) return refuse("whole");
    return `(${operators.map(([name, value]) => operator(path, name, value)).join(" and ")})`;
  }

  function operator(path: string, name: string, value: Json): string {
    if (name.startsWith("$v")) return refuse("version");
    if (name === "$type") return typed(path, value as string);
    if (name === "$not") return `not (${field(path, value)})`;
    if (name === "$exists") return `${want(path, undefined)} is ${value === true ? "known" : "unknown"}`;
    if (name === "$eq") return field(path, value);
    if (name === "$ne") return `not (${field(path, value)})`;
    if (name === "$inGroup" || name === "$notInGroup") {
      const members = (groups[value as string] ?? []) as readonly Json[];
      const same = members.filter((member) => typeof member === typeof read(attributes, path));
      // A group of nobody, in a rule, is one that nobody is in.
      const inside = same.length === 0 ? `${want(path, undefined)} in [${literal(none(path))}]` : oneOf(path, same);
      return name === "$inGroup" ? inside : `not (${inside})`;
    }
    if (/^\$(gt|lt)e?$/.test(name)) {
      if (typeof value === "string") return refuse(typeof read(attributes, path) === "string" ? "order" : "coercion");
      if (read(attributes, path) === undefined) return refuse("unknownZero");
      if (typeof read(attributes, path) === "string") return refuse("coercion");
      const sign = { $gt: ">", $gte: ">=", $lt: "<", $lte: "<=" }[name] ?? "";
      return `${want(path, "number")} ${sign} ${literal(value)}`;
    }
    if (name === "$size") {
      const size = `size of ${want(path, "list")}`;
      if (typeof value === "number") return `${size} = ${value}`;
      const [[sign, number] = []] = Object.entries(value as JsonObject);
      return `${size} ${sign === "$gt" ? ">" : refuse("malformed")} ${literal(number ?? 0)}`;
    }
    if (/^\$n?ini?$|^\$alli?$/.test(name)) return membership(path, name, value);
    if (name === "$elemMatch") {
      const [[inner, of] = []] = Object.entries(value as JsonObject);
      if (inner === "$eq") return `${want(path, "list")} has any of [${literal(of ?? null)}]`;
      if (inner === "$in") return `${want(path, "list")} has any of [${(of as Json[]).map(literal).join(", ")}]`;
      return refuse("entries");
    }
    const [, not, caseless] = /^\$(not)?[rR]egex(i?)$/.exec(name) ?? refuse("malformed");
    const matched = regex(want(path, "text"), value as string, caseless === "i");
    return not === undefined ? matched : `not (${matched})`;
  }

  /** The type of a field is declared, and a value of another type is no value. */
  function typed(path: string, name: string): string {
    if (name === "object") return refuse("mapping");
    if (name === "null") return `${want(path, undefined)} is unknown`;
    const type = ({ string: "text", number: "number", boolean: "boolean", array: "list" } as const)[name];
    return `${want(path, type ?? refuse("malformed"))} is known`;
  }

  function membership(path: string, name: string, value: Json): string {
    if (!Array.isArray(value)) return refuse("malformed");
    const caseless = name.endsWith("ini") || name === "$alli";
    const isList = Array.isArray(read(attributes, path)) || name.startsWith("$all");
    const values = caseless ? value.map((text) => (text as string).toLowerCase()) : value;
    const listed = `[${values.map(literal).join(", ")}]`;
    const negated = name.startsWith("$n");
    if (!isList && caseless) {
      const inside = `lowercase(${want(path, "text")}) in ${listed}`;
      return negated ? `not (${inside})` : inside;
    }
    if (!isList) return negated ? `not (${oneOf(path, values)})` : oneOf(path, values);
    const list = want(path, "list");
    if (caseless && JSON.stringify(read(attributes, path)) !== JSON.stringify(read(attributes, path))?.toLowerCase())
      return refuse("entries");
    return `${list} has ${name.startsWith("$all") ? "all" : negated ? "none" : "any"} of ${listed}`;
  }

  function oneOf(path: string, values: readonly Json[]): string {
    return `${want(path, typeOf(values[0] ?? null))} in [${values.map(literal).join(", ")}]`;
  }

  /** A value of the attribute's type that it does not have. */
  function none(path: string): Json {
    return typeof read(attributes, path) === "number" ? -1 : "nobody";
  }

  const when = all(condition);
  const profile: Record<string, Json> = {};
  for (const [path, value] of flatten(attributes)) {
    const name = fieldName(path);
    const type = fields[name];
    if (type === undefined || value === null || typeOf(value) !== type) continue;
    profile[name] = Array.isArray(value) ? value.map(String) : value;
  }
  return { when, fields: Object.keys(fields).length === 0 ? { x: "text" } : fields, profile };
}

/** Alternatives of plain texts, anchored or not. */
function regex(name: string, pattern: string, caseless: boolean): string {
  const [, start, body = "", end] = /^(\^?)\(?([\w|-]+)\)?(\$?)$/.exec(pattern) ?? refuse("regex");
  const how = start === "^" ? "starts with" : end === "$" ? "ends with" : "contains";
  const subject = caseless ? `lowercase(${name})` : name;
  const texts = body.split("|").map((text) => (caseless ? text.toLowerCase() : text));
  return `(${texts.map((text) => `${subject} ${how} ${literal(text)}`).join(" or ")})`;
}

const literal = (value: Json): string =>
  typeof value === "string" ? `"${value.replace(/["\\]/g, "\\$&")}"` : String(value);

function typeOf(value: Json | undefined): WantedType | undefined {
  if (Array.isArray(value)) return "list";
  if (typeof value === "string") return "text";
  if (typeof value === "number" || typeof value === "boolean") return typeof value as "number" | "boolean";
  return undefined;
}

const fieldName = (path: string): string =>
  path.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).replace(/[^a-z0-9_.]/g, "");

function read(of: Json, path: string): Json | undefined {
  return path
    .split(".")
    .reduce<Json | undefined>(
      (value, key) =>
        typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject)[key] : undefined,
      of,
    );
}

function flatten(of: JsonObject, before = ""): readonly (readonly [string, Json])[] {
  return Object.entries(of).flatMap(([key, value]) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? flatten(value as JsonObject, `${before}${key}.`)
      : [[`${before}${key}`, value] as const],
  );
}
