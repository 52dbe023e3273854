import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clockFarOffMsMax, eventBytesMax, jsonDepthMax } from "../limits.ts";
import { PROBLEMS } from "../model/errors.ts";
import type { SourceId } from "../model/ids.ts";
import type { Origin } from "../shard/port.ts";
import type { IdentityRules } from "./event-identifiers.ts";
import { signIdentityToken } from "./identity-token.ts";
import { callsWith, naughtyStringsMissing, readNaughtyStrings } from "../../tests/naughty-strings.ts";
import { parseEvent } from "./parse-event.ts";

const receivedAt = Date.parse("2026-05-04T10:00:00.000Z");
const browser: Origin = { source: "site" as SourceId, trusted: false, visitor: undefined, receivedAt };
const server: Origin = { ...browser, trusted: true };
const rules: IdentityRules = {
  identifiers: { defaultCountry: "FR" },
  trustBrowsers: false,
  serverKeys: ["server key"],
};

const track = { type: "track", event: "Order Completed", messageId: "m1", anonymousId: "a1" };
const read = (message: unknown, origin = browser) =>
  parseEvent(Buffer.from(typeof message === "string" ? message : JSON.stringify(message)), origin, rules);
function event(message: unknown, origin = browser) {
  const parsed = read(message, origin);
  if ("problem" in parsed) throw new Error(`${parsed.problem.code} ${parsed.problem.field}: ${parsed.problem.message}`);
  return parsed.event;
}
function problem(message: unknown) {
  const parsed = read(message);
  if ("event" in parsed) throw new Error(`taken: ${parsed.event.body}`);
  return { code: parsed.problem.code, field: parsed.problem.field };
}

describe("a wire message", () => {
  it("becomes the event that is recorded", () => {
    const message = {
      ...track,
      properties: { total: 12.5 },
      context: { ip: "::1" },
      timestamp: "2026-05-04T09:59:00.000Z",
    };
    expect(event(message)).toMatchObject({
      type: "track",
      name: "order_completed",
      source: "site",
      messageId: "m1",
      identifiers: [{ kind: "anonymous", value: "a1" }],
      proved: false,
      timestamp: receivedAt - 60_000,
      fields: { total: 12.5 },
      body: '{"fields":{"total":12.5},"context":{"ip":"::1"},"originalTimestamp":"2026-05-04T09:59:00.000Z"}',
    });
  });

  it.each([
    [{ type: "identify", traits: { city: "Lyon" } }, "identified", { city: "Lyon" }],
    [
      { type: "page", name: "Home", category: "Shop", properties: { path: "/" } },
      "page_viewed",
      { name: "Home", category: "Shop", path: "/" },
    ],
    [{ type: "page" }, "page_viewed", {}],
    [{ type: "screen", name: "Cart", properties: null }, "screen_viewed", { name: "Cart" }],
    [{ type: "group", groupId: "g1", traits: { plan: "pro" } }, "group_joined", { plan: "pro", groupId: "g1" }],
    [{ type: "alias", previousId: "a0", userId: "u1" }, "aliased", {}],
    [{ type: "track", event: "Produit Consulté" }, "produit_consulté", {}],
  ])("%o is named and has its fields", (message, name, fields) => {
    expect(event({ messageId: "m1", anonymousId: "a1", ...message })).toMatchObject({ name, fields });
  });

  it("names people by ids and by the traits of identify and of the context, in the order of routing", () => {
    const traits = {
      email: " Marie@Shop.Example ",
      phone: "06 12 34 56 78",
      loyaltyCard: "12-34 ab",
      telegram: 123456789,
    };
    const all = [
      { kind: "anonymous", value: "a1" },
      { kind: "user", value: "u1" },
      { kind: "email", value: "marie@shop.example" },
      { kind: "phone", value: "+33612345678" },
      { kind: "card", value: "1234AB" },
      { kind: "telegram", value: "123456789" },
    ];
    expect(event({ type: "identify", messageId: "m", anonymousId: "a1", userId: "u1", traits }).identifiers).toEqual(
      all,
    );
    expect(event({ ...track, userId: "u1", context: { traits } }).identifiers).toEqual(all);
    expect(event({ ...track, properties: traits }).identifiers).toEqual(all.slice(0, 1));
    expect(event({ type: "group", groupId: "g", messageId: "m", anonymousId: "a1", traits }).identifiers).toEqual(
      all.slice(0, 1),
    );
    expect(
      event({ type: "alias", messageId: "m", previousId: "a0", userId: "u1", anonymousId: "a1" }).identifiers,
    ).toEqual([
      { kind: "anonymous", value: "a0" },
      { kind: "user", value: "u1" },
    ]);
  });

  it("keeps a mistyped e-mail address as a trait only", () => {
    const message = { type: "identify", messageId: "m", anonymousId: "a1", traits: { email: "n/a", phone: "?" } };
    expect(event(message)).toMatchObject({ identifiers: [{ kind: "anonymous" }], fields: { email: "n/a" } });
    expect(problem({ ...message, anonymousId: null })).toEqual({ code: "no_identifier", field: "/anonymousId" });
  });

  it("is one and the same however often it is sent, unless its body differs", () => {
    const first = event({ ...track, sentAt: "2026-05-04T10:00:00.000Z" });
    const again = event(
      { ...track, sentAt: "2026-05-04T10:05:00.000Z" },
      { ...browser, receivedAt: receivedAt + 300_000 },
    );
    expect(again.digest).toEqual(first.digest);
    expect(again.bodyHash).toBe(first.bodyHash);
    expect(event(track, { ...browser, source: "app" as SourceId }).digest).not.toEqual(first.digest);
    for (const other of [
      { properties: { a: 1 } },
      { event: "Other" },
      { anonymousId: "a2" },
      { timestamp: "2026-05-01T00:00:00.000Z" },
      { context: { ip: "1" } },
    ])
      expect(event({ ...track, ...other }).bodyHash).not.toBe(first.bodyHash);
  });
});

describe("a claim", () => {
  const identify = {
    type: "identify",
    messageId: "m",
    anonymousId: "a1",
    userId: "u9",
    traits: { email: "u9@shop.example" },
  };
  const withToken = (claims: object, key = "server key") => ({
    ...identify,
    identityToken: signIdentityToken(key, claims),
  });
  const kinds = (message: object, origin = browser) => {
    const { proved, identifiers } = event(message, origin);
    return [proved, ...identifiers.map(({ kind }) => kind)];
  };

  it("of a browser is not proved", () => expect(kinds(identify)).toEqual([false, "anonymous", "user", "email"]));
  it("of a server is", () => expect(kinds(identify, server)).toEqual([true, "anonymous", "user", "email"]));
  const own = { ...browser, visitor: "a1" };
  it("is proved as far as the brand's token goes", () => {
    expect(kinds(withToken({ userId: "u9" }), own)).toEqual([true, "anonymous", "user"]);
    expect(kinds(withToken({ userId: "u9", email: "U9@shop.example" }), own)).toEqual([
      true,
      "anonymous",
      "user",
      "email",
    ]);
    expect(event(withToken({ userId: "u9" })).fields).toEqual(identify.traits);
  });
  it("is of the user alone unless the visitor's own token was shown too", () => {
    for (const origin of [browser, { ...browser, visitor: "a2" }])
      expect(kinds(withToken({ userId: "u9", email: "u9@shop.example" }), origin)).toEqual([true, "user", "email"]);
    expect(kinds({ ...withToken({ userId: "u9" }), anonymousId: undefined })).toEqual([true, "user"]);
  });
  it("is not proved by another's token, one that has ended, or another key", () => {
    const unproved = [false, "anonymous", "user", "email"];
    expect(kinds(withToken({ userId: "u8" }))).toEqual(unproved);
    expect(kinds(withToken({ userId: "u9", expiresAt: receivedAt }))).toEqual(unproved);
    expect(kinds(withToken({ userId: "u9" }, "another key"))).toEqual(unproved);
    expect(kinds({ ...identify, identityToken: "x" })).toEqual(unproved);
  });
});

describe("a bad message is told what is wrong and where:", () => {
  const deep = (depth: number) => JSON.parse("[".repeat(depth) + "]".repeat(depth)) as unknown;
  it.each([
    ["", "malformed_json", undefined],
    ["{", "malformed_json", undefined],
    ['{"type":"track"}x', "malformed_json", undefined],
    ["null", "invalid_field", undefined],
    ["[]", "invalid_field", undefined],
    ['"track"', "invalid_field", undefined],
    ["{}", "missing_field", "/type"],
    [{ ...track, type: "buy" }, "invalid_field", "/type"],
    [{ ...track, type: 1 }, "invalid_field", "/type"],
    [{ ...track, type: ["track"] }, "invalid_field", "/type"],
    [{ ...track, messageId: undefined }, "missing_field", "/messageId"],
    [{ ...track, messageId: 7 }, "invalid_field", "/messageId"],
    [{ ...track, messageId: "" }, "invalid_field", "/messageId"],
    [{ ...track, messageId: "x".repeat(257) }, "invalid_field", "/messageId"],
    [{ ...track, messageId: "a\u0000b" }, "invalid_field", "/messageId"],
    ['{"type":"track","event":"a","messageId":"m","anonymousId":"\\ud800"}', "invalid_field", "/anonymousId"],
    [{ ...track, event: undefined }, "missing_field", "/event"],
    [{ ...track, event: 3 }, "invalid_field", "/event"],
    [{ ...track, event: "!!!" }, "invalid_field", "/event"],
    [{ ...track, event: "x".repeat(257) }, "invalid_field", "/event"],
    [{ ...track, anonymousId: undefined }, "no_identifier", "/anonymousId"],
    [{ ...track, anonymousId: 1 }, "invalid_field", "/anonymousId"],
    [{ ...track, anonymousId: "" }, "invalid_field", "/anonymousId"],
    [{ ...track, anonymousId: "   " }, "invalid_field", "/anonymousId"],
    [{ ...track, anonymousId: "x".repeat(257) }, "invalid_field", "/anonymousId"],
    [{ ...track, userId: {} }, "invalid_field", "/userId"],
    [{ ...track, properties: [] }, "invalid_field", "/properties"],
    [{ ...track, properties: "x" }, "invalid_field", "/properties"],
    [{ ...track, context: 1 }, "invalid_field", "/context"],
    [{ ...track, context: { traits: { email: {} } } }, "invalid_field", "/context/traits/email"],
    [{ type: "identify", messageId: "m", userId: "u", traits: { phone: [] } }, "invalid_field", "/traits/phone"],
    [{ type: "group", messageId: "m", userId: "u" }, "missing_field", "/groupId"],
    [{ type: "alias", messageId: "m", userId: "u" }, "missing_field", "/previousId"],
    [{ ...track, timestamp: "tomorrow" }, "invalid_field", "/timestamp"],
    [{ ...track, timestamp: 1777889472123 }, "invalid_field", "/timestamp"],
    [{ ...track, sentAt: new Date(receivedAt - clockFarOffMsMax - 1).toISOString() }, "clock_far_off", "/sentAt"],
    [{ ...track, timestamp: "2036-05-04T09:59:00.000Z" }, "clock_far_off", "/timestamp"],
    [{ ...track, properties: { a: "x".repeat(eventBytesMax) } }, "too_large", undefined],
    [{ ...track, properties: { a: deep(jsonDepthMax) } }, "too_deep", undefined],
    [
      '{"type":"track","event":"a","messageId":"m","anonymousId":"a","__proto__":{"x":1}}',
      "invalid_field",
      "/__proto__",
    ],
    [
      '{"type":"track","event":"a","messageId":"m","anonymousId":"a","properties":{"__proto__":{}}}',
      "invalid_field",
      "/properties/__proto__",
    ],
    [
      '{"type":"track","event":"a","messageId":"m","anonymousId":"a","properties":{"\\u005f_proto__":1}}',
      "invalid_field",
      "/properties/__proto__",
    ],
    ['{"type":"track","event":"a","messageId":"m","anonymousId":"a","properties":[]}', "invalid_field", "/properties"],
    [
      '{"type":"track","event":"a","messageId":"m","anonymousId":"a","context":{"a":[{"constructor":{"prototype":{}}}]}}',
      "invalid_field",
      "/context/a/0/constructor",
    ],
  ])("%j", (message, code, field) => {
    expect(problem(message)).toEqual({ code, field });
  });

  it("bytes that are no UTF-8", () => {
    const bytes = Buffer.concat([
      Buffer.from('{"type":"track","event":"'),
      Buffer.from([0xc3, 0x28]),
      Buffer.from('"}'),
    ]);
    expect(parseEvent(bytes, browser, rules)).toMatchObject({ problem: { code: "malformed_json" } });
  });

  it("under the messageId that it came with", () => {
    expect(read({ ...track, event: 3 })).toMatchObject({ messageId: "m1" });
    expect(read({ ...track, messageId: 3 })).toMatchObject({ messageId: undefined });
  });

  it("a constructor that is a plain name passes", () => {
    expect(event({ ...track, properties: { constructor: "Ferrari" } }).fields).toHaveProperty("constructor", "Ferrari");
  });

  it("a depth at the limit passes", () => {
    expect(event({ ...track, properties: { a: deep(jsonDepthMax - 2), text: "[[[[" + "{".repeat(40) } })).toBeDefined();
  });
});

describe("whatever comes", () => {
  it("is an event or a problem of the catalogue, and says nothing of what it held", () => {
    const ids = fc.option(fc.oneof(fc.string(), fc.jsonValue()), { nil: undefined });
    const message = fc.record(
      {
        type: fc.oneof(fc.constantFrom("track", "identify", "page", "group", "alias"), fc.jsonValue()),
        event: ids,
        messageId: ids,
        anonymousId: ids,
        userId: ids,
        previousId: ids,
        groupId: ids,
        traits: fc.jsonValue(),
        properties: fc.jsonValue(),
        context: fc.jsonValue(),
        timestamp: ids,
        sentAt: ids,
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(message, (value) => {
        const parsed = read(value);
        if ("problem" in parsed) expect(Object.keys(PROBLEMS)).toContain(parsed.problem.code);
        else expect(JSON.parse(parsed.event.body)).toHaveProperty("fields");
      }),
      { numRuns: 2_000 },
    );
  });

  it("never throws on any bytes", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => void parseEvent(bytes, browser, rules)));
  });

  it.skipIf(naughtyStringsMissing !== undefined)(
    "every naughty string in every text field is taken whole or refused by name",
    () => {
      for (const naughty of readNaughtyStrings()) {
        for (const { field, call } of callsWith(naughty)) {
          const parsed = read(call);
          if ("problem" in parsed) expect(parsed.problem.field).toBe(`/${field}`);
        }
        const traits = { email: naughty, phone: naughty, loyaltyCard: naughty, name: naughty };
        const taken = event({
          type: "identify",
          messageId: "m",
          userId: "u",
          traits,
          context: { page: { title: naughty } },
        });
        expect(taken.fields).toEqual(traits);
        expect(JSON.parse(taken.body)).toEqual({ fields: traits, context: { page: { title: naughty } } });
        if (naughty !== "__proto__")
          expect(event({ ...track, properties: { [naughty]: naughty } }).fields).toEqual({ [naughty]: naughty });
      }
    },
  );
});
