/** What providers call, as paths of the gateway's OpenAPI document. */
import type { Described } from "../described-schemas.ts";
import { statusText } from "../status-text.ts";
import { CALLBACKS } from "./callback-addresses.ts";

export function callbackPaths(): Described {
  const reference = { name: "reference", in: "path", required: true, schema: { type: "string" } };
  const signed = CALLBACKS.flatMap(({ name, by, provedBy, type, called, ofMessage }): [string, Described][] => {
    const operation = ({ id, tells }: typeof called): Described =>
      callback(id, `By ${by}, signed (${provedBy}): ${tells}.`, type);
    const path = `/v1/callbacks/${name}`;
    return [
      [path, { ...(name === "whatsapp-cloud" && VERIFICATION), post: operation(called) }],
      ...(ofMessage === undefined
        ? []
        : [[`${path}/{reference}`, { parameters: [reference], post: operation(ofMessage) }] as [string, Described]]),
    ];
  });
  return {
    ...Object.fromEntries(signed),
    "/v1/callbacks/email": {
      post: {
        ...callback("returnedMail", "A mail that came back, whole; by a secret key.", "message/rfc822"),
        security: [{ writeKey: [] }],
      },
    },
  };
}

const VERIFICATION: Described = {
  get: {
    operationId: "verifyWhatsappCloud",
    summary: "By Meta, to make sure of the address.",
    security: [],
    parameters: ["hub.verify_token", "hub.challenge"].map((name) => ({
      name,
      in: "query",
      required: true,
      schema: { type: "string" },
    })),
    responses: {
      "200": { description: "The challenge.", content: { "text/plain": {} } },
      "401": { $ref: "#/components/responses/E401" },
    },
  },
};

function callback(operationId: string, summary: string, type: string): Described {
  const refusals = [400, 401, 413, 503].map((status) => [
    String(status),
    { $ref: `#/components/responses/E${status}` },
  ]);
  return {
    operationId,
    summary,
    security: [],
    requestBody: { required: true, content: { [type]: {} } },
    responses: { "204": { description: `${statusText(204)}: all of it is durable.` }, ...Object.fromEntries(refusals) },
  };
}
