/** What providers call, as paths of the gateway's OpenAPI document. */
import type { Described } from "../described-schemas.ts";
import { statusText } from "../status-text.ts";

const TWILIO = "By Twilio, signed (X-Twilio-Signature): ";
const FORM = "application/x-www-form-urlencoded";

export function callbackPaths(): Described {
  const reference = { name: "reference", in: "path", required: true, schema: { type: "string" } };
  return {
    "/v1/callbacks/sms": {
      post: callback("smsWords", `${TWILIO}what customers write, STOP and START among it.`, FORM),
    },
    "/v1/callbacks/sms/{reference}": {
      parameters: [reference],
      post: callback("smsStatus", `${TWILIO}what became of a text message.`, FORM),
    },
    "/v1/callbacks/whatsapp": { post: callback("whatsappWords", `${TWILIO}what customers write.`, FORM) },
    "/v1/callbacks/whatsapp/{reference}": {
      parameters: [reference],
      post: callback("whatsappStatus", `${TWILIO}what became of a WhatsApp message.`, FORM),
    },
    "/v1/callbacks/whatsapp-cloud": {
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
      post: callback(
        "whatsappCloud",
        "By Meta, signed (X-Hub-Signature-256): statuses, and what customers write.",
        "application/json",
      ),
    },
    "/v1/callbacks/email": {
      post: {
        ...callback("returnedMail", "A mail that came back, whole; by a secret key.", "message/rfc822"),
        security: [{ writeKey: [] }],
      },
    },
  };
}

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
