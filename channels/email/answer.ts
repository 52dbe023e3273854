/**
 * What the end of an SMTP session means. A reply with a code says that nothing was taken, and its enhanced code (RFC 3463)
 * why; without a reply it depends on how far the session had come: until the server asks for the message (354, RFC 5321,
 * 4.1.1.4) nothing can have been sent. Pure.
 */
import type { CallOutcome } from "../../engine/model/message.ts";

/** What is read of nodemailer's errors. */
export interface SmtpTrouble {
  readonly code?: string | undefined;
  readonly originalCode?: string | undefined;
  /** The last command, or CONN. */
  readonly command?: string | undefined;
  readonly responseCode?: number | undefined;
  readonly response?: string | undefined;
  readonly timeoutType?: string | undefined;
}

/** Before a message can have been said. */
const BEFORE: ReadonlySet<string> = new Set(["EDNS", "ETLS", "EREQUIRETLS", "ECONFIG", "EPROXY"]);
const EARLY: ReadonlySet<string> = new Set(["CONNECT_TIMEOUT", "GREETING_TIMEOUT", "UPGRADE_TIMEOUT"]);
/** No way there, or a certificate that nobody vouches for. */
const UNREACHED =
  /^(?:ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ERR_TLS_.*|.*CERT.*|.*ISSUER.*)$/;

/** @param isBegun the server has asked for the message, and something of it may have been said */
export function outcomeOfTrouble(
  { code = "", originalCode, timeoutType, responseCode, response, command }: SmtpTrouble,
  isBegun: boolean,
): CallOutcome {
  if (code === "EAUTH" || code === "ENOAUTH" || code === "EOAUTH2")
    return { is: "failed", reason: "credentials", code: responseCode === undefined ? code : String(responseCode) };
  // A server that has refused TLS has answered with a code, and was told nothing.
  const isBefore = BEFORE.has(code) || (originalCode !== undefined && UNREACHED.test(originalCode));
  if (isBefore || EARLY.has(timeoutType ?? ""))
    return { is: "failed", reason: "unreachable", code: originalCode ?? code };
  if (responseCode !== undefined) return outcomeOfReply(responseCode, enhancedCode(response), command);
  if (!isBegun) return { is: "failed", reason: "unavailable", code: timeoutType ?? code };
  if (code === "EABORT") return { is: "unknown", reason: "aborted" };
  if (code === "ETIMEDOUT") return { is: "unknown", reason: "no_answer", code: timeoutType };
  return { is: "unknown", reason: "connection_lost", code };
}

/** `5.1.1` of `550 5.1.1 No such user`. */
function enhancedCode(response: string | undefined): string | undefined {
  return /^\d{3}[ -](\d\.\d{1,3}\.\d{1,3})\b/.exec(response ?? "")?.[1];
}

function outcomeOfReply(reply: number, enhanced: string | undefined, command: string | undefined): CallOutcome {
  const code = enhanced === undefined ? String(reply) : `${reply} ${enhanced}`;
  const [, subject, detail] = enhanced?.split(".") ?? [];
  if (reply === 530 || reply === 535 || reply === 538) return { is: "failed", reason: "credentials", code };
  if (reply < 500) {
    // 4.7.x, and 421 and 451 with it, are how servers ask for less at a time; 4.2.2 is a full mailbox.
    return subject === "7" && reply !== 454
      ? { is: "throttled", waitMs: undefined, code }
      : { is: "failed", reason: "unavailable", code };
  }
  if (subject === "1") return { is: "rejected", reason: "bad_address", code };
  if (subject === "2")
    return detail === "2"
      ? { is: "failed", reason: "unavailable", code }
      : { is: "rejected", reason: "bad_address", code };
  if (subject === "7") return { is: "rejected", reason: "blocked", code };
  if (subject === "6" || enhanced === "5.3.4" || enhanced === "5.2.3")
    return { is: "rejected", reason: "content", code };
  if (reply === 552) return { is: "rejected", reason: "content", code };
  if (command === "RCPT TO" && (reply === 550 || reply === 551 || reply === 553 || reply === 556))
    return { is: "rejected", reason: "bad_address", code };
  return { is: "rejected", reason: "blocked", code };
}
