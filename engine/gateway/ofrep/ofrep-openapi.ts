/** OpenFeature's remote evaluation protocol, as paths of the gateway's OpenAPI document. */
import { referenceTo } from "../described-schemas.ts";
import type { Described } from "../described-schemas.ts";
import { statusText } from "../status-text.ts";
import { OfrepBulkReply, OfrepEvaluation, OfrepFailure, OfrepRequest } from "./ofrep-schemas.ts";

export function ofrepPaths(): Described {
  const key = { name: "key", in: "path", required: true, schema: { type: "string" } };
  const ifNoneMatch = {
    name: "if-none-match",
    in: "header",
    description: "The ETag of an earlier answer: 304 says that nothing has changed.",
    schema: { type: "string" },
  };
  return {
    "/ofrep/v1/evaluate/flags/{key}": {
      post: operation("ofrepEvaluate", {
        summary: "OpenFeature: one flag for one person; a content, `view.` and a content, or `segment.` and a segment.",
        parameters: [key],
        replies: {
          "200": reply(200, { content: json(referenceTo(OfrepEvaluation)) }),
          "404": reply(404, { content: json(referenceTo(OfrepFailure)) }),
        },
      }),
    },
    "/ofrep/v1/evaluate/flags": {
      post: operation("ofrepEvaluateAll", {
        summary: "OpenFeature: all flags for one person.",
        parameters: [ifNoneMatch],
        replies: {
          "200": reply(200, {
            headers: { etag: { schema: { type: "string" } } },
            content: json(referenceTo(OfrepBulkReply)),
          }),
          "304": reply(304, {}),
        },
      }),
    },
  };
}

function json(schema: Described): Described {
  return { "application/json": { schema } };
}

function reply(status: number, rest: Described): Described {
  return { description: statusText(status), ...rest };
}

function operation(
  operationId: string,
  {
    summary,
    parameters,
    replies,
  }: { readonly summary: string; readonly parameters: readonly Described[]; readonly replies: Described },
): Described {
  const failures = [400, 401, 403, 429, 503].map((status) => [
    String(status),
    reply(status, { content: json(referenceTo(OfrepFailure)) }),
  ]);
  return {
    operationId,
    summary,
    parameters,
    security: [{ writeKey: [] }, { bearerKey: [] }, { apiKey: [] }],
    requestBody: { required: true, content: json(referenceTo(OfrepRequest)) },
    responses: { ...replies, ...Object.fromEntries(failures) },
  };
}

/** The ways in which OpenFeature's clients show a key. */
export function ofrepSecurity(): Described {
  return {
    bearerKey: { type: "http", scheme: "bearer", description: "A key of the brand, for OpenFeature's clients." },
    apiKey: { type: "apiKey", in: "header", name: "X-API-Key", description: "The same in a header of its own." },
  };
}
