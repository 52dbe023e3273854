/** What links in messages lead to, as paths of the gateway's OpenAPI document: pages for people, and what mail programs do. */
import type { Described } from "../described-schemas.ts";
import { statusText } from "../status-text.ts";

const LINK = { name: "link", in: "path", required: true, description: "Signed.", schema: { type: "string" } };
const LANG = {
  name: "lang",
  in: "query",
  description: "Else as Accept-Language says.",
  schema: { type: "string", enum: ["en", "fr"] },
};

export function linkPaths(): Described {
  return {
    "/p/{link}": {
      get: operation("preferences", "What a person wants to hear of; changes nothing.", { parameters: [LINK, LANG] }),
      post: operation("savePreferences", "Records what they have chosen on that page.", {
        parameters: [LINK],
        replies: { "303": { description: "Saved: back to the page." } },
        form: true,
      }),
    },
    "/u/{link}": {
      get: operation("askUnsubscribe", "Asks whether to unsubscribe; changes nothing.", { parameters: [LINK, LANG] }),
      post: operation("unsubscribe", "Unsubscribes: one click of a mail program (RFC 8058), or the page's button.", {
        parameters: [LINK],
        form: true,
      }),
    },
    "/o/{link}": {
      get: operation("open", "A picture of one point; counts an open where the person agrees.", {
        parameters: [LINK],
        replies: { "200": { description: "OK", content: { "image/gif": {} } } },
      }),
    },
    "/c/{link}": {
      get: operation("click", "The way to where a link leads; counts a click where the person agrees.", {
        parameters: [LINK, { name: "to", in: "query", required: true, schema: { type: "string" } }],
        replies: { "302": { description: "To the address that was signed." } },
      }),
    },
  };
}

function operation(
  operationId: string,
  summary: string,
  {
    parameters,
    replies = { "200": { description: "OK", content: { "text/html": {} } } },
    form = false,
  }: { readonly parameters: readonly Described[]; readonly replies?: Described; readonly form?: boolean },
): Described {
  const failures = [404, 410, 503].map((status) => [
    String(status),
    { description: statusText(status), content: { "text/html": {} } },
  ]);
  return {
    operationId,
    summary,
    parameters,
    security: [],
    ...(form && { requestBody: { content: { "application/x-www-form-urlencoded": {} } } }),
    responses: { ...replies, ...Object.fromEntries(failures) },
  };
}
