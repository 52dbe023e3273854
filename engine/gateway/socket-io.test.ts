import { io } from "socket.io-client";
import type { Socket } from "socket.io-client";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { BROWSER_KEY, SERVER_KEY, SHOP, startGateway, track } from "../../tests/gateway/running-gateway.ts";
import type { RunningGateway } from "../../tests/gateway/running-gateway.ts";
import { naughtyStringsMissing, readNaughtyStrings } from "../../tests/naughty-strings.ts";

let gateway: RunningGateway;
const sockets: Socket[] = [];
beforeAll(async () => {
  gateway = await startGateway();
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.disconnect();
});
afterAll(() => gateway.close());

function open(auth: object, options: { transports?: string[]; origin?: string } = {}): Socket {
  const socket = io(gateway.url, {
    auth,
    reconnection: false,
    forceNew: true,
    transports: options.transports ?? ["websocket"],
    ...(options.origin === undefined ? {} : { extraHeaders: { origin: options.origin } }),
  });
  sockets.push(socket);
  return socket;
}

const next = <Value = Record<string, unknown>>(socket: Socket, name: string) =>
  new Promise<Value>((resolve) => void socket.once(name, resolve));
const refusedWith = (socket: Socket) =>
  new Promise<string>((resolve) => void socket.once("connect_error", (error) => resolve(error.message)));

const server = { writeKey: SERVER_KEY };
const browser = { writeKey: BROWSER_KEY };

describe("Socket.IO", () => {
  it.each([[["websocket"]], [["polling"]], [["polling", "websocket"]]])(
    "carries events and acknowledges them over %j",
    async (transports) => {
      const socket = open(server, { transports });
      const messageId = `io-${transports.join("-")}`;
      const { type: _, ...message } = track({ messageId });
      expect(await socket.emitWithAck("track", message)).toEqual({ messageId, ok: true, resolved: true });
      expect(gateway.router.applied.at(-1)).toMatchObject({ messageId, source: "api", type: "track" });
      expect(await socket.emitWithAck("identify", { userId: "u1", traits: { city: "Lyon" } })).toMatchObject({
        ok: true,
      });
      expect(await socket.emitWithAck("page", { userId: "u1", messageId: 5 })).toMatchObject({
        ok: false,
        problem: { field: "/messageId" },
      });
    },
  );

  it("closes the one socket for a fault of the gateway", async () => {
    const [unlucky, other] = [open(server), open(server)];
    await Promise.all([next(unlucky, "hello"), next(other, "hello")]);
    const { event } = gateway.router;
    gateway.router.event = () => JSON.parse("private-person");
    const closed = next(unlucky, "disconnect");
    unlucky.emit("track", track());
    await closed;
    gateway.router.event = event;
    expect(await other.emitWithAck("track", track())).toMatchObject({ ok: true });
    expect(gateway.faults.splice(0)).toHaveLength(1);
  });

  it("refuses what is nested too deeply to be written, and goes on", async () => {
    const socket = open(browser);
    await next(socket, "hello");
    const nested = `${'{"a":'.repeat(50_000)}1${"}".repeat(50_000)}`;
    const refusals = new Promise<unknown[]>((resolve) => {
      const heard: unknown[] = [];
      socket.on("refused", (refusal) => {
        if (heard.push(refusal) === 3) resolve(heard);
      });
    });
    const { engine } = socket.io;
    for (const message of [
      `["track",{"properties":${nested}}]`,
      `["batch",[{"properties":${nested}}]]`,
      `["decide",{"userId":${nested}}]`,
    ])
      engine.write(`2${message}`);
    expect(await refusals).toMatchObject([
      { problem: { code: "too_deep" } },
      { problem: { code: "too_deep" } },
      { problem: { code: "invalid_field" } },
    ]);
    expect(gateway.faults).toEqual([]);
  });

  it("lets in by key and origin only, and says why not", async () => {
    expect(await refusedWith(open({}))).toBe("bad_key");
    expect(await refusedWith(open({ writeKey: 5 }))).toBe("bad_key");
    expect(await refusedWith(open({ writeKey: "wrong" }))).toBe("bad_key");
    expect(await refusedWith(open(browser, { origin: "https://evil.example" }))).toBe("origin_refused");
    expect(await refusedWith(open(server, { origin: SHOP }))).toBe("origin_refused");
    await next(open(browser, { origin: SHOP }), "connect");
    gateway.ready = false;
    expect(await refusedWith(open(server))).toBe("busy");
    gateway.ready = true;
  });

  it("shares long polling's answers with allowed pages only", async () => {
    const poll = (origin: string) =>
      fetch(`${gateway.url}/socket.io/?EIO=4&transport=polling`, { headers: { origin } });
    expect((await poll(SHOP)).headers.get("access-control-allow-origin")).toBe(SHOP);
    expect((await poll("https://evil.example")).headers.get("access-control-allow-origin")).toBeNull();
  });

  it("gives a visitor a token, and pushes its decisions to every socket that shows it", async () => {
    const first = open(browser);
    const welcome = await next<{ anonymousId: string; visitorToken: string }>(first, "hello");
    expect(welcome).toMatchObject({ ok: true, subscribed: true, decisions: [{ show: "hero-0" }] });
    const { anonymousId, visitorToken } = welcome;
    const second = open({ ...browser, visitorToken });
    expect(await next(second, "hello")).toMatchObject({ ok: true, anonymousId });
    const pushed = [next(first, "decisions"), next(second, "decisions")];
    expect(await first.emitWithAck("track", track({ anonymousId }))).toMatchObject({ decisions: [{ show: "hero-1" }] });
    for (const push of await Promise.all(pushed))
      expect(push).toEqual({ anonymousId, decisions: [{ content: "home-hero", show: "hero-1", choice: 1 }] });
    expect(await next(open({ ...browser, visitorToken: "x" }), "hello")).toMatchObject({
      ok: false,
      problem: { code: "bad_visitor_token" },
    });
    expect(await next(open({ ...browser, subscribe: "yes" }), "hello")).toMatchObject({
      ok: false,
      problem: { field: "/subscribe" },
    });
  });

  it("takes batches and questions", async () => {
    const socket = open({ ...server, decisions: true });
    const messages = [
      track({ messageId: "i1", properties: { a: "é" } }),
      null,
      track({ messageId: "i2", userId: 5 }),
      track({ messageId: "i3" }),
    ];
    expect(await socket.emitWithAck("batch", messages)).toMatchObject({
      batch: [
        { messageId: "i1", ok: true },
        { ok: false },
        { messageId: "i2", ok: false, problem: { field: "/userId" } },
        { messageId: "i3", ok: true, decisions: [{}] },
      ],
    });
    expect(await socket.emitWithAck("batch", "x")).toMatchObject({ ok: false });
    expect(await socket.emitWithAck("decide", { userId: "nobody" })).toMatchObject({ ok: true, known: false });
    expect(await socket.emitWithAck("decide", null)).toMatchObject({ ok: false });
    expect(await open(browser).emitWithAck("decide", { userId: "u1" })).toMatchObject({
      ok: false,
      problem: { code: "bad_visitor_token" },
    });
  });

  it("tells of a refused event even where no acknowledgement was asked for", async () => {
    const socket = open(server);
    const refused = next(socket, "refused");
    socket.emit("track", { event: "a", messageId: "r1" });
    expect(await refused).toMatchObject({ messageId: "r1", ok: false, problem: { code: "no_identifier" } });
  });

  it.skipIf(naughtyStringsMissing !== undefined)("stays up whatever is sent", async () => {
    const socket = open(server);
    for (const odd of [undefined, null, 5, "x", [], [[]], new Uint8Array(5), { __proto__: null, a: new Uint8Array(3) }])
      expect(await socket.emitWithAck("track", odd)).toMatchObject({ ok: false });
    for (const name of ["track", "batch", "decide", "receipt", "nothing known", "hello"])
      expect(await socket.emitWithAck(name)).toMatchObject({ ok: false, problem: { code: expect.any(String) } });
    expect(await socket.emitWithAck("nothing known", 1)).toMatchObject({
      problem: { message: expect.stringMatching(/^There is no such message; allowed: .*track.*decide/) },
    });
    socket.emit("track");
    socket.emit("nothing known", 1);
    for (const naughty of readNaughtyStrings())
      expect(
        await socket.emitWithAck("track", track({ event: naughty, properties: { [naughty]: naughty } })),
      ).toHaveProperty("ok");
    expect(await socket.emitWithAck("track", track())).toMatchObject({ ok: true });
  });
});
