/**
 * Twilio's error codes as outcomes: of a call, and of a message that failed later. The meanings are those of
 * https://www.twilio.com/docs/api/errors. A code that is not here is judged by the status it came with.
 */
import type { CallOutcome, RejectedReason, ReportedOutcome } from "../../engine/model/message.ts";

const REJECTED: Readonly<Record<RejectedReason, readonly number[]>> = {
  // Not a number, not a mobile one, of no network; no account of WhatsApp.
  bad_address: [21211, 21214, 21217, 21401, 21421, 21614, 30005, 30006, 63003, 63024],
  forbidden_address: [],
  // Has answered STOP.
  unsubscribed: [21610, 63032],
  // No permission for the region, no route, filtered by the network or by Meta.
  blocked: [21408, 21612, 21635, 30004, 30007, 30410, 63014, 63049],
  // Empty or too long, media, a template that is not approved or whose variables do not fit.
  content: [
    21602, 21605, 21617, 21619, 21620, 21623, 21655, 21656, 63005, 63013, 63019, 63021, 63027, 63028, 63036, 92007,
  ],
  outside_window: [63016],
  unsupported: [],
};
/** Something is wrong with our account, our sender or our settings there. */
const CREDENTIALS: ReadonlySet<number> = new Set([
  20003, 20005, 20006, 20008, 21212, 21603, 21606, 21659, 21660, 21701, 21703, 21705, 30002, 30034, 63007, 63010, 63051,
]);
const THROTTLED: ReadonlySet<number> = new Set([14107, 20429, 21611, 30001, 30022, 63018, 63038]);
const REASONS = new Map(
  Object.entries(REJECTED).flatMap(([reason, codes]) => codes.map((code) => [code, reason as RejectedReason] as const)),
);

/** Of a call that Twilio has refused. @param waitMs what Retry-After asks for */
export function outcomeOfRefusal(status: number, number: number | undefined, waitMs: number | undefined): CallOutcome {
  const code = String(number ?? status);
  const reason = number === undefined ? undefined : REASONS.get(number);
  if (reason !== undefined) return { is: "rejected", reason, code };
  if (status === 429 || (number !== undefined && THROTTLED.has(number))) return { is: "throttled", waitMs, code };
  if (status === 401 || status === 403 || (number !== undefined && CREDENTIALS.has(number)))
    return { is: "failed", reason: "credentials", code };
  // Out of order before it began. All other faults may have come after the message was taken.
  if (status === 503)
    return waitMs === undefined ? { is: "failed", reason: "unavailable", code } : { is: "throttled", waitMs, code };
  if (status >= 500) return { is: "unknown", reason: "unclear_answer", code };
  return { is: "rejected", reason: "content", code };
}

/** Of a message that was taken and did not arrive. */
export function outcomeOfFailure(number: number | undefined): ReportedOutcome {
  const code = number === undefined ? undefined : String(number);
  const reason = number === undefined ? undefined : REASONS.get(number);
  if (reason === "unsubscribed") return { is: "unsubscribed" };
  return { is: "bounced", kind: reason === "bad_address" ? "hard" : "soft", code };
}
