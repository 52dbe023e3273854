/**
 * How a person gets in with a browser: by a ticket or the token to a session in a cookie, and out again. The cookie is of
 * this host only, unreadable for scripts and never sent from another site. Other ports of one host are the same site to a
 * browser, so what changes something also wants a header that no other origin may set (Fetch standard, CORS preflight).
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { sessionMsMax } from "../limits.ts";
import { PROBLEMS } from "../model/errors.ts";
import type { ProblemCode } from "../model/errors.ts";
import type { Sessions } from "./sessions.ts";

const COOKIE = "vif_session";
/** Set by the page on every request. */
const PAGE_HEADER = "x-vif-page";

/** Whether the request shows the token, or comes from a page that is logged in. */
export function isAllowed(request: FastifyRequest, sessions: Sessions): boolean {
  const token = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
  if (token !== undefined) return sessions.isToken(token);
  const session = sessionOf(request);
  if (session === undefined || (request.method !== "GET" && request.headers[PAGE_HEADER] === undefined)) return false;
  return sessions.holds(session);
}

export function addLogin(server: FastifyInstance, sessions: Sessions): void {
  server.post("/v1/login", (request, reply) => {
    const shown = shownIn(request.body);
    if (request.headers[PAGE_HEADER] === undefined || shown === undefined) return sendProblem(reply, "malformed_json");
    const outcome = sessions.login(shown);
    if (outcome.is === "busy") return sendProblem(reply.header("retry-after", 60), "rate_limited");
    if (outcome.is !== "in") return sendProblem(reply, "bad_key");
    const until = `Max-Age=${sessionMsMax / 1_000}`;
    reply.header("set-cookie", `${COOKIE}=${outcome.session}; Path=/; HttpOnly; SameSite=Strict; ${until}`);
    return reply.send({ loggedIn: true });
  });
  // For the page, which would otherwise have to be refused to find out.
  server.get("/v1/session", (request, reply) =>
    reply.header("cache-control", "no-store").send({ loggedIn: isAllowed(request, sessions) }),
  );
  server.post("/v1/logout", (request, reply) => {
    const session = sessionOf(request);
    if (session !== undefined && request.headers[PAGE_HEADER] !== undefined) sessions.logout(session);
    reply.header("set-cookie", `${COOKIE}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0`);
    return reply.send({ loggedIn: false });
  });
}

export function sendProblem(reply: FastifyReply, code: ProblemCode, message: string = PROBLEMS[code][1]): FastifyReply {
  return reply.code(PROBLEMS[code][0]).send({ code, message });
}

function sessionOf(request: FastifyRequest): string | undefined {
  for (const pair of (request.headers.cookie ?? "").split(";")) {
    const [name, value] = pair.trim().split("=");
    if (name === COOKIE && value !== undefined && value !== "") return value;
  }
  return undefined;
}

/** `{"ticket": "..."}` or `{"token": "..."}`. */
function shownIn(body: unknown): { readonly ticket?: string; readonly token?: string } | undefined {
  try {
    const value: unknown = JSON.parse(String(body));
    if (typeof value !== "object" || value === null) return undefined;
    if ("ticket" in value && typeof value.ticket === "string") return { ticket: value.ticket };
    if ("token" in value && typeof value.token === "string") return { token: value.token };
    return undefined;
  } catch {
    return undefined;
  }
}
