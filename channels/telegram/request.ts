/** A message as Telegram's Bot API takes it: `sendMessage`. Pure. */
import type { CallOutcome, OutgoingMessage } from "../../engine/model/message.ts";

/** https://core.telegram.org/bots/api#sendmessage: text, in units of UTF-16. */
const textUnitsMax = 4096;

export function telegramRequest({
  parts,
  address,
}: OutgoingMessage):
  | { readonly is: "request"; readonly body: string }
  | Extract<CallOutcome, { readonly is: "rejected" }> {
  if (parts.is !== "telegram") return { is: "rejected", reason: "unsupported" };
  if (!/^[1-9]\d{0,14}$/.test(address)) return { is: "rejected", reason: "bad_address" };
  if (parts.text.trim() === "" || parts.text.length > textUnitsMax) return { is: "rejected", reason: "content" };
  // Without a parse mode every sign is itself; and nothing of what a link leads to is shown for us.
  const body = { chat_id: Number(address), text: parts.text, link_preview_options: { is_disabled: true } };
  return { is: "request", body: JSON.stringify(body) };
}
