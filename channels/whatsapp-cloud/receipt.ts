/**
 * What Meta's Cloud API answers, and what it reports by webhook: statuses and customers' messages, signed with the app's
 * secret over the bytes of the body (X-Hub-Signature-256). Error codes are those of
 * https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes. Pure.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { callbackBytesMax } from "../../engine/model/message-limits.ts";
import type { CallOutcome, ReadCallback, RejectedReason, Report, ReportedOutcome } from "../../engine/model/message.ts";
import { type HttpAnswer, waitOf } from "../http/call.ts";

const REASONS: ReadonlyMap<number, RejectedReason> = new Map([
  [131026, "bad_address"],
  [131030, "bad_address"],
  [131021, "bad_address"],
  [131050, "unsubscribed"],
  [131049, "blocked"],
  [130497, "blocked"],
  [368, "blocked"],
  [131047, "outside_window"],
  [131008, "content"],
  [131009, "content"],
  [131051, "content"],
  [131052, "content"],
  [131053, "content"],
  [132000, "content"],
  [132001, "content"],
  [132005, "content"],
  [132007, "content"],
  [132012, "content"],
  [132015, "content"],
  [132016, "content"],
  [100, "content"],
]);
const CREDENTIALS: ReadonlySet<number> = new Set([0, 3, 10, 190, 131005, 131031, 131042, 131045, 133010]);
const THROTTLED: ReadonlySet<number> = new Set([4, 80007, 130429, 131048, 131056, 133016]);
const UNAVAILABLE: ReadonlySet<number> = new Set([2, 131016, 131057, 133004]);

interface CloudError {
  readonly code?: unknown;
}

/** @param now ms since 1970 */
export function cloudOutcome(answer: HttpAnswer, now: number): CallOutcome {
  if (answer.is !== "answer") return answer;
  const { status, headers } = answer;
  const body = parsed(answer.body) as { messages?: readonly { id?: unknown }[]; error?: CloudError } | undefined;
  const id = body?.messages?.[0]?.id;
  if (status < 300)
    return typeof id === "string" ? { is: "accepted", providerId: id } : { is: "unknown", reason: "unclear_answer" };
  const number = typeof body?.error?.code === "number" ? body.error.code : undefined;
  const code = String(number ?? status);
  const waitMs = waitOf(headers, now);
  if (status === 429 || (number !== undefined && THROTTLED.has(number))) return { is: "throttled", waitMs, code };
  const reason = number === undefined ? undefined : REASONS.get(number);
  if (reason !== undefined) return { is: "rejected", reason, code };
  if (status === 401 || status === 403 || (number !== undefined && CREDENTIALS.has(number)))
    return { is: "failed", reason: "credentials", code };
  if (status === 503 || (number !== undefined && UNAVAILABLE.has(number)))
    return { is: "failed", reason: "unavailable", code };
  return status >= 500
    ? { is: "unknown", reason: "unclear_answer", code }
    : { is: "rejected", reason: "content", code };
}

export interface CloudCallback {
  /** X-Hub-Signature-256: `sha256=` and hex. */
  readonly signature: string | undefined;
  readonly body: Uint8Array;
}

export function readCloudCallback({ signature, body }: CloudCallback, appSecret: string): ReadCallback {
  if (body.length > callbackBytesMax) return { is: "malformed" };
  const wanted = Buffer.from(`sha256=${createHmac("sha256", appSecret).update(body).digest("hex")}`);
  const given = Buffer.from(signature ?? "");
  if (wanted.length !== given.length || !timingSafeEqual(wanted, given)) return { is: "forged" };
  const told = parsed(Buffer.from(body).toString("utf8")) as Told | undefined;
  if (told?.object !== "whatsapp_business_account" || !Array.isArray(told.entry)) return { is: "malformed" };
  const values = told.entry.flatMap((entry) => entry.changes ?? []).flatMap(({ value }) => value ?? []);
  return { is: "reports", reports: values.flatMap(reportsOf) };
}

interface Told {
  readonly object?: unknown;
  readonly entry?: readonly { readonly changes?: readonly { readonly value?: CloudValue }[] }[];
}

interface CloudValue {
  readonly statuses?: readonly {
    readonly id?: string;
    readonly status?: string;
    readonly recipient_id?: string;
    readonly biz_opaque_callback_data?: string;
    readonly errors?: readonly CloudError[];
  }[];
  readonly messages?: readonly { readonly from?: string; readonly text?: { readonly body?: string } }[];
  readonly user_preferences?: readonly { readonly wa_id?: string; readonly value?: string }[];
}

function reportsOf({
  statuses = [],
  messages = [],
  user_preferences: preferences = [],
}: CloudValue): readonly Report[] {
  const nobodys = { reference: undefined, providerId: undefined };
  return [
    ...statuses.flatMap((each): readonly Report[] => {
      const outcome = outcomeOfStatus(each.status, each.errors?.[0]?.code);
      if (outcome === undefined) return [];
      const reference = each.biz_opaque_callback_data;
      return [{ reference, providerId: each.id, address: addressOf(each.recipient_id), outcome }];
    }),
    ...messages.flatMap(({ from, text }): readonly Report[] => {
      const about = { ...nobodys, address: addressOf(from) };
      const said = text?.body?.trim() ?? "";
      const outcomes: ReportedOutcome[] = [{ is: "replied" }];
      if (/^(?:STOP|UNSUBSCRIBE|ARR[EÊ]T)[.!]*$/i.test(said)) outcomes.push({ is: "unsubscribed" });
      if (/^START[.!]*$/i.test(said)) outcomes.push({ is: "resubscribed" });
      return outcomes.map((outcome) => ({ ...about, outcome }));
    }),
    // The button of WhatsApp itself under a marketing message.
    ...preferences.flatMap(({ wa_id: id, value }): readonly Report[] => {
      const is = value === "stop" ? "unsubscribed" : value === "resume" ? "resubscribed" : undefined;
      return is === undefined ? [] : [{ ...nobodys, address: addressOf(id), outcome: { is } }];
    }),
  ];
}

function outcomeOfStatus(status: string | undefined, code: unknown): ReportedOutcome | undefined {
  if (status === "delivered") return { is: "delivered" };
  if (status === "read") return { is: "opened" };
  if (status !== "failed") return undefined;
  const reason = typeof code === "number" ? REASONS.get(code) : undefined;
  if (reason === "unsubscribed") return { is: "unsubscribed" };
  return {
    is: "bounced",
    kind: reason === "bad_address" ? "hard" : "soft",
    code: typeof code === "number" ? String(code) : undefined,
  };
}

function addressOf(digits: string | undefined): string | undefined {
  return digits !== undefined && /^[1-9]\d{6,14}$/.test(digits) ? `+${digits}` : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
