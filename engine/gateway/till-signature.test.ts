import fc from "fast-check";
import { expect, it } from "vitest";
import { tillSkewMsMax } from "../limits.ts";
import type { SourceId } from "../model/ids.ts";
import { createKeyRegistry } from "./keys.ts";
import { signTill, verifyTill } from "./till-signature.ts";

const KEY = "example-till-key";
const NOW = Date.parse("2026-05-04T10:11:12Z");
const TIME = String(NOW);
const BODY = '{"receiptId":"1"}';

/** `printf '1777889472000.{"receiptId":"1"}' | openssl dgst -sha256 -hmac example-till-key` */
it("is what openssl computes", () => {
  expect(signTill(KEY, TIME, BODY)).toBe("v1=d5429598b11e7d70d989fc274bd050a21f259320a15787d1117d30ebbe00e7dd");
});

it("is good for its own key, time and body, whatever they are", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.uint8Array(), (key, body) => {
      const signature = signTill(key, TIME, body);
      expect(verifyTill(key, { till: "t", time: TIME, signature }, { signed: body, nowMs: NOW })).toBe("good");
    }),
  );
});

it.each([
  ["another body", { signed: `${BODY} ` }, "bad_signature"],
  ["another key", { key: "another-till-key" }, "bad_signature"],
  ["another time, unsigned", { time: String(NOW + 1) }, "bad_signature"],
  ["no version", { signature: signTill(KEY, TIME, BODY).slice(3) }, "bad_signature"],
  ["a digest cut short", { signature: signTill(KEY, TIME, BODY).slice(0, -2) }, "bad_signature"],
  ["nothing", { signature: "" }, "bad_signature"],
  ["a time that is no number", { time: "2026-05-04T10:11:12Z" }, "bad_time"],
  ["capital digits", { signature: signTill(KEY, TIME, BODY).toUpperCase().replace("V1", "v1") }, "good"],
])("with %s", (_, change: Readonly<Record<string, string>>, expected) => {
  const { key = KEY, signed = BODY, ...proof } = change;
  const sent = { till: "t", time: TIME, signature: signTill(KEY, TIME, BODY), ...proof };
  expect(verifyTill(key, sent, { signed, nowMs: NOW })).toBe(expected);
});

it.each([
  [tillSkewMsMax, "good"],
  [-tillSkewMsMax, "good"],
  [tillSkewMsMax + 1, "bad_time"],
  [-tillSkewMsMax - 1, "bad_time"],
])("holds within the window: %i ms after its time", (afterMs, expected) => {
  const proof = { till: "t", time: TIME, signature: signTill(KEY, TIME, BODY) };
  expect(verifyTill(KEY, proof, { signed: BODY, nowMs: NOW + afterMs })).toBe(expected);
});

const keys = createKeyRegistry({
  keys: [
    { name: "till-1" as SourceId, key: KEY, kind: "till", origins: undefined },
    { name: "server" as SourceId, key: "a-server-s-secret-key", kind: "server", origins: undefined },
  ],
  allowOrigins: [],
  loopback: false,
});

function asTill(till: string, key: string, origin?: string) {
  const proof = { till, time: TIME, signature: signTill(key, TIME, BODY) };
  return keys.authenticateTill(proof, { signed: BODY, nowMs: NOW }, origin);
}

it("lets a till in by its name and signature, and by nothing else", () => {
  expect(asTill("till-1", KEY)).toEqual({ source: "till-1", trusted: true, till: true });
  expect(asTill("till-2", KEY)).toMatchObject({ code: "bad_signature" });
  expect(asTill("server", "a-server-s-secret-key")).toMatchObject({ code: "bad_signature" });
  expect(asTill("till-1", "guessed")).toMatchObject({ code: "bad_signature" });
  expect(asTill("till-1", KEY, "https://elsewhere.example")).toMatchObject({ code: "origin_refused" });
  expect(keys.authenticateTill(undefined, { signed: BODY, nowMs: NOW }, undefined)).toMatchObject({
    code: "bad_signature",
  });
});
