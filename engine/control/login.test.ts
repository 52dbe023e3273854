import { afterEach, beforeEach, expect, test } from "vitest";
import { loginFailuresMax, loginTicketMsMax, sessionMsMax } from "../limits.ts";
import { startControl } from "./control-fixtures.ts";
import type { TestControl } from "./control-fixtures.ts";

const token = "a-token-that-nobody-guesses";
let nowMs = 1_000_000;
let plane: TestControl;
beforeEach(async () => {
  plane = await startControl(token, undefined, { now: () => nowMs });
});
afterEach(() => plane.close());

const page = { "x-vif-page": "1" };
function logIn(shown: object, headers: Readonly<Record<string, string>> = page): Promise<Response> {
  return fetch(`${plane.url}/v1/login`, { method: "POST", headers, body: JSON.stringify(shown) });
}
function ask(path: string, cookie: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`${plane.url}${path}`, { ...init, headers: { cookie, ...(init.headers as Record<string, string>) } });
}
const ticketOf = (link: string): string => /#ticket=(.+)$/.exec(link)?.[1] ?? "";
const cookieOf = (response: Response): string => (response.headers.get("set-cookie") ?? "").split(";")[0] ?? "";

test("a link logs one page in, once; its ticket stands where no server sees it", async () => {
  const link = plane.createLink();
  expect(new URL(link).search).toBe("");
  const first = await logIn({ ticket: ticketOf(link) });
  expect(first.status).toBe(200);
  expect(first.headers.get("set-cookie")).toMatch(
    /^vif_session=[^;]+; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+$/,
  );
  expect((await ask("/v1/status", cookieOf(first))).status).toBe(200);
  expect((await logIn({ ticket: ticketOf(link) })).status).toBe(401);
});

test("a ticket that nobody used is void after a working day", async () => {
  const ticket = ticketOf(plane.createLink());
  nowMs += loginTicketMsMax;
  expect((await logIn({ ticket })).status).toBe(401);
});

test("the token logs in too, and logging out ends the session", async () => {
  const cookie = cookieOf(await logIn({ token }));
  expect(await (await ask("/v1/session", cookie)).json()).toEqual({ loggedIn: true });
  await ask("/v1/logout", cookie, { method: "POST", headers: page });
  expect((await ask("/v1/status", cookie)).status).toBe(401);
  expect(await (await ask("/v1/session", cookie)).json()).toEqual({ loggedIn: false });
});

test("a session ends when it is not used for long, and is prolonged by use", async () => {
  const cookie = cookieOf(await logIn({ token }));
  for (let i = 0; i < 3; i++) {
    nowMs += sessionMsMax - 1;
    expect((await ask("/v1/status", cookie)).status).toBe(200);
  }
  nowMs += sessionMsMax;
  expect((await ask("/v1/status", cookie)).status).toBe(401);
});

test("a page of another origin changes nothing with the session that a browser adds", async () => {
  const cookie = cookieOf(await logIn({ token }));
  expect((await ask("/v1/drain", cookie, { method: "POST" })).status).toBe(401);
  expect((await ask("/v1/drain", cookie, { method: "POST", headers: page })).status).toBe(200);
  expect((await logIn({ token }, {})).status).toBe(400);
});

test("wrong tries are bounded, and what is no login is refused", async () => {
  expect((await logIn({ token: 5 })).status).toBe(400);
  for (let i = 0; i < loginFailuresMax; i++) expect((await logIn({ token: `wrong-${i}` })).status).toBe(401);
  expect((await logIn({ token })).status).toBe(429);
  nowMs += 60_000;
  expect((await logIn({ token })).status).toBe(200);
});

test("the page's files are for everybody, and let it run and load its own files only", async () => {
  for (const [path, type] of [
    ["/", "text/html; charset=utf-8"],
    ["/overview.mjs", "text/javascript"],
    ["/overview.css", "text/css"],
  ] as const) {
    const file = await fetch(`${plane.url}${path}`);
    expect(file.headers.get("content-type")).toBe(type);
    const policy = file.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain("unsafe");
    expect(file.headers.get("x-content-type-options")).toBe("nosniff");
    // An inline style or script would be refused by that policy, and not be seen.
    if (path === "/") expect(await file.text()).not.toMatch(/ style=|<style|<script>| on\w+=/);
  }
});
