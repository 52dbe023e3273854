/**
 * Who is logged in with a browser. A page is logged in by the control token, or by a ticket that works once: the link that
 * the engine prints at its start carries one behind the `#`, where no server and no log sees it. What a browser keeps is a
 * random session id in a cookie that scripts cannot read; only digests are kept here. Wrong tries are bounded for all
 * callers together. Everything is in memory: a restart logs everybody out.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { loginFailuresMax, loginTicketMsMax, loginTicketsMax, sessionMsMax, sessionsMax } from "../limits.ts";

export interface SessionOptions {
  readonly token: string;
  /** A new, unguessable text. */
  readonly makeId: () => string;
  /** Wall clock, ms. */
  readonly now: () => number;
}

export interface Sessions {
  /** Makes a ticket that logs in one page, once. */
  createTicket(): string;
  /** @returns the session's id; `wrong`, or `busy` after too many wrong tries */
  login(shown: { readonly ticket?: string; readonly token?: string }): LoginOutcome;
  /** Whether a session is logged in; keeps it so. */
  holds(id: string): boolean;
  logout(id: string): void;
  /** Whether this is the control token. Compared in constant time. */
  isToken(shown: string): boolean;
}

export type LoginOutcome = { readonly is: "in"; readonly session: string } | { readonly is: "wrong" | "busy" };

const MINUTE_MS = 60_000;

export function createSessions({ token, makeId, now }: SessionOptions): Sessions {
  const expected = digestOf(token);
  /** Digest -> until when; in order of making. */
  const tickets = new Map<string, number>();
  /** Digest -> until when; in order of use. */
  const sessions = new Map<string, number>();
  let failures = 0;
  let failuresSince = 0;

  const isToken = (shown: string): boolean => timingSafeEqual(digestOf(shown), expected);

  function redeem(ticket: string): boolean {
    const key = keyOf(ticket);
    const until = tickets.get(key);
    tickets.delete(key);
    return until !== undefined && now() < until;
  }

  function begin(): LoginOutcome {
    const session = makeId();
    keep(sessions, keyOf(session), { until: now() + sessionMsMax, most: sessionsMax });
    return { is: "in", session };
  }

  return {
    isToken,
    createTicket() {
      const ticket = makeId();
      keep(tickets, keyOf(ticket), { until: now() + loginTicketMsMax, most: loginTicketsMax });
      return ticket;
    },
    login(shown) {
      if (now() - failuresSince >= MINUTE_MS) {
        failures = 0;
        failuresSince = now();
      }
      if (failures >= loginFailuresMax) return { is: "busy" };
      const isIn =
        (shown.ticket !== undefined && redeem(shown.ticket)) || (shown.token !== undefined && isToken(shown.token));
      if (isIn) return begin();
      failures += 1;
      return { is: "wrong" };
    },
    holds(id) {
      const key = keyOf(id);
      const until = sessions.get(key);
      sessions.delete(key);
      if (until === undefined || now() >= until) return false;
      sessions.set(key, now() + sessionMsMax);
      return true;
    },
    logout: (id) => void sessions.delete(keyOf(id)),
  };
}

/** The oldest goes when there are too many. */
function keep(
  kept: Map<string, number>,
  key: string,
  { until, most }: { readonly until: number; readonly most: number },
): void {
  kept.set(key, until);
  const [oldest] = kept.keys();
  if (kept.size > most && oldest !== undefined) kept.delete(oldest);
}

function keyOf(text: string): string {
  return digestOf(text).toString("base64");
}

/** Digests have one length, so that the comparison tells nothing of the token's. */
function digestOf(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
