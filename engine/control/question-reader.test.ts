/** What was asked wrong is told in words: which member, where, and what is allowed; never what was sent. */
import { Type } from "typebox";
import { describe, expect, test } from "vitest";
import { CHANNELS } from "../model/message.ts";
import { BackupRequestSchema } from "./backup-port.ts";
import { ReconcileQuerySchema } from "./nights-port.ts";
import { OutboxQuery } from "./outbox-port.ts";
import { createBodyReader, createQueryReader } from "./question-reader.ts";
import { ROUTES } from "./routes.ts";
import { TryRequestSchema } from "./try-port.ts";
import { UpliftQuery } from "./uplift-port.ts";

const quoted = CHANNELS.map((channel) => `\`${channel}\``);

function queryOf(path: string) {
  const query = ROUTES.find((route) => route.path === path)?.query;
  if (query === undefined) throw new Error(`${path} takes no query`);
  return query;
}

describe("a query", () => {
  test.each([
    ["?limit", OutboxQuery, { limit: "abc" }, "`limit` in the query must be a whole number from 1 to 1,000."],
    ["?limit", OutboxQuery, { limit: "5000" }, "`limit` in the query must be a whole number from 1 to 1,000."],
    ["?limit", OutboxQuery, { limit: "1.5" }, "`limit` in the query must be a whole number from 1 to 1,000."],
    ["two of it", OutboxQuery, { limit: ["1", "2"] }, "`limit` stands in the query more than once."],
    [
      "?after",
      OutboxQuery,
      { after: "x" },
      "`after` in the query cannot be read; it is `next` of the page before, such as 1767225600000-3-42.",
    ],
    [
      "?within",
      UpliftQuery,
      { within: "soon" },
      "`within` in the query cannot be read; it is a number of milliseconds; 30 days when absent, such as 604800000.",
    ],
    [
      "a misspelt name",
      ReconcileQuerySchema,
      { dryRn: "true" },
      "The query takes no `dryRn`, but `dryRun` and `whole`. Did you mean `dryRun`?",
    ],
    ["a misspelt word", ReconcileQuerySchema, { dryRun: "yes" }, "`dryRun` in the query must be `true` or `false`."],
    ["nothing", queryOf("/v1/customers"), {}, "`q` is missing in the query: what was typed so far."],
    ["an empty one", queryOf("/v1/customers"), { q: "" }, "`q` in the query must be a text of 1 to 200 characters."],
    [
      "?do",
      queryOf("/v1/orders"),
      { do: "explode" },
      "`do` in the query must be `pause`, `resume`, `stop` or `start`.",
    ],
    [
      "?channel",
      queryOf("/v1/orders"),
      { do: "pause", channel: "pigeon" },
      `\`channel\` in the query must be ${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1)}.`,
    ],
  ])("with %s", (_what, schema, sent, message) => {
    expect(createQueryReader(schema)(sent)).toMatchObject({ message });
  });

  test("that is right comes as what it is", () => {
    expect(createQueryReader(OutboxQuery)({ limit: "20", message: "18458f" })).toEqual({
      limit: 20,
      message: "18458f",
    });
    expect(createQueryReader(ReconcileQuerySchema)({ dryRun: "true", whole: "false" })).toEqual({
      dryRun: true,
      whole: false,
    });
  });

  test("of every route is told in words that no machine would use", () => {
    for (const { path, query } of ROUTES) {
      if (query === undefined) continue;
      const { properties } = query as unknown as { readonly properties: Readonly<Record<string, object>> };
      for (const name of Object.keys(properties)) {
        const wrong = createQueryReader(Type.Partial(query as never))({ [name]: "\u0000".repeat(2_000) });
        expect(wrong, `${path} ${name}`).toMatchObject({ refused: "invalid_field" });
        const { message } = wrong as { readonly message: string };
        expect(message, path).toMatch(/^`\w+` in the query (must be|cannot be read; it is) \S.*\.$/);
        expect(message, path).not.toMatch(/\^|undefined|pattern|schema/);
      }
    }
  });
});

describe("a body", () => {
  test.each([
    ["no JSON", TryRequestSchema, "{", "The body is not one JSON value in UTF-8."],
    ["a list", TryRequestSchema, "[]", "The body must be an object."],
    ["nothing in it", TryRequestSchema, "{}", "`rule` is missing in the body: name of a segment, content or trigger."],
    [
      "files that are none",
      TryRequestSchema,
      '{"rule":"vip","since":1,"rules":[{"path":1,"text":""}]}',
      "`rules/0/path` in the body must be a text of 0 to 512 characters.",
    ],
    [
      "a folder that is none",
      BackupRequestSchema,
      '{"folder":"backups"}',
      "`folder` in the body cannot be read; it is a whole path on the engine's computer; it must not be there yet, or be an empty folder, such as /backups/2026-11-29.",
    ],
  ])("with %s", (_what, schema, body, message) => {
    expect(createBodyReader(schema)(body)).toMatchObject({ message });
  });
});
