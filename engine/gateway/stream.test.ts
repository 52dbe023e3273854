import { connect } from "node:net";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BROWSER_KEY, SERVER_KEY, SHOP, startGateway, track } from "../../tests/gateway/running-gateway.ts";
import type { RunningGateway } from "../../tests/gateway/running-gateway.ts";
import { StreamClient } from "../../tests/gateway/stream-client.ts";
import type { StreamClientOptions } from "../../tests/gateway/stream-client.ts";
import { callsWith, naughtyStringsMissing, readNaughtyStrings } from "../../tests/naughty-strings.ts";
import { eventBytesMax, frameBytesMax, socketInFlightMax } from "../limits.ts";
import { CLOSE_FAULT, CLOSE_GOING_AWAY, CLOSE_SLOW_READER } from "./outbox.ts";

let gateway: RunningGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

const opened = (query?: string, options?: StreamClientOptions) =>
  new StreamClient(gateway.port, query, options).opened();
const browserQuery = `writeKey=${BROWSER_KEY}`;

describe("a socket", () => {
  it("is opened with a key in the address or as a subprotocol, from allowed pages only", async () => {
    await opened();
    expect((await opened("", { protocols: ["vif", SERVER_KEY] })).socket.protocol).toBe("vif");
    expect((await opened("", { protocols: [SERVER_KEY] })).socket.protocol).toBe(SERVER_KEY);
    await opened(browserQuery, { origin: SHOP });
    await expect(opened("")).rejects.toThrow("401");
    await expect(opened("writeKey=wrong")).rejects.toThrow("401");
    await expect(opened(browserQuery, { origin: "https://evil.example" })).rejects.toThrow("403");
    await expect(opened(undefined, { origin: SHOP })).rejects.toThrow("403");
    gateway.ready = false;
    await expect(opened()).rejects.toThrow("503");
    gateway.ready = true;
  });

  it("gets one reply an event, under its messageId, as the bytes came", async () => {
    const client = await opened();
    expect(await client.ask(track({ messageId: "s1" }))).toEqual({ messageId: "s1", ok: true, resolved: true });
    expect(await client.ask(Buffer.from(JSON.stringify(track({ messageId: "s2" }))))).toMatchObject({
      messageId: "s2",
      ok: true,
    });
    expect(gateway.router.applied.at(-1)).toMatchObject({ messageId: "s2", source: "api", proved: true });
    const many = Array.from({ length: 200 }, (_, index) => track({ messageId: `many-${index}`, anonymousId: "one" }));
    for (const message of many) client.send(message);
    const ids: (string | undefined)[] = [];
    for (const _ of many) ids.push((await client.next()).messageId);
    expect(ids).toEqual(many.map(({ messageId }) => messageId));
  });

  it("is closed, and it alone, for a fault of the gateway", async () => {
    const [unlucky, other] = [await opened(), await opened()];
    const { event } = gateway.router;
    gateway.router.event = () => JSON.parse("private-person");
    unlucky.send(track());
    expect(await unlucky.closed).toMatchObject({ code: CLOSE_FAULT });
    gateway.router.event = (_lane, _body, _options, done) => queueMicrotask(() => done(undefined as never));
    const next = await opened();
    next.send(track());
    expect(await next.closed).toMatchObject({ code: CLOSE_FAULT });
    gateway.router.event = event;
    expect(await other.ask(track({ messageId: "lucky" }))).toMatchObject({ messageId: "lucky", ok: true });
    expect(gateway.faults).toHaveLength(2);
    expect(gateway.faults.join()).not.toContain("private-person");
  });

  it("is given decisions where it may see them and asked for them", async () => {
    const server = await opened(`writeKey=${SERVER_KEY}&decisions=1`);
    expect(await server.ask(track())).toMatchObject({
      decisions: [{ content: "home-hero", show: "hero-1", choice: 1 }],
    });
    const browser = await opened(browserQuery);
    expect((await browser.ask(track({ anonymousId: "one" }))).decisions).toBeUndefined();
  });

  it("gets one reply a batch, an entry each, and one bad event spoils no other", async () => {
    const client = await opened();
    const reply = await client.ask({ batch: [track({ messageId: "x1" }), track({ messageId: "x2", event: {} }), 7] });
    expect(reply.batch).toMatchObject([
      { messageId: "x1", ok: true },
      { messageId: "x2", ok: false, problem: { code: "invalid_field", field: "/event" } },
      { ok: false, problem: { code: "invalid_field" } },
    ]);
    expect(await client.ask({ batch: {} })).toMatchObject({
      ok: false,
      problem: { code: "invalid_field", field: "/batch" },
    });
    expect(await client.ask({ batch: [] })).toEqual({ batch: [] });
  });

  it("is told of all that a socket may send, when it sends something of no known type", async () => {
    const client = await opened();
    for (const wrong of [{ type: "hllo" }, { userId: "u" }])
      expect(await client.ask(wrong)).toMatchObject({
        ok: false,
        problem: {
          field: "/type",
          message: expect.stringMatching(/^\/type must be one of hello, decide, track, .*receipt.*batch/),
        },
      });
  });

  it("may have `batch` and odd types inside an event", async () => {
    const client = await opened();
    expect(await client.ask(track({ properties: { batch: "LOT-7", type: "hello" } }))).toMatchObject({ ok: true });
    expect(await client.ask('{"context":{"type":"x","batch":[]},"type":"hello"}')).toMatchObject({
      type: "hello",
      ok: true,
    });
    expect(await client.ask('{"userId":"u","properties":{"type":"track"},"type" : "decide"}')).toMatchObject({
      type: "decide",
      ok: true,
    });
    const behind = `{"properties":{"type":"hello","batch":[1]},${JSON.stringify(track({ messageId: "odd" })).slice(1)}`;
    expect(await client.ask(behind)).toMatchObject({ messageId: "odd", ok: true });
  });
});

describe("a visitor on a socket", () => {
  it("is made by the gateway, watched, and known again by its token", async () => {
    const first = await opened(browserQuery);
    const welcome = await first.ask({ type: "hello", subscribe: true, requestId: 7 });
    expect(welcome).toMatchObject({
      type: "hello",
      ok: true,
      requestId: 7,
      subscribed: true,
      decisions: [{ show: "hero-0" }],
    });
    const { anonymousId, visitorToken } = welcome;
    const second = await opened(browserQuery);
    expect(await second.ask({ type: "hello", visitorToken, subscribe: true })).toMatchObject({
      anonymousId,
      visitorToken,
      subscribed: true,
    });
    first.send(track({ anonymousId, messageId: "v1" }));
    const got = [await first.next(), await first.next()];
    expect(got).toContainEqual({
      messageId: "v1",
      ok: true,
      resolved: true,
      decisions: [{ content: "home-hero", show: "hero-1", choice: 1 }],
    });
    const push = { push: "decisions", anonymousId, decisions: [{ content: "home-hero", show: "hero-1", choice: 1 }] };
    expect(got).toContainEqual(push);
    expect(await second.next()).toEqual(push);
    second.socket.close();
    await second.closed;
    first.send(track({ anonymousId }));
    await first.next();
  });

  it("of an older anonymousId becomes the sender's with its first event, and is watched from then on", async () => {
    const client = await opened(browserQuery);
    const welcome = await client.ask({ type: "hello", anonymousId: "older", subscribe: true });
    expect(welcome).toEqual({ type: "hello", ok: true, anonymousId: "older", subscribed: false });
    const reply = await client.ask(track({ anonymousId: "older" }));
    expect(reply).toMatchObject({ ok: true, anonymousId: "older", visitorToken: expect.stringMatching(/^v1\./) });
    client.send(track({ anonymousId: "older" }));
    const got = [await client.next(), await client.next()];
    expect(got).toContainEqual(expect.objectContaining({ push: "decisions", anonymousId: "older" }));
    expect(got).toContainEqual(expect.objectContaining({ ok: true, decisions: [expect.anything()] }));
  });

  it("of somebody else stays hidden", async () => {
    const owner = await opened(browserQuery);
    const { visitorToken } = await owner.ask(track({ anonymousId: "owned" }));
    const thief = await opened(browserQuery);
    expect(await thief.ask({ type: "hello", anonymousId: "owned", subscribe: true })).toMatchObject({
      subscribed: false,
    });
    const event = await thief.ask(track({ anonymousId: "owned" }));
    expect([event.visitorToken, event.decisions]).toEqual([undefined, undefined]);
    expect(await thief.ask({ type: "hello", visitorToken: `${visitorToken}x` })).toMatchObject({
      type: "hello",
      ok: false,
      problem: { code: "bad_visitor_token" },
    });
    expect(await thief.ask({ type: "hello", visitorToken, anonymousId: "another" })).toMatchObject({ ok: false });
    expect(await thief.ask({ type: "decide", anonymousId: "owned", requestId: "q" })).toMatchObject({
      type: "decide",
      requestId: "q",
      ok: false,
      problem: { code: "bad_visitor_token" },
    });
    expect(await owner.ask({ type: "decide" })).toMatchObject({ type: "decide", ok: true, known: true });
  });

  it("is not pushed any more once it says hello without wanting that", async () => {
    const client = await opened(browserQuery);
    const { anonymousId } = await client.ask({ type: "hello", subscribe: true });
    expect(await client.ask({ type: "hello" })).toMatchObject({ anonymousId, subscribed: false });
    client.send(track({ anonymousId, messageId: "quiet" }));
    expect(await client.next()).toMatchObject({ messageId: "quiet", ok: true });
    expect(await client.ask({ type: "hello" })).toMatchObject({ type: "hello", subscribed: false });
    expect(await client.ask({ type: "hello", subscribe: true })).toMatchObject({ subscribed: true });
    client.send(track({ anonymousId }));
    expect([await client.next(), await client.next()]).toContainEqual(
      expect.objectContaining({ push: "decisions", anonymousId }),
    );
  });

  it("is anybody for a server, which may watch several", async () => {
    const client = await opened();
    expect(await client.ask({ type: "hello" })).toEqual({ type: "hello", ok: true, subscribed: false });
    for (const userId of ["w1", "w2"])
      expect(await client.ask({ type: "hello", userId, subscribe: true })).toMatchObject({
        ok: true,
        subscribed: true,
      });
    client.send(track({ anonymousId: null, userId: "w2" }));
    expect([await client.next(), await client.next()]).toContainEqual(
      expect.objectContaining({ push: "decisions", userId: "w2" }),
    );
    expect(await client.ask({ type: "decide", userId: "w2" })).toMatchObject({ known: true });
    expect(await client.ask({ type: "decide" })).toMatchObject({ problem: { code: "no_identifier" } });
    expect(await client.ask({ type: "decide", userId: 5 })).toMatchObject({
      problem: { code: "invalid_field", field: "/userId" },
    });
    expect(await client.ask({ type: "hello", subscribe: 5 })).toMatchObject({
      problem: { code: "invalid_field", field: "/subscribe" },
    });
  });
});

describe("bad input on a socket", () => {
  it.each([
    ["", "malformed_json"],
    ["{", "malformed_json"],
    ['{"type":"hello"', "malformed_json"],
    ['{"type":"hello","__proto__":{"subscribe":true}}', "invalid_field"],
    ['{"type":"decide","userId":"u","constructor":{"prototype":1}}', "invalid_field"],
    ["[]", "invalid_field"],
    ['{"batch":[1,}', "malformed_json"],
    ['{"type":"subscribe"}', "invalid_field"],
    ["{}", "missing_field"],
    [`{"type":"track","event":"a","userId":"u","properties":${"[".repeat(50)}${"]".repeat(50)}}`, "too_deep"],
    ['{"type":"track","event":"a","userId":"u","properties":{"__proto__":1}}', "invalid_field"],
    [Buffer.from([0x7b, 0xff, 0x7d]), "malformed_json"],
  ])("is told what is wrong: %s", async (frame, code) => {
    const client = await opened();
    expect(await client.ask(frame)).toMatchObject({ ok: false, problem: { code } });
    expect(await client.ask(track())).toMatchObject({ ok: true });
  });

  it("that is not UTF-8 breaks the connection where it says that it is text, and no other one", async () => {
    const [client, other] = [await opened(), await opened()];
    client.socket.send(Buffer.from([0x7b, 0xe9, 0x7d]), { binary: false });
    expect((await client.closed).code).toBe(1006);
    expect(await other.ask(track())).toMatchObject({ ok: true });
  });

  it("over an event's limit is refused, over a frame's closes the socket", async () => {
    const client = await opened();
    const large = track({ messageId: "large", properties: { a: "x".repeat(eventBytesMax) } });
    expect(await client.ask(large)).toMatchObject({ messageId: "large", ok: false, problem: { code: "too_large" } });
    client.send("x".repeat(frameBytesMax + 1));
    expect((await client.closed).code).toBeGreaterThanOrEqual(1006);
  });

  it.skipIf(naughtyStringsMissing !== undefined)("in every text field gets one reply each", async () => {
    const client = await opened();
    for (const naughty of readNaughtyStrings())
      for (const { call } of callsWith(naughty)) expect(await client.ask(JSON.stringify(call))).toHaveProperty("ok");
  });

  it.skipIf(naughtyStringsMissing !== undefined)("in every text field of a question is told by name", async () => {
    const client = await opened();
    const asked = (type: string, naughty: string) =>
      ["anonymousId", "userId", "email", "phone", "loyaltyCard", "language", "visitorToken", "requestId"].map(
        (field) => ({ field, frame: { type, userId: "u1", [field]: naughty } }),
      );
    for (const naughty of readNaughtyStrings())
      for (const { field, frame } of [...asked("hello", naughty), ...asked("decide", naughty)]) {
        const reply = await client.ask(JSON.stringify(frame));
        if (reply.ok !== true) expect(reply).toMatchObject({ problem: { field: `/${field}` } });
      }
  });

  it("of any bytes leaves the gateway up", async () => {
    const client = await opened();
    const token = fc.constantFrom(
      '"type"',
      '"hello"',
      '"batch"',
      '"decide"',
      '"track"',
      ":",
      ",",
      "{",
      "}",
      "[",
      "]",
      '"',
      "1",
      "null",
    );
    const frame = fc.oneof(
      fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes)),
      fc.array(token).map((parts) => Buffer.from(parts.join(""))),
    );
    await fc.assert(
      fc.asyncProperty(frame, async (bytes) => {
        await client.ask(bytes);
      }),
      { numRuns: 500 },
    );
    const { port } = gateway;
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 100 }), async (bytes) => {
        await new Promise<void>((resolve) => {
          const raw = connect(port, "127.0.0.1", () => {
            raw.write(
              `GET /v1/stream?writeKey=${SERVER_KEY} HTTP/1.1\r\nhost: a\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
            );
            raw.write(bytes);
            raw.end();
          });
          raw
            .on("data", () => undefined)
            .on("error", () => resolve())
            .on("close", () => resolve());
        });
      }),
      { numRuns: 100 },
    );
    expect(await client.ask(track())).toMatchObject({ ok: true });
  });
});

describe("a socket that asks for too much", () => {
  it("is told busy for what is over its bound, and every other event is answered", async () => {
    const client = await opened();
    gateway.router.held = true;
    const over = 5;
    for (let index = 0; index < socketInFlightMax + over; index++) client.send(track({ messageId: `f${index}` }));
    for (let index = 0; index < over; index++)
      expect(await client.next()).toMatchObject({
        messageId: `f${socketInFlightMax + index}`,
        ok: false,
        problem: { code: "busy" },
        retryAfterMs: expect.any(Number),
      });
    gateway.router.release();
    for (let index = 0; index < socketInFlightMax; index++)
      expect(await client.next()).toMatchObject({ messageId: `f${index}`, ok: true });
  });

  it("and does not read is dropped with a code that says so", async () => {
    const client = await opened(`writeKey=${SERVER_KEY}&decisions=1`);
    const before = gateway.metrics.counts.slowReaders;
    client.socket.pause();
    const large = { ...track(), messageId: "m".repeat(250) };
    const batch = JSON.stringify({ batch: new Array(1_000).fill(large) });
    // Until the kernel's own buffers are full, and ours after them; from then on only patience keeps the socket.
    for (let sent = 0; sent < 400 && gateway.metrics.counts.slowReaders === before; sent++) {
      client.send(batch);
      await new Promise((resolve) => setTimeout(resolve, 5));
      gateway.elapse();
    }
    expect(gateway.metrics.counts.slowReaders).toBe(before + 1);
    client.socket.resume();
    expect(await client.closed).toEqual({ code: CLOSE_SLOW_READER, reason: "slow reader" });
    expect(await (await opened()).ask(track())).toMatchObject({ ok: true });
  });
});

describe("a closing gateway", () => {
  it("answers what is under way, says goodbye, and takes nothing new", async () => {
    const before = gateway;
    gateway = await startGateway();
    const client = await opened();
    gateway.router.held = true;
    client.send(track({ messageId: "late" }));
    while (gateway.router.inFlight === 0) await new Promise((resolve) => setImmediate(resolve));
    const closed = gateway.close();
    client.send(track({ messageId: "too late" }));
    expect(await client.next()).toMatchObject({ messageId: "too late", ok: false, problem: { code: "busy" } });
    gateway.router.release();
    expect(await client.next()).toMatchObject({ messageId: "late", ok: true });
    expect((await client.closed).code).toBe(CLOSE_GOING_AWAY);
    await closed;
    gateway = before;
  });
});
