/** What another system's answer to a webhook means. It reports nothing later. Pure. */
import type { CallOutcome } from "../../engine/model/message.ts";
import { type HttpAnswer, waitOf } from "../http/call.ts";

/** @param now ms since 1970 */
export function webhookOutcome(answer: HttpAnswer, now: number): CallOutcome {
  if (answer.is !== "answer") return answer;
  const { status, headers } = answer;
  const code = String(status);
  if (status >= 200 && status < 300) return { is: "accepted", providerId: undefined };
  // A redirect is not followed: it would lead to where nobody has looked.
  if (status >= 300 && status < 400) return { is: "rejected", reason: "forbidden_address", code };
  if (status === 429) return { is: "throttled", waitMs: waitOf(headers, now), code };
  if (status === 503) {
    const waitMs = waitOf(headers, now);
    return waitMs === undefined ? { is: "failed", reason: "unavailable", code } : { is: "throttled", waitMs, code };
  }
  if (status === 401 || status === 403) return { is: "failed", reason: "credentials", code };
  // Standard Webhooks: 410 says that nothing is wanted here any more.
  if (status === 410) return { is: "rejected", reason: "unsubscribed", code };
  if (status === 404) return { is: "rejected", reason: "bad_address", code };
  if (status === 408 || status === 425 || status >= 500) return { is: "failed", reason: "unavailable", code };
  return { is: "rejected", reason: "content", code };
}
