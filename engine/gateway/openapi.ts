/**
 * The HTTP side of the gateway in OpenAPI 3.1, made from the wire schemas; the copy in the tree,
 * `generated/gateway-openapi.json`, is kept fresh by a test, so that a change of the wire is seen in review.
 * Source: https://spec.openapis.org/oas/v3.1.0
 */
import { searchCharsMax } from "../limits.ts";
import { PROBLEMS } from "../model/errors.ts";
import { EVENT_TYPES } from "../model/event.ts";
import type { EventType } from "../model/event.ts";
import { callbackPaths } from "./callbacks/callbacks-openapi.ts";
import { linkPaths } from "./links/links-openapi.ts";
import { ofrepPaths, ofrepSecurity } from "./ofrep/ofrep-openapi.ts";
import { productPaths } from "./products-openapi.ts";
import { describedSchemas, referenceTo } from "./described-schemas.ts";
import type { Described } from "./described-schemas.ts";
import { HttpReceiptBatchReply, HttpReceiptReply, Receipt, ReceiptBatchRequest } from "./receipt-schemas.ts";
import { statusText } from "./status-text.ts";
import {
  BatchRequest,
  DecideReply,
  DecideRequest,
  HttpBatchReply,
  HttpEventReply,
  HttpProblemReply,
  MESSAGES,
} from "./wire-schemas.ts";

export function openApiDocument(): Described {
  const schemas = describedSchemas();
  return {
    openapi: "3.1.0",
    info: {
      title: "Vif gateway",
      version: "1",
      description:
        "The Segment HTTP tracking API, and the decisions made because of what was sent. 200 means durable, or refused for good; after 429 and 503 the whole request may be repeated as it is.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    security: [{ writeKey: [] }, {}],
    paths: {
      ...Object.fromEntries(EVENT_TYPES.map((type) => [`/v1/${type}`, { post: eventOperation(type) }])),
      "/v1/batch": {
        post: operation("batch", {
          summary: "Many events; one result each, in order.",
          request: referenceTo(BatchRequest),
          reply: referenceTo(HttpBatchReply),
        }),
      },
      "/v1/decide": {
        post: operation("decide", {
          summary:
            "What is decided for one person now: values, markup in a language, and reasons where asked. Changes nothing.",
          request: referenceTo(DecideRequest),
          reply: referenceTo(DecideReply),
        }),
      },
      ...ofrepPaths(),
      ...linkPaths(),
      ...callbackPaths(),
      "/v1/projects/{writeKey}/settings": {
        get: {
          ...probe("clientSettings", "What Segment's browser library asks before it sends.", "application/json"),
          parameters: [
            { name: "writeKey", in: "path", required: true, description: "A browser key.", schema: { type: "string" } },
          ],
        },
      },
      "/v1/receipts": { post: receiptsOperation() },
      ...productPaths(problemReferences()),
      "/v1/customers": {
        get: {
          operationId: "customers",
          summary: "People by name, e-mail, phone or card, as one types; by a till's or a server's key.",
          parameters: [
            { name: "q", in: "query", required: true, schema: { type: "string", maxLength: searchCharsMax } },
          ],
          responses: {
            "200": { description: "At most ten.", content: { "application/json": {} } },
            "401": { $ref: "#/components/responses/E401" },
            "503": { $ref: "#/components/responses/E503" },
          },
        },
      },
      "/healthz": { get: probe("healthz", "The process answers.", "application/json") },
      "/readyz": { get: probe("readyz", "Events are taken; 503 while not.", "application/json") },
      "/metrics": { get: probe("metrics", "Prometheus metrics.", "text/plain") },
      "/openapi.json": { get: probe("openapi", "This document.", "application/json") },
      "/asyncapi.json": { get: probe("asyncapi", "The sockets, described.", "application/json") },
    },
    components: {
      securitySchemes: {
        writeKey: {
          type: "http",
          scheme: "basic",
          description: "The write key as user, no password; or `writeKey` in the body, where headers cannot be set.",
        },
        ...ofrepSecurity(),
      },
      responses: problemResponses(),
      schemas: { ...schemas, ...Object.fromEntries(EVENT_TYPES.map((type) => callSchema(schemas, type))) },
    },
  };
}

/** A message on the path of its type, which therefore need not say it. */
function callSchema(schemas: Described, type: EventType): readonly [string, Described] {
  const { title } = MESSAGES[type] as { readonly title?: string };
  const schema = schemas[title ?? ""] as { readonly required?: readonly string[] } & Described;
  const required = (schema.required ?? []).filter((name) => name !== "type");
  return [`${title}Call`, { ...schema, title: `${title}Call`, required }];
}

function eventOperation(type: EventType): Described {
  const { title } = MESSAGES[type] as { readonly title?: string };
  const call = { $ref: `#/components/schemas/${title}Call` };
  const described = operation(type, {
    summary: `One ${type} call.`,
    request: call,
    reply: referenceTo(HttpEventReply),
  });
  return {
    ...described,
    parameters: [
      {
        name: "decisions",
        in: "query",
        description: "1: reply with the decisions after the event; a browser needs its visitor's token for it.",
        schema: { type: "string", enum: ["1"] },
      },
      {
        name: "x-vif-visitor-token",
        in: "header",
        description: "The visitor's token; `visitorToken` in the body does as well.",
        schema: { type: "string" },
      },
    ],
  };
}

interface Exchanged {
  readonly summary: string;
  readonly request: Described;
  readonly reply: Described;
}

function receiptsOperation(): Described {
  const header = (name: string, description: string): Described => ({
    name,
    in: "header",
    required: true,
    description,
    schema: { type: "string" },
  });
  return {
    ...operation("receipts", {
      summary:
        "A till's receipts: one, or many as a batch. Answered with points, balance, and what to print and to show.",
      request: { anyOf: [referenceTo(Receipt), referenceTo(ReceiptBatchRequest)] },
      reply: { anyOf: [referenceTo(HttpReceiptReply), referenceTo(HttpReceiptBatchReply)] },
    }),
    security: [],
    parameters: [
      header("Vif-Till", "Name of the till's key."),
      header("Vif-Time", "Milliseconds since 1970, at most five minutes from the engine's clock."),
      header(
        "Vif-Signature",
        "v1= and, in hex, the HMAC-SHA256 by the till's key of the time, a dot and the body before packing.",
      ),
    ],
  };
}

function operation(operationId: string, { summary, request, reply }: Exchanged): Described {
  return {
    operationId,
    summary,
    requestBody: {
      required: true,
      description: "JSON, whatever the content type says; may be packed with gzip.",
      content: { "application/json": { schema: request }, "text/plain": { schema: request } },
    },
    responses: {
      "200": { description: "OK", content: { "application/json": { schema: reply } } },
      ...problemReferences(),
    },
  };
}

/** By status, as an operation has them. */
function problemReferences(): Described {
  const names = Object.keys(problemResponses());
  return Object.fromEntries(names.map((name) => [name.slice(1), { $ref: `#/components/responses/${name}` }]));
}

/** One a status of the catalogue, such as `E404`, naming the codes that come with it. */
function problemResponses(): Described {
  const codes = new Map<number, string[]>();
  for (const [code, [status]] of Object.entries(PROBLEMS)) codes.set(status, [...(codes.get(status) ?? []), code]);
  const retryAfter = { headers: { "retry-after": { description: "Seconds.", schema: { type: "integer" } } } };
  return Object.fromEntries(
    [...codes].map(([status, named]) => [
      `E${status}`,
      {
        description: `${statusText(status)}: ${named.join(", ")}`,
        ...(status === 429 || status === 503 ? retryAfter : {}),
        content: { "application/json": { schema: referenceTo(HttpProblemReply) } },
      },
    ]),
  );
}

function probe(operationId: string, summary: string, type: string): Described {
  return {
    operationId,
    summary,
    security: [],
    responses: { "200": { description: "OK", content: { [type]: {} } } },
  };
}
