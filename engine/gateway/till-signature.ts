/**
 * The signature of a till: HMAC-SHA256 (RFC 2104) by the till's key over the time, a dot, and what is signed: the body of a
 * request, or the path of a socket's handshake. The key itself never travels. The time is milliseconds since 1970 as
 * decimal text, and part of what is signed, so that what was overheard is of no use after `tillSkewMsMax`; within it a
 * receipt sent again changes nothing, as it is known by its id.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { tillSkewMsMax } from "../limits.ts";
import type { Instant } from "../model/ids.ts";

/** As it came: `signature` is `v1=` and 64 hex digits. */
export interface TillProof {
  /** Name of the till's key. */
  readonly till: string;
  readonly time: string;
  readonly signature: string;
}

/** What a socket's handshake signs, whatever carries the socket. */
export const HANDSHAKE_SIGNED = "/v1/stream";

/** The proof of a handshake's members `till`, `time` and `signature`; undefined where there is no signature. */
export function signedHandshake(read: (name: string) => unknown): TillProof | undefined {
  const signature = textOf(read("signature"));
  return signature === "" ? undefined : { till: textOf(read("till")), time: textOf(read("time")), signature };
}

function textOf(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

const TIME = /^\d{1,15}$/;
const SIGNATURE = /^v1=([0-9a-f]{64})$/i;

/** @example signTill("example-till-key", String(Date.now()), body) // "v1=5d0c..." */
export function signTill(key: string, time: string, signed: Uint8Array | string): string {
  return `v1=${digestOf(key, time, signed).toString("hex")}`;
}

/** Takes as long for any wrong signature of the right form, whatever its digits. */
export function verifyTill(
  key: string,
  proof: TillProof,
  about: { readonly signed: Uint8Array | string; readonly nowMs: Instant },
): "good" | "bad_time" | "bad_signature" {
  const match = SIGNATURE.exec(proof.signature);
  if (!TIME.test(proof.time)) return "bad_time";
  if (match === null) return "bad_signature";
  const given = Buffer.from(match[1] ?? "", "hex");
  // The signature goes first: whoever has no key learns nothing of our clock.
  if (!timingSafeEqual(given, digestOf(key, proof.time, about.signed))) return "bad_signature";
  return Math.abs(about.nowMs - Number(proof.time)) <= tillSkewMsMax ? "good" : "bad_time";
}

function digestOf(key: string, time: string, signed: Uint8Array | string): Buffer {
  return createHmac("sha256", key).update(`${time}.`).update(signed).digest();
}
