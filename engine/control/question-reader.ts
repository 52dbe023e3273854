/**
 * What was asked, in the query or the body of a request, as its schema has it; or a refusal in words for who wrote it: which
 * member, what is allowed there, and never what was sent. What nobody asks for is refused, not passed over: a misspelt
 * `dryRun` would do for good what was to be tried. Schemas are compiled when first wanted: an engine starts without them.
 */
import type { Static, TSchema } from "typebox";
import { Compile, type Validator } from "typebox/compile";
import { nearestName } from "../model/nearest-name.ts";
import { type Refusal, refusal } from "./refusal.ts";

/** The parts of a schema that are told. */
interface Form {
  readonly type?: string;
  readonly const?: unknown;
  readonly anyOf?: readonly Form[];
  readonly items?: Form;
  readonly properties?: Readonly<Record<string, Form>>;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly pattern?: string;
  readonly description?: string;
  readonly examples?: readonly unknown[];
}

type Reader<Schema extends TSchema> = (sent: unknown) => Static<Schema> | Refusal;

/** Of a query as the server has parted it: every value a text, or several where a name came more than once. */
export function createQueryReader<Schema extends TSchema>(schema: Schema): Reader<Schema> {
  const read = createValueReader(schema, "query");
  const { properties = {} } = schema as Form;
  return (sent) => {
    const value: Record<string, unknown> = {};
    for (const [name, text] of Object.entries(sent as Readonly<Record<string, unknown>>)) {
      if (Array.isArray(text)) return refusal("invalid_field", `\`${name}\` stands in the query more than once.`);
      value[name] = typeof text === "string" ? valueOf(text, properties[name]) : text;
    }
    return read(value);
  };
}

export function createBodyReader<Schema extends TSchema>(schema: Schema): Reader<Schema> {
  const read = createValueReader(schema, "body");
  return (body) => {
    let value: unknown;
    try {
      value = JSON.parse(String(body));
    } catch {
      return refusal("malformed_json");
    }
    return read(value);
  };
}

function createValueReader<Schema extends TSchema>(schema: Schema, part: "query" | "body"): Reader<Schema> {
  let validator: Validator | undefined;
  return (value) => {
    validator ??= Compile(schema);
    if (validator.Check(value)) return value as Static<Schema>;
    const findings = validator.Errors(value);
    // What a schema has no member for is found twice, and said by this one.
    const found = findings.find(({ keyword }) => keyword === "additionalProperties") ?? findings[0];
    return refusalOf(schema, part, found ?? { keyword: "", instancePath: "", params: {} });
  };
}

/** A text that is no such value stays as it is, to be refused. */
function valueOf(text: string, form: Form | undefined): unknown {
  if (form?.type === "integer" && /^-?\d{1,15}$/.test(text)) return Number(text);
  if (form?.type === "boolean" && (text === "true" || text === "false")) return text === "true";
  return text;
}

interface Finding {
  readonly keyword: string;
  readonly instancePath: string;
  readonly params: object;
}

function refusalOf(schema: Form, part: string, { keyword, instancePath, params }: Finding): Refusal {
  const path = instancePath.split("/").slice(1);
  const form = path.reduce<Form | undefined>((of, name) => of?.properties?.[name] ?? of?.items, schema);
  const named = (name = ""): string => `\`${[...path, ...(name === "" ? [] : [name])].join("/")}\``;
  if (keyword === "required") {
    const name = firstOf(params, "requiredProperties");
    const meaning = form?.properties?.[name]?.description;
    const told = meaning === undefined ? "" : `: ${meaning}`;
    return refusal("missing_field", `${named(name)} is missing in the ${part}${told}.`);
  }
  if (keyword === "additionalProperties") {
    const known = Object.keys(form?.properties ?? {});
    const name = firstOf(params, "additionalProperties");
    const near = nearestName(name, known);
    const told = near === undefined ? "" : ` Did you mean \`${near}\`?`;
    return refusal(
      "invalid_field",
      `The ${part} takes no ${named(name)}, but ${listed(known.map(quoted), "and")}.${told}`,
    );
  }
  const where = path.length === 0 ? `The ${part}` : `${named()} in the ${part}`;
  return refusal("invalid_field", `${where} ${form === undefined ? "is not as documented" : allowedIn(form)}.`);
}

function allowedIn(form: Form): string {
  const { anyOf, type, pattern, description, examples = [] } = form;
  if (anyOf !== undefined)
    return `must be ${listed(
      anyOf.map((one) => quoted(String(one.const))),
      "or",
    )}`;
  if (pattern !== undefined && description !== undefined)
    return `cannot be read; it is ${description}${examples.length === 0 ? "" : `, such as ${String(examples[0])}`}`;
  switch (type) {
    case "boolean":
      return "must be `true` or `false`";
    case "integer":
      return `must be a whole number${between(form.minimum, form.maximum)}`;
    case "string":
      return `must be a text${form.minLength === undefined && form.maxLength === undefined ? "" : ` of ${form.minLength ?? 0} to ${count(form.maxLength)} characters`}`;
    case "array":
      return `must be a list${form.maxItems === undefined ? "" : ` of ${count(form.maxItems)} entries at most`}`;
    default:
      return "must be an object";
  }
}

function between(least: number | undefined, most: number | undefined): string {
  if (least === undefined && most === undefined) return "";
  if (most === undefined) return ` of ${count(least)} at least`;
  return least === undefined ? ` of ${count(most)} at most` : ` from ${count(least)} to ${count(most)}`;
}

const count = (number = 0): string => number.toLocaleString("en");
const quoted = (name: string): string => `\`${name}\``;

function listed(names: readonly string[], joint: "and" | "or"): string {
  const last = names.at(-1) ?? "nothing";
  return names.length < 2 ? last : `${names.slice(0, -1).join(", ")} ${joint} ${last}`;
}

function firstOf(params: object, member: string): string {
  const names = (params as Readonly<Record<string, unknown>>)[member];
  return Array.isArray(names) ? String(names[0]) : "";
}
