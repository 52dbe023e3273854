import { readdirSync, readFileSync } from "node:fs";
import { Compile } from "typebox/compile";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { HistoryUnavailable } from "../model/errors.ts";
import { IDLE, OWNED_SHARD, startControl } from "./control-fixtures.ts";
import type { TestControl } from "./control-fixtures.ts";
import { describeControlPlane } from "./openapi.ts";
import { ROUTES } from "./routes.ts";
import type { ControlQuestions } from "./routes.ts";
import { ReportSchema, StatusSchema } from "./port.ts";
import type { Report, Status } from "./port.ts";

const token = "a token that nobody guesses".replaceAll(" ", "-");

const report: Report = {
  events: 3,
  profiles: 2,
  firstTimestamp: 1_700_000_000_000,
  lastTimestamp: 1_700_000_000_500,
  byEvent: [{ name: "page_viewed", events: 3, profiles: 2 }],
  transitions: [{ segment: "big spender", entered: 1, left: 0 }],
  watermarks: [{ shard: 0, epoch: 1, position: 4 }],
};

const status: Status = {
  version: "0.1.0",
  node: "n1",
  startedAt: 1_700_000_000_000,
  store: "embedded",
  durability: "disk",
  plan: "abc",
  workers: 1,
  shardsTotal: 8,
  shards: [OWNED_SHARD],
  history: { kind: "embedded", rows: 4 },
};

let drains: number;
let questions: ControlQuestions;
let plane: TestControl;

beforeEach(async () => {
  drains = 0;
  questions = {
    ...IDLE,
    report: async () => report,
    status: () => status,
    drain: async () => {
      drains++;
    },
  };
  const asked: ControlQuestions = {
    report: () => questions.report(),
    status: () => questions.status(),
    drain: () => questions.drain(),
    channels: () => questions.channels(),
    sizes: () => questions.sizes(),
    segments: (at) => questions.segments(at),
    preferences: (who) => questions.preferences(who),
    uplift: (query) => questions.uplift(query),
    profile: (who, at) => questions.profile(who, at),
    why: (who, rule, at) => questions.why(who, rule, at),
    strips: (who) => questions.strips(who),
    customers: (typed, limit) => questions.customers(typed, limit),
    rebuildCustomers: () => questions.rebuildCustomers(),
    rules: () => questions.rules(),
    nights: (limit) => questions.nights(limit),
    steering: () => questions.steering(),
    outbox: (query) => questions.outbox(query),
    sendAgain: (message, word) => questions.sendAgain(message, word),
    usePlan: (named) => questions.usePlan(named),
    order: (change) => questions.order(change),
  };
  plane = await startControl(token, asked);
});

afterEach(() => plane.close());

interface Call {
  readonly method?: string;
  readonly body?: string;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

function call(path: string, { token: shown, headers, ...init }: Call = { token }): Promise<Response> {
  const authorization: Record<string, string> = shown === undefined ? {} : { authorization: `Bearer ${shown}` };
  return fetch(`${plane.url}${path}`, { ...init, headers: { ...authorization, ...headers } });
}

test("a report, a status and a drain are answered to whoever has the token", async () => {
  expect(await (await call("/v1/report")).json()).toEqual(report);
  expect(await (await call("/v1/status")).json()).toEqual(status);
  const drained = await call("/v1/drain", { method: "POST", token });
  expect(await drained.json()).toEqual({ drained: true });
  expect(drains).toBe(1);
});

test("orders say what is to be done, and of which trigger or channel", async () => {
  const ordered: unknown[] = [];
  questions = { ...questions, order: async (change) => (ordered.push(change), questions.steering()) };
  const order = async (query: string) => (await call(`/v1/orders?${query}`, { method: "POST", token })).status;
  expect(await order("do=pause&trigger=welcome")).toBe(200);
  expect(await order("do=stop")).toBe(200);
  expect(await order("do=pause")).toBe(400);
  expect(await order("do=explode")).toBe(400);
  expect(await order("do=pause&channel=sms")).toBe(200);
  expect(await order("do=pause&channel=pigeon")).toBe(400);
  expect(await order("do=pause&channel=sms&trigger=welcome")).toBe(400);
  expect(ordered).toEqual([{ is: "pause", trigger: "welcome" }, { is: "stop" }, { is: "pause", channel: "sms" }]);
});

test("a person's page of preferences is told to whoever has the token, and to nobody else", async () => {
  const link = "http://127.0.0.1:8080/p/signed";
  questions = { ...questions, preferences: async (who) => ({ profile: who, link }) };
  expect(await (await call("/v1/preferences?who=a1", { token })).json()).toEqual({ profile: "a1", link });
  expect((await call("/v1/preferences?who=a1", { token: "wrong" })).status).toBe(401);
  expect((await call("/v1/preferences", { token })).status).toBe(400);
});

test("an empty history is a report without instants", async () => {
  const { firstTimestamp: _first, lastTimestamp: _last, ...empty } = report;
  questions = { ...questions, report: async () => empty };
  expect(await (await call("/v1/report")).json()).toEqual(empty);
});

describe("without the right token", () => {
  test.each([
    ["none", {}],
    ["a wrong one", { authorization: "Bearer not-it" }],
    ["the beginning of the right one", { authorization: `Bearer ${token.slice(0, -1)}` }],
    ["another scheme", { authorization: `Basic ${token}` }],
    ["two of them", { authorization: `Bearer ${token} ${token}` }],
  ])("%s: every path of the table answers 401", async (_, headers) => {
    for (const { method, path } of ROUTES) {
      const answer = await fetch(`${plane.url}${path}`, { method, headers });
      expect(answer.status).toBe(401);
      expect(answer.headers.get("www-authenticate")).toBe("Bearer");
      expect(await answer.json()).toMatchObject({ code: "bad_key" });
    }
    expect(drains).toBe(0);
  });
});

test("an unknown path is not found; a known one by the wrong method says by which it is asked", async () => {
  const unknown = await call("/v2/report");
  expect([unknown.status, await unknown.json()]).toMatchObject([404, { code: "not_found" }]);
  const wrong = await call("/v1/report", { method: "POST", token });
  expect([wrong.status, wrong.headers.get("allow")]).toEqual([405, "GET"]);
  expect(await wrong.json()).toMatchObject({ code: "method_not_allowed" });
});

test("what anybody may read may be asked for its head alone", async () => {
  const [got, head] = [await call("/openapi.json"), await call("/openapi.json", { method: "HEAD" })];
  expect([head.status, await head.text()]).toEqual([200, ""]);
  expect(head.headers.get("content-length")).toBe(String((await got.arrayBuffer()).byteLength));
});

test("a person at an address that is none is shown the way back, in their language", async () => {
  const headers = { accept: "text/html,*/*", "accept-language": "fr-FR" };
  const lost = await fetch(`${plane.url}/nothing`, { headers });
  expect([lost.status, lost.headers.get("content-type")]).toEqual([404, "text/html; charset=utf-8"]);
  expect(await lost.text()).toContain('<html lang="fr">');
});

test("a history that is away is 503 with a time to wait", async () => {
  questions = { ...questions, report: () => Promise.reject(new HistoryUnavailable("The history is away.")) };
  const answer = await call("/v1/report");
  expect(answer.status).toBe(503);
  expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(await answer.json()).toEqual({ code: "history_unavailable", message: "The history is away." });
});

test("a fault says nothing of itself to the caller, and all to the log", async () => {
  questions = { ...questions, status: () => Promise.reject(new Error("profile of jane@shop.example is odd")) };
  const answer = await call("/v1/status");
  expect(answer.status).toBe(500);
  expect(await answer.text()).not.toContain("jane");
  expect(plane.faults).toHaveLength(1);
});

test.each(["application/json", "text/plain", "x/y", undefined])("a body of type %s is ignored", async (type) => {
  const headers: Record<string, string> = type === undefined ? {} : { "content-type": type };
  const answer = await call("/v1/drain", { method: "POST", body: "{not json", token, headers });
  expect(answer.status).toBe(200);
});

test("a body over the bound is refused", async () => {
  const answer = await call("/v1/drain", { method: "POST", body: "x".repeat(100_000), token });
  expect(answer.status).toBe(413);
  expect(await answer.json()).toMatchObject({ code: "too_large" });
});

test("the served description names every path, and answers obey it", async () => {
  const served = (await (await call("/openapi.json", {})).json()) as { openapi: string; paths: object };
  expect(served).toEqual(JSON.parse(JSON.stringify(describeControlPlane())));
  const folder = new URL(".", import.meta.url);
  const others = readdirSync(folder)
    .filter((name) => /-routes?\.ts$/.test(name))
    .flatMap((name) => [...readFileSync(new URL(name, folder), "utf8").matchAll(/\n\s+(?:[\w.]+\()?"(\/v1\/[^"]+)"/g)])
    .map(([, path = ""]) => path);
  expect(others).toContain("/v1/recommend");
  const all = [...ROUTES.map(({ path }) => path), ...others, "/v1/links", "/schemas/{kind}.schema.json"];
  expect(Object.keys(served.paths).sort()).toEqual(all.sort());
  expect(served.openapi).toBe("3.1.0");
  expect(Compile(ReportSchema).Check(await (await call("/v1/report")).json())).toBe(true);
  expect(Compile(StatusSchema).Check(await (await call("/v1/status")).json())).toBe(true);
});

test("editors get the schemas of rule files without a token", async () => {
  const answer = await call("/schemas/segment.schema.json", { token: "" });
  expect(answer.status).toBe(200);
  expect(await answer.json()).toEqual({ title: "Segment" });
  expect((await call("/schemas/nothing.schema.json", { token: "" })).status).toBe(404);
});

test("a port that is taken is a problem of the set-up, with the remedy", async () => {
  const taken = startControl(token, IDLE, { port: plane.port });
  await expect(taken).rejects.toMatchObject({ code: "setup", remedy: expect.stringContaining("VIF_CONTROL_PORT") });
});
