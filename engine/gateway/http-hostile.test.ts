import { connect } from "node:net";
import type { Socket } from "node:net";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BROWSER_KEY, SERVER_KEY, basic, startGateway, track } from "../../tests/gateway/running-gateway.ts";
import type { RunningGateway } from "../../tests/gateway/running-gateway.ts";
import { callsWith, naughtyStringsMissing, readNaughtyStrings } from "../../tests/naughty-strings.ts";
import { bodyBytesMax, eventBytesMax, heldBodiesBytesMax } from "../limits.ts";

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

describe("bad input by HTTP", () => {
  const deep = `{"event":"a","userId":"u","properties":${'{"a":'.repeat(40)}1${"}".repeat(40)}}`;
  it.each([
    ["an empty body", "", 400, "malformed_json"],
    ["half an object", "{", 400, "malformed_json"],
    ["no JSON", "nonsense", 400, "malformed_json"],
    ["a list", "[1]", 400, "invalid_field"],
    ["bytes that are no UTF-8", Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), 400, "malformed_json"],
    ["__proto__", '{"event":"a","userId":"u","__proto__":{"a":1}}', 400, "invalid_field"],
    ["deep nesting", deep, 400, "too_deep"],
    ["a wrong type", '{"event":"a","userId":7}', 400, "invalid_field"],
    ["a clock far off", '{"event":"a","userId":"u","timestamp":"2090-01-01T00:00:00Z"}', 400, "clock_far_off"],
    ["an event over the limit", json(track({ properties: { a: "x".repeat(eventBytesMax) } })), 413, "too_large"],
    ["a body over the limit", "x".repeat(bodyBytesMax + 1), 413, "too_large"],
  ])("is refused with its own code: %s", async (_name, body, status, code) => {
    const reply = await post("/v1/track", body);
    expect([reply.status, reply.body.problem?.code]).toEqual([status, code]);
  });

  it("over the limit without saying so beforehand is cut off", async () => {
    const answer = await new Promise<string>((resolve) => {
      let heard = "";
      const socket = connect(gateway.port, "127.0.0.1", () => {
        socket.write(
          `POST /v1/track HTTP/1.1\r\nhost: a\r\nauthorization: ${basic(SERVER_KEY)}\r\ntransfer-encoding: chunked\r\n\r\n`,
        );
        for (let sent = 0; sent <= bodyBytesMax; sent += 0x8000) socket.write(`8000\r\n${" ".repeat(0x8000)}\r\n`);
      });
      socket.on("data", (bytes) => {
        heard += bytes.toString();
      });
      socket.on("error", () => undefined).on("close", () => resolve(heard));
    });
    expect(answer).toMatch(/^HTTP\/1.1 413 /);
    expect(answer).toContain('"code":"too_large"');
  });

  it("as a gzip bomb, or as no gzip, is refused", async () => {
    const bomb = gzipSync(Buffer.alloc(100 * 1024 * 1024, 32));
    expect(bomb.length).toBeLessThan(bodyBytesMax);
    expect((await post("/v1/track", bomb, { "content-encoding": "gzip" })).status).toBe(413);
    expect((await post("/v1/track", json(track()), { "content-encoding": "gzip" })).body.problem?.code).toBe(
      "malformed_json",
    );
    expect((await post("/v1/track", "x", { "content-encoding": "br" })).body.problem?.code).toBe("invalid_field");
  });

  it.skipIf(naughtyStringsMissing !== undefined)(
    "in every text field of a batch is taken whole or refused by name",
    async () => {
      const messages = readNaughtyStrings().flatMap((naughty, index) => [
        ...callsWith(naughty).map(({ field, call }) => ({
          field,
          call: field === "messageId" ? call : { ...call, messageId: `n${index}.${String(call.messageId)}` },
        })),
        {
          field: undefined,
          call: {
            type: "identify",
            messageId: `t${index}`,
            userId: "u",
            traits: { email: naughty, phone: naughty, city: naughty },
          },
        },
      ]);
      for (let at = 0; at < messages.length; at += 300) {
        const slice = messages.slice(at, at + 300);
        const { status, body } = await post("/v1/batch", json({ batch: slice.map(({ call }) => call) }));
        expect(status).toBe(200);
        const results = body.results as { ok: boolean; problem?: { field: string } }[];
        results.forEach((result, index) => {
          if (!result.ok) expect(result.problem?.field).toBe(`/${slice[index]?.field}`);
        });
      }
    },
  );
});

describe("a first event of a browser", () => {
  const mark = Buffer.from([0xef, 0xbb, 0xbf]);
  const first = (text: string) => Buffer.concat([mark, Buffer.from(text)]);
  it.each([
    ["/v1/track", first(json(track()))],
    ["/v1/batch", first(json({ batch: [track()] }))],
    ["/v1/batch", Buffer.concat([Buffer.from('{"batch":['), first(json(track())), Buffer.from("]}")])],
    ["/v1/decide", first("{}")],
  ])("with a byte order mark is refused, and ends nothing: %s", async (path, body) => {
    const reply = await post(path, body, { authorization: basic(BROWSER_KEY) });
    const results = (reply.body.results ?? []) as { problem?: { code: string } }[];
    expect(reply.body.problem?.code ?? results[0]?.problem?.code).toBe("malformed_json");
    expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);
  });
});

describe("a fault of the gateway itself", () => {
  it("ends the one request, and is told without what was sent", async () => {
    const { event } = gateway.router;
    gateway.router.event = (_lane, _body, _options, done) => done(undefined as never);
    const reply = await post("/v1/track", json(track({ anonymousId: "private-person" })));
    gateway.router.event = () => JSON.parse("private-person");
    const second = await post("/v1/track", json(track()));
    gateway.router.event = event;
    for (const { status, body } of [reply, second]) expect([status, body.problem?.code]).toEqual([500, "fault"]);
    expect(gateway.faults).toHaveLength(2);
    expect(gateway.faults.join()).toContain("SyntaxError");
    expect(gateway.faults.join()).not.toContain("private-person");
    expect((await post("/v1/track", json(track()))).status).toBe(200);
  });
});

describe("the gateway", () => {
  it("stays up whatever bytes come", async () => {
    const line = fc.constantFrom(
      "POST /v1/track HTTP/1.1\r\n",
      "POST /v1/batch HTTP/1.1\r\n",
      "GET /v1/stream HTTP/1.1\r\n",
      "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\n",
      "POST /socket.io/?EIO=4&transport=websocket&sid=x HTTP/1.1\r\n",
      "host: a\r\n",
      "content-length: 5\r\n",
      "content-encoding: gzip\r\n",
      "upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
      "transfer-encoding: chunked\r\n",
      "\r\n",
      "5\r\nhello\r\n",
    );
    const bytes = fc.array(fc.oneof({ weight: 3, arbitrary: line }, fc.uint8Array({ maxLength: 60 }), fc.string()), {
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(bytes, async (parts) => {
        await new Promise<void>((resolve) => {
          const socket = connect(gateway.port, "127.0.0.1", () => {
            for (const part of parts) socket.write(part);
            socket.end();
          });
          socket
            .on("data", () => undefined)
            .on("error", () => resolve())
            .on("close", () => resolve());
          socket.setTimeout(20, () => socket.destroy());
        });
      }),
      { numRuns: 150 },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom("/v1/track", "/v1/batch", "/v1/decide", "/v1/alias"),
        fc.oneof(fc.uint8Array(), fc.json()),
        async (path, body) => {
          const { status } = await post(path, body);
          expect([200, 400, 409]).toContain(status);
        },
      ),
      { numRuns: 150 },
    );
    expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);
  });
});

describe("bodies that come slowly", () => {
  it("may hold so much memory together, and others are told to come again until some are gone", async () => {
    const slow: Socket[] = [];
    const head = `POST /v1/batch HTTP/1.1\r\nhost: a\r\ncontent-length: ${bodyBytesMax}\r\n\r\n`;
    let refused = 0;
    const open = () =>
      new Promise<void>((resolve) => {
        const socket = connect(gateway.port, "127.0.0.1", () => {
          socket.write(head);
          socket.write(Buffer.alloc(bodyBytesMax - 1, 32), () => resolve());
        });
        socket.on("data", (bytes) => {
          if (bytes.toString().startsWith("HTTP/1.1 503")) refused++;
        });
        socket.on("error", () => undefined);
        slow.push(socket);
      });
    const fitting = Math.floor(heldBodiesBytesMax / bodyBytesMax);
    for (let at = 0; at < fitting + 20; at++) await open();
    while (refused === 0) await new Promise((resolve) => setImmediate(resolve));
    for (const socket of slow) socket.destroy();
    let status = 0;
    while (status !== 200)
      ({ status } = await post("/v1/batch", gzipSync(json({ batch: [track()] })), { "content-encoding": "gzip" }));
  });
});
