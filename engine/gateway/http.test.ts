import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BROWSER_KEY, SERVER_KEY, SHOP, basic, startGateway, track } from "../../tests/gateway/running-gateway.ts";
import type { RunningGateway } from "../../tests/gateway/running-gateway.ts";
import { batchEventsMax, browserInFlightMax, gatewayInFlightMax } from "../limits.ts";
import { SetupError } from "../model/errors.ts";

let gateway: RunningGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

interface Reply {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint: the shape is what the tests are about
  readonly body: Record<string, unknown> & { problem?: { code: string; field?: string; message: string } };
}

async function post(path: string, body: string | Uint8Array, headers: Record<string, string> = {}): Promise<Reply> {
  const response = await fetch(gateway.url + path, {
    method: "POST",
    body,
    headers: { authorization: basic(SERVER_KEY), ...headers },
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === "" ? {} : JSON.parse(text) };
}
const json = (value: unknown) => JSON.stringify(value);
const browser = { authorization: basic(BROWSER_KEY) };

describe("an event by HTTP", () => {
  it.each([
    ["/v1/track", { event: "Order Completed", properties: { total: 3 } }, "order_completed"],
    ["/v1/identify", { traits: { city: "Lyon" } }, "identified"],
    ["/v1/page", { name: "Home" }, "page_viewed"],
    ["/v1/screen", {}, "screen_viewed"],
    ["/v1/group", { groupId: "g1" }, "group_joined"],
    ["/v1/alias", { previousId: "a0" }, "aliased"],
    ["/v1/t", { event: "Short Path" }, "short_path"],
  ])("to %s needs no type, and is applied", async (path, message, name) => {
    const { status, body } = await post(path, json({ userId: "u1", messageId: `m${path}`, ...message }));
    expect([status, body]).toEqual([200, { success: true, messageId: `m${path}`, resolved: true }]);
    expect(gateway.router.applied.at(-1)).toMatchObject({ name, source: "api", proved: true });
  });

  it("has the type of its path, whatever it says", async () => {
    await post("/v1/page", json(track({ type: "track" })));
    expect(gateway.router.applied.at(-1)).toMatchObject({ type: "page" });
  });

  it("without a messageId is given one, and told", async () => {
    const { body } = await post("/v1/track", json({ event: "A", userId: "u1" }));
    expect(body.messageId).toMatch(/^[0-9a-f-]{36}$/);
    expect(gateway.router.applied.at(-1)).toMatchObject({ messageId: body.messageId });
  });

  it("without a messageId is given one, whatever its properties name", async () => {
    const { body } = await post("/v1/track", json({ event: "A", userId: "u1", properties: { messageId: "mail-7" } }));
    expect(body).toMatchObject({ success: true, messageId: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    expect(gateway.router.applied.at(-1)?.fields).toEqual({ messageId: "mail-7" });
  });

  it("sent again is a duplicate, and with another body a conflict", async () => {
    const message = track();
    await post("/v1/track", json(message));
    expect((await post("/v1/track", json(message))).body).toMatchObject({ success: true, duplicate: true });
    const other = await post("/v1/track", json({ ...message, event: "Other" }));
    expect(other).toMatchObject({ status: 409, body: { success: false, problem: { code: "message_id_conflict" } } });
  });

  it("comes with decisions when they are asked for and may be seen", async () => {
    expect((await post("/v1/track?decisions=1", json(track()))).body.decisions).toEqual([
      { content: "home-hero", show: "hero-1", choice: 1 },
    ]);
    expect((await post("/v1/track?decisions=1", json(track()), browser)).body.decisions).toBeUndefined();
  });

  it("is read as JSON whatever the content type, with the key in the body, as sendBeacon sends it", async () => {
    const headers = { authorization: "", origin: SHOP, "content-type": "text/plain;charset=UTF-8" };
    const { status } = await post("/v1/track", json(track({ writeKey: BROWSER_KEY })), headers);
    expect(status).toBe(200);
    expect(gateway.router.applied.at(-1)).toMatchObject({ source: "site", proved: false });
  });

  it("may be packed with gzip", async () => {
    const { status } = await post("/v1/track", gzipSync(json(track())), { "content-encoding": "gzip" });
    expect(status).toBe(200);
  });

  it("may come in many pieces", async () => {
    const text = json(track({ properties: { a: "é".repeat(9_000) } }));
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        const bytes = Buffer.from(text);
        for (let at = 0; at < bytes.length; at += 777) controller.enqueue(bytes.subarray(at, at + 777));
        controller.close();
      },
    });
    const response = await fetch(`${gateway.url}/v1/track`, {
      method: "POST",
      body,
      headers: { authorization: basic(SERVER_KEY) },
      duplex: "half",
    });
    expect(response.status).toBe(200);
    expect(gateway.router.applied.at(-1)?.fields).toEqual({ a: "é".repeat(9_000) });
  });
});

describe("a visitor by HTTP", () => {
  it("gets its token with its first event, and reads with it what is decided for it", async () => {
    const anonymousId = "first-timer";
    const first = await post("/v1/track", json(track({ anonymousId })), browser);
    expect(first.body).toMatchObject({ anonymousId, visitorToken: expect.stringMatching(/^v1\./) });
    const visitorToken = first.body.visitorToken as string;
    const decide = await post("/v1/decide", json({ anonymousId, visitorToken }), browser);
    expect(decide.body).toMatchObject({ success: true, known: true, decisions: [{ show: "hero-1" }], plan: "plan-1" });
    const next = await post("/v1/track?decisions=1", json(track({ anonymousId })), {
      ...browser,
      "x-vif-visitor-token": visitorToken,
    });
    expect(next.body).toMatchObject({ decisions: [{ show: "hero-2" }] });
    expect(next.body.visitorToken).toBeUndefined();
  });

  it("that somebody else was first to send gets none", async () => {
    const anonymousId = "taken";
    await post("/v1/track", json(track({ anonymousId })), browser);
    expect((await post("/v1/track", json(track({ anonymousId })), browser)).body.visitorToken).toBeUndefined();
  });

  it("is named by the event itself, not by what stands in its properties", async () => {
    await post("/v1/track", json(track({ anonymousId: "victim" })));
    const message = `{"properties":{"anonymousId":"victim"},${json(track({ anonymousId: "attacker" })).slice(1)}`;
    expect((await post("/v1/track", message, browser)).body).toMatchObject({ anonymousId: "attacker" });
  });

  it("cannot read another's, nor a browser any without a token", async () => {
    const mine = await post("/v1/track", json(track({ anonymousId: "mine" })), browser);
    const { visitorToken } = mine.body;
    for (const request of [
      { anonymousId: "taken" },
      { anonymousId: "taken", visitorToken },
      { userId: "u1", visitorToken },
      { visitorToken: "v1.x.y" },
    ]) {
      const { status, body } = await post("/v1/decide", json(request), browser);
      expect([status, body.problem?.code]).toEqual([403, "bad_visitor_token"]);
    }
    expect((await post("/v1/decide", json({ visitorToken }), browser)).status).toBe(200);
  });

  it("is read by a server by any identifier, creating nothing", async () => {
    const { body } = await post("/v1/decide", json({ email: "Nobody@shop.example" }));
    expect(body).toMatchObject({ success: true, known: false });
    expect((await post("/v1/decide", json({ email: "nobody" }))).body.problem).toMatchObject({
      code: "invalid_field",
      field: "/email",
    });
    expect((await post("/v1/decide", "{}")).body.problem?.code).toBe("no_identifier");
    expect((await post("/v1/decide", "{")).body.problem?.code).toBe("malformed_json");
    expect((await post("/v1/decide", '{"userId":5}')).body.problem).toMatchObject({
      code: "invalid_field",
      field: "/userId",
    });
  });
});

describe("a batch by HTTP", () => {
  it("gets one result an event, in order, and one bad event spoils no other", async () => {
    const messages = [
      track({ messageId: "b1" }),
      track({ messageId: "b2", event: 5 }),
      "x",
      track({ messageId: "b4" }),
      null,
      { type: "page" },
    ];
    const { status, body } = await post("/v1/batch", json({ batch: messages }));
    expect([status, body]).toMatchObject([
      200,
      {
        success: true,
        accepted: 2,
        refused: 4,
        results: [
          { messageId: "b1", ok: true, resolved: true },
          { messageId: "b2", ok: false, problem: { code: "invalid_field", field: "/event" } },
          { ok: false, problem: { code: "invalid_field" } },
          { messageId: "b4", ok: true },
          { ok: false, problem: { code: "invalid_field" } },
          { ok: false, problem: { code: "no_identifier" } },
        ],
      },
    ]);
  });

  it("lends its sentAt and context to events without their own", async () => {
    const sentAt = new Date(Date.now() - 3_600_000).toISOString();
    const own = { ip: "own" };
    await post(
      "/v1/batch",
      json({ sentAt, context: { ip: "batch" }, batch: [track({ timestamp: sentAt }), track({ context: own })] }),
    );
    const [first, second] = gateway.router.applied.slice(-2);
    expect(JSON.parse(first?.body ?? "")).toMatchObject({ context: { ip: "batch" } });
    // An hour behind: corrected to now.
    expect(Math.abs((first?.timestamp ?? 0) - Date.now())).toBeLessThan(60_000);
    expect(JSON.parse(second?.body ?? "")).toMatchObject({ context: own });
  });

  it("is refused whole to be repeated when one event cannot be taken now, and repeating is safe", async () => {
    gateway.router.busyNext = 1;
    const batch = json({ batch: [track(), track()] });
    const first = await post("/v1/batch", batch);
    expect(first).toMatchObject({
      status: 503,
      body: { success: false, problem: { code: "busy" }, results: [{ ok: false }, { ok: true }] },
    });
    expect(first.headers.get("retry-after")).toBe("2");
    expect((await post("/v1/batch", batch)).body).toMatchObject({
      accepted: 2,
      results: [{ ok: true }, { ok: true, duplicate: true }],
    });
  });

  it.each([
    ["{}", "missing_field", "/batch"],
    ['{"batch":{}}', "invalid_field", "/batch"],
    ['{"batch":[1,}', "malformed_json", undefined],
    ["[]", "malformed_json", undefined],
    ["", "malformed_json", undefined],
  ])("that is none is refused: %s", async (text, code, field) => {
    expect((await post("/v1/batch", text)).body.problem).toMatchObject({
      code,
      ...(field === undefined ? {} : { field }),
    });
  });

  it("may be empty, and has at most so many events", async () => {
    expect((await post("/v1/batch", '{"batch":[]}')).body).toEqual({
      success: true,
      accepted: 0,
      refused: 0,
      results: [],
    });
    expect((await post("/v1/batch", json({ batch: new Array(batchEventsMax + 1).fill(1) }))).status).toBe(413);
    const full = await post(
      "/v1/batch",
      json({ batch: new Array(batchEventsMax).fill({ type: "page", userId: "u1" }) }),
    );
    expect(full.body).toMatchObject({ accepted: batchEventsMax });
  });
});

describe("who may send by HTTP", () => {
  it.each([
    [{ authorization: "" }, 401, "bad_key"],
    [{ authorization: basic("wrong") }, 401, "bad_key"],
    [{ authorization: "Bearer x" }, 401, "bad_key"],
    [{ ...browser, origin: "https://evil.example" }, 403, "origin_refused"],
    [{ origin: SHOP }, 403, "origin_refused"],
  ])("not %o", async (headers, status, code) => {
    const reply = await post("/v1/track", json(track()), headers);
    expect([reply.status, reply.body.problem?.code]).toEqual([status, code]);
  });

  it("a page of an allowed origin, after a preflight", async () => {
    const preflight = await fetch(`${gateway.url}/v1/track`, {
      method: "OPTIONS",
      headers: { origin: SHOP, "access-control-request-method": "POST" },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("access-control-allow-origin")).toBe(SHOP);
    expect(preflight.headers.get("access-control-allow-headers")).toContain("authorization");
    // What Segment's browser library adds when it repeats.
    expect(preflight.headers.get("access-control-allow-headers")).toContain("x-retry-count");
    const reply = await post("/v1/track", json(track()), { ...browser, origin: SHOP });
    expect(reply.headers.get("access-control-allow-origin")).toBe(SHOP);
    const other = await fetch(`${gateway.url}/v1/track`, {
      method: "OPTIONS",
      headers: { origin: "https://evil.example" },
    });
    expect(other.headers.get("access-control-allow-origin")).toBeNull();
  });
});

describe("an overloaded gateway", () => {
  it("says so at once, with the time to wait, to browsers first", async () => {
    gateway.router.inFlight = browserInFlightMax;
    const limited = await post("/v1/track", json(track()), browser);
    expect([limited.status, limited.body.problem?.code, limited.headers.get("retry-after")]).toEqual([
      429,
      "rate_limited",
      "1",
    ]);
    expect((await post("/v1/track", json(track()))).status).toBe(200);
    gateway.router.inFlight = gatewayInFlightMax;
    const busy = await post("/v1/track", json(track()));
    expect([busy.status, busy.body.problem?.code, busy.headers.get("retry-after")]).toEqual([503, "busy", "1"]);
    expect((await post("/v1/decide", json({ userId: "u" }))).status).toBe(503);
    gateway.router.inFlight = 0;
  });

  it("or one that is not ready takes nothing, but lives", async () => {
    gateway.ready = false;
    expect((await post("/v1/track", json(track()))).status).toBe(503);
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(503);
    expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);
    gateway.ready = true;
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
  });
});

describe("what operators ask", () => {
  it("is answered in the Prometheus format", async () => {
    await post("/v1/track", json(track()));
    await post("/v1/track", json(track()), { authorization: "" });
    const text = await (await fetch(`${gateway.url}/metrics`)).text();
    expect(text).toMatch(/vif_events_total\{outcome="applied"\} [1-9]/);
    expect(text).toMatch(/vif_step_seconds_bucket\{step="answer",le="\+Inf"\} [1-9]/);
    expect(text).toMatch(/# TYPE vif_step_seconds histogram/);
    expect(text).toMatch(/vif_requests_refused_total\{code="bad_key"\} [1-9]/);
  });

  it("says what a language is, where one is none", async () => {
    const { status, body } = await post("/v1/decide", json({ userId: "u", language: "__proto__" }));
    expect(status).toBe(400);
    expect(body.problem?.message).toContain("/language must be a language tag (such as fr or pt-BR)");
  });

  it("says by which methods a path is asked, to who asks it by another", async () => {
    for (const [method, path, allow] of [
      ["DELETE", "/v1/track", "OPTIONS, POST"],
      ["GET", "/v1/batch", "OPTIONS, POST"],
      ["POST", "/healthz", "GET, HEAD"],
      ["PUT", "/metrics", "GET, HEAD"],
    ] as const) {
      const response = await fetch(gateway.url + path, { method });
      expect([path, response.status, response.headers.get("allow")]).toEqual([path, 405, allow]);
      expect(await response.json()).toMatchObject({ problem: { code: "method_not_allowed" } });
    }
    const head = await fetch(`${gateway.url}/v1/track`, { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([405, ""]);
    expect((await fetch(`${gateway.url}/v1/nowhere`, { method: "DELETE" })).status).toBe(404);
  });

  it("is a typed 404 where there is nothing", async () => {
    const response = await fetch(`${gateway.url}/nowhere`);
    expect([response.status, await response.json()]).toMatchObject([404, { problem: { code: "not_found" } }]);
    expect((await post("/nowhere", "x")).status).toBe(404);
  });
});

describe("the gateway", () => {
  it("does not share its port, and says what to do", async () => {
    const second = startGateway(gateway.port);
    await expect(second).rejects.toBeInstanceOf(SetupError);
    await expect(second).rejects.toMatchObject({
      message: expect.stringContaining(String(gateway.port)),
      remedy: expect.stringContaining("VIF_PORT"),
    });
  });

  it("closes when what is under way is answered", async () => {
    const closing = await startGateway();
    closing.router.held = true;
    const sent = fetch(`${closing.url}/v1/track`, {
      method: "POST",
      body: json(track()),
      headers: { authorization: basic(SERVER_KEY) },
    });
    while (closing.router.inFlight === 0) await new Promise((resolve) => setImmediate(resolve));
    const closed = closing.close();
    setImmediate(() => closing.router.release());
    expect((await sent).status).toBe(200);
    await closed;
    await expect(fetch(closing.url)).rejects.toThrow();
  });
});
