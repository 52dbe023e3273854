/**
 * What Telegram's Bot API answers (https://core.telegram.org/bots/api#making-requests), and what it reports by webhook: what
 * somebody writes to the bot, and that they have blocked it or let it in again. It signs nothing; with each update it shows
 * the secret that it was given with the webhook's address. Pure.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { callbackBytesMax } from "../../engine/model/message-limits.ts";
import type { CallOutcome, ReadCallback, Report, ReportedOutcome } from "../../engine/model/message.ts";
import { type HttpAnswer, waitOf } from "../http/call.ts";

interface Answer {
  readonly ok?: unknown;
  readonly result?: { readonly message_id?: unknown };
  readonly description?: unknown;
  readonly parameters?: { readonly retry_after?: unknown };
}

/** @param now ms since 1970 */
export function telegramOutcome(answer: HttpAnswer, now: number): CallOutcome {
  if (answer.is !== "answer") return answer;
  const { status, headers } = answer;
  const body = parsed(answer.body) as Answer | undefined;
  const id = body?.result?.message_id;
  if (status < 300)
    return body?.ok === true && typeof id === "number"
      ? { is: "accepted", providerId: String(id) }
      : { is: "unknown", reason: "unclear_answer" };
  const code = String(status);
  // It has no codes of its own: what was wrong stands in words, of which these have been the same for years.
  const said = typeof body?.description === "string" ? body.description : "";
  const wait = body?.parameters?.retry_after;
  const waitMs = typeof wait === "number" && wait >= 0 ? wait * 1_000 : waitOf(headers, now);
  if (status === 429) return { is: "throttled", waitMs, code };
  if (/chat not found|user not found|user is deactivated|PEER_ID_INVALID/i.test(said))
    return { is: "rejected", reason: "bad_address", code };
  if (/blocked by the user/i.test(said)) return { is: "rejected", reason: "unsubscribed", code };
  // Has never written to the bot, which may not begin.
  if (status === 403) return { is: "rejected", reason: "blocked", code };
  // No such bot, for a token that is none.
  if (status === 401 || status === 404) return { is: "failed", reason: "credentials", code };
  if (status === 503) return { is: "failed", reason: "unavailable", code };
  return status >= 500
    ? { is: "unknown", reason: "unclear_answer", code }
    : { is: "rejected", reason: "content", code };
}

export interface TelegramCallback {
  /** X-Telegram-Bot-Api-Secret-Token. */
  readonly signature: string | undefined;
  readonly body: Uint8Array;
}

export function readTelegramCallback({ signature, body }: TelegramCallback, secret: string): ReadCallback {
  if (body.length > callbackBytesMax) return { is: "malformed" };
  if (!timingSafeEqual(digest(signature ?? ""), digest(secret))) return { is: "forged" };
  const update = parsed(Buffer.from(body).toString("utf8")) as Update | undefined;
  if (typeof update?.update_id !== "number") return { is: "malformed" };
  const { message, my_chat_member: member } = update;
  const address = addressOf((message ?? member)?.chat);
  // Groups and channels are no customers; and there are more kinds of updates than concern us.
  if (address === undefined) return { is: "reports", reports: [] };
  const outcomes = member === undefined ? outcomesOfWords(message?.text) : outcomesOfChange(member);
  const about = { reference: undefined, providerId: undefined, address };
  return { is: "reports", reports: outcomes.map((outcome): Report => ({ ...about, outcome })) };
}

interface Update {
  readonly update_id?: unknown;
  readonly message?: { readonly chat?: Chat; readonly text?: unknown };
  readonly my_chat_member?: Member;
}

interface Chat {
  readonly id?: unknown;
  readonly type?: unknown;
}

interface Member {
  readonly chat?: Chat;
  readonly old_chat_member?: { readonly status?: unknown };
  readonly new_chat_member?: { readonly status?: unknown };
}

function addressOf(chat: Chat | undefined): string | undefined {
  return chat?.type === "private" && Number.isSafeInteger(chat.id) ? String(chat.id) : undefined;
}

/** A command may name its bot, as those of groups do. STOP counts with more words behind it, and START, which asks for more, alone. */
const STOP = /^(?:\/?stop(?:@\w+)?(?![\p{L}\p{N}_-])|(?:unsubscribe|arr[eê]t)[\s.!]*$)/iu;
const START = /^(?:\/start(?:@\w+)?(?:\s|$)|start[\s.!]*$)/i;

function outcomesOfWords(text: unknown): readonly ReportedOutcome[] {
  const said = typeof text === "string" ? text.normalize("NFC").trim() : "";
  const outcomes: ReportedOutcome[] = [{ is: "replied" }];
  if (STOP.test(said)) outcomes.push({ is: "unsubscribed" });
  if (START.test(said)) outcomes.push({ is: "resubscribed" });
  return outcomes;
}

function outcomesOfChange(member: Member): readonly ReportedOutcome[] {
  const [before, now] = [member.old_chat_member?.status, member.new_chat_member?.status];
  if (now === "kicked") return [{ is: "unsubscribed" }];
  return before === "kicked" ? [{ is: "resubscribed" }] : [];
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

function parsed(text: string): unknown {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
