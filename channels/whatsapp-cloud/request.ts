/** A WhatsApp message as Meta's Cloud API takes it: `POST /{version}/{phone number id}/messages`. Pure. */
import type { CallOutcome, OutgoingMessage } from "../../engine/model/message.ts";

/** https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages: text.body. */
const bodyCharsMax = 4096;

export function cloudRequest({
  parts,
  address,
  language,
  reference,
}: OutgoingMessage):
  | { readonly is: "request"; readonly body: string }
  | Extract<CallOutcome, { readonly is: "rejected" }> {
  if (parts.is !== "whatsapp") return { is: "rejected", reason: "unsupported" };
  if (!/^\+[1-9]\d{6,14}$/.test(address)) return { is: "rejected", reason: "bad_address" };
  const about = {
    messaging_product: "whatsapp",
    recipient_type: "individual",
    to: address.slice(1),
    // Comes back with every status.
    biz_opaque_callback_data: reference,
  };
  const { cloudName } = parts.approved;
  if (cloudName === undefined) {
    if (parts.text.trim() === "" || [...parts.text].length > bodyCharsMax) return { is: "rejected", reason: "content" };
    return request({ ...about, type: "text", text: { preview_url: false, body: parts.text } });
  }
  if (parts.variables.some((value) => value.trim() === "" || /[\r\n\t]/.test(value)))
    return { is: "rejected", reason: "content" };
  const parameters = parts.variables.map((text) => ({ type: "text", text }));
  const components = parameters.length === 0 ? [] : [{ type: "body", parameters }];
  const template = {
    name: cloudName,
    language: { policy: "deterministic", code: language.replace("-", "_") },
    components,
  };
  return request({ ...about, type: "template", template });
}

function request(body: unknown): { readonly is: "request"; readonly body: string } {
  return { is: "request", body: JSON.stringify(body) };
}
