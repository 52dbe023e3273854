/** Telegram's own description of its Bot API, as an OpenAPI document of the one method that is called. */
import type { Contract } from "../../tests/support/contract-server.ts";

export const TOKEN = `123456789:${"AbCdE-_".repeat(5)}`;
export const METHOD = "/bot{token}/sendMessage";

interface Field {
  readonly name: string;
  readonly types: readonly string[];
  readonly required: boolean;
}

interface BotApi {
  readonly methods: Readonly<
    Record<string, { readonly fields?: readonly Field[]; readonly returns: readonly string[] }>
  >;
  readonly types: Readonly<
    Record<string, { readonly fields?: readonly Field[]; readonly subtypes?: readonly string[] }>
  >;
}

type Schema = Readonly<Record<string, unknown>>;

const PLAIN: Readonly<Record<string, { readonly schema: Schema; readonly example: unknown }>> = {
  Integer: { schema: { type: "integer" }, example: 1 },
  Float: { schema: { type: "number" }, example: 1.5 },
  String: { schema: { type: "string" }, example: "private" },
  Boolean: { schema: { type: "boolean" }, example: true },
};

export function telegramAsOpenApi(contract: unknown): Contract {
  const { methods, types } = contract as BotApi;
  const method = methods["sendMessage"];
  const [returned = ""] = method?.returns ?? [];

  function schemaOf(type: string): Schema {
    const of = /^Array of (.+)$/.exec(type)?.[1];
    if (of !== undefined) return { type: "array", items: schemaOf(of) };
    const plain = PLAIN[type];
    if (plain !== undefined) return plain.schema;
    const { fields, subtypes } = types[type] ?? {};
    // What may be one of several is not asked for here.
    return subtypes === undefined && fields !== undefined ? objectOf(fields) : { type: "object" };
  }

  function objectOf(fields: readonly Field[]): Schema {
    const properties = fields.map((field) => {
      const schemas = field.types.map(schemaOf);
      return [field.name, schemas.length === 1 ? schemas[0] : { anyOf: schemas }] as const;
    });
    const required = fields.filter((field) => field.required).map(({ name }) => name);
    return {
      type: "object",
      properties: Object.fromEntries(properties),
      additionalProperties: false,
      ...(required.length > 0 && { required }),
    };
  }

  /** What is always there, of each type. */
  function exampleOf(type: string): unknown {
    const plain = PLAIN[type];
    if (plain !== undefined) return plain.example;
    const always = types[type]?.fields?.filter((field) => field.required) ?? [];
    return Object.fromEntries(always.map((field) => [field.name, exampleOf(field.types[0] ?? "")]));
  }

  const json = (content: Schema): Schema => ({ content: { "application/json": content } });
  const answer = { schema: { type: "object" }, example: { ok: true, result: exampleOf(returned) } };
  const document = {
    openapi: "3.0.3",
    info: { title: "Telegram Bot API", version: "1" },
    paths: {
      [METHOD]: {
        parameters: [{ name: "token", in: "path", required: true, schema: { type: "string" } }],
        post: {
          requestBody: { required: true, ...json({ schema: objectOf(method?.fields ?? []) }) },
          responses: { "200": { description: "Sent.", ...json(answer) } },
        },
      },
    },
  };
  return document;
}
