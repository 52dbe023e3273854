/**
 * When a receipt was rung up. A till's clock is often wrong, and its sales are right all the same: no receipt is refused
 * over its clock. `sentAt`, by the same clock, tells how wrong it is; without it a time that cannot be, as it is still to
 * come or from before `receiptTimeMin`, is taken as that of arrival, and any other old one is believed. What is brought in of
 * the past has no clock to be wrong: there such a time is a mistake of the file, and refused.
 */
import type { Instant } from "../model/ids.ts";
import { clockFarOffMsMax, receiptTimeMin, tillSkewMsMax } from "../limits.ts";
import type { Problem } from "../shard/port.ts";
import { parseInstant } from "./event-time.ts";
import type { Receipt, ReceiptFlag } from "./receipt-schemas.ts";

/** Adds to `flags` what is odd. */
export function receiptInstant(
  {
    timestamp,
    sentAt,
    lines,
    offline,
    effects,
  }: Pick<Receipt, "timestamp" | "sentAt" | "lines" | "offline" | "effects">,
  receivedAt: Instant,
  flags: ReceiptFlag[],
): Instant | Problem {
  const claimed = parseInstant(timestamp);
  if (claimed === undefined) return notAnInstant("/timestamp");
  for (const [index, line] of lines.entries())
    if (line.timestamp != null && parseInstant(line.timestamp) === undefined)
      return notAnInstant(`/lines/${index}/timestamp`);
  const sent = sentAt == null ? receivedAt : parseInstant(sentAt);
  if (sent === undefined) return notAnInstant("/sentAt");
  const skew = receivedAt - sent;
  const corrected = claimed + skew;
  if (Math.abs(skew) > tillSkewMsMax) flags.push("till_clock_off");
  if (corrected > receivedAt) {
    if (corrected - receivedAt > tillSkewMsMax) flags.push("till_clock_ahead");
    return receivedAt;
  }
  if (corrected < receiptTimeMin) {
    if ((effects ?? "on") !== "on") return tooOld();
    flags.push("till_clock_reset");
    return receivedAt;
  }
  if (offline !== true && receivedAt - corrected > clockFarOffMsMax) flags.push("late");
  return corrected;
}

function tooOld(): Problem {
  const first = new Date(receiptTimeMin).toISOString().slice(0, 10);
  return { code: "invalid_field", field: "/timestamp", message: `/timestamp must not be before ${first}.` };
}

function notAnInstant(field: string): Problem {
  return {
    code: "invalid_field",
    field,
    message: `${field} must be an ISO 8601 date and time with a zone, such as 2026-05-04T10:11:12.123Z.`,
  };
}
