import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SourceId } from "../model/ids.ts";
import { signIdentityToken, verifyIdentityToken } from "./identity-token.ts";
import { basicKey, createKeyRegistry } from "./keys.ts";
import { signVisitorToken, verifyVisitorToken } from "./visitor-token.ts";

describe("a visitor token", () => {
  it("gives back the visitor it was signed for, and only under its secret", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1, maxLength: 100 }), (id) => {
        const token = signVisitorToken("secret one", id);
        expect(verifyVisitorToken(["secret one"], token)).toBe(id);
        expect(verifyVisitorToken(["secret two", "secret one"], token)).toBe(id);
        expect(verifyVisitorToken(["secret two"], token)).toBeUndefined();
        expect(verifyVisitorToken([], token)).toBeUndefined();
      }),
    );
  });

  it("is refused when any part was changed", () => {
    const [, id = "", mac = ""] = signVisitorToken("secret", "a1").split(".");
    const other = Buffer.from("a2").toString("base64url");
    for (const token of [
      `v1.${other}.${mac}`,
      `v2.${id}.${mac}`,
      `v1.${id}.`,
      `v1.${id}`,
      `v1.${id}.${mac}.x`,
      "",
      "..",
      `v1.${id}.${mac.slice(1)}`,
    ])
      expect(verifyVisitorToken(["secret"], token)).toBeUndefined();
  });

  it("never makes the verifier throw", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => void verifyVisitorToken(["secret"], text)));
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => void verifyIdentityToken(["secret"], `v1.${text}.x`, 0)),
    );
  });
});

describe("an identity token", () => {
  it("vouches for what it names, under any server key, until it ends", () => {
    const token = signIdentityToken("key one", { userId: "u9", email: "u9@shop.example", expiresAt: 1_000 });
    expect(verifyIdentityToken(["key two", "key one"], token, 999)).toMatchObject({
      userId: "u9",
      email: "u9@shop.example",
    });
    expect(verifyIdentityToken(["key one"], token, 1_000)).toBeUndefined();
    expect(verifyIdentityToken(["key two"], token, 0)).toBeUndefined();
  });

  it("is not a visitor token signed with the same secret", () => {
    expect(verifyIdentityToken(["s"], signVisitorToken("s", '{"userId":"u9"}'), 0)).toBeUndefined();
    expect(verifyVisitorToken(["s"], signIdentityToken("s", { userId: "u9" }))).toBeUndefined();
  });
});

describe("the keys", () => {
  const name = (text: string) => text as SourceId;
  const keys = [
    { name: name("site"), key: "site-key", kind: "browser", origins: ["https://shop.example"] },
    { name: name("open"), key: "open-key", kind: "browser", origins: undefined },
    { name: name("api"), key: "api-key", kind: "server", origins: undefined },
    { name: name("till"), key: "till-key", kind: "till", origins: undefined },
  ] as const;
  const registry = createKeyRegistry({ keys, allowOrigins: [], loopback: true });

  it.each([
    ["site-key", undefined, { source: "site", trusted: false }],
    ["site-key", "https://shop.example", { source: "site", trusted: false }],
    ["site-key", "https://SHOP.example", { source: "site", trusted: false }],
    ["site-key", "https://evil.example", { code: "origin_refused" }],
    ["site-key", "http://shop.example", { code: "origin_refused" }],
    ["open-key", "http://localhost:3000", { source: "open" }],
    ["open-key", "http://localhost.evil.example", { code: "origin_refused" }],
    ["api-key", undefined, { source: "api", trusted: true }],
    ["api-key", "https://shop.example", { code: "origin_refused" }],
    ["till-key", undefined, { source: "till", trusted: true }],
    ["nobody", undefined, { code: "bad_key" }],
    ["", undefined, { code: "bad_key" }],
    [undefined, undefined, { code: "bad_key" }],
    ["api-key ", undefined, { code: "bad_key" }],
  ])("%s from %s", (key, origin, expected) => {
    expect(registry.authenticate(key, origin)).toMatchObject(expected);
  });

  it("allow pages of this machine only while listening on it", () => {
    const exposed = createKeyRegistry({ keys, allowOrigins: [], loopback: false });
    expect(exposed.authenticate("open-key", "http://localhost:3000")).toMatchObject({ code: "origin_refused" });
    const listed = createKeyRegistry({ keys, allowOrigins: ["https://a.example"], loopback: true });
    expect(listed.authenticate("open-key", "https://a.example")).toMatchObject({ source: "open" });
    expect(listed.allowsOrigin("https://a.example")).toBe(true);
    expect(listed.allowsOrigin("https://b.example")).toBe(false);
  });

  it("are read from Basic authentication", () => {
    const basic = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;
    expect(basicKey(basic("site-key:"))).toBe("site-key");
    expect(basicKey(basic("site-key"))).toBe("site-key");
    expect(basicKey(basic("site-key:password"))).toBe("site-key");
    expect(basicKey("Bearer x")).toBeUndefined();
    expect(basicKey("Basic")).toBeUndefined();
  });
});
