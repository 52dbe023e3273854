/**
 * Who may send: the brand's keys, and the web pages that may use each. A browser key is public by nature and may only
 * write, and read its own visitor; a server's or till's key is secret, may read anybody and vouches for what it says. A
 * till may prove its key by a signature instead of showing it, and must for receipts. A
 * presented key is looked up by its SHA-256 digest: the time that this takes may tell of digests, which nobody can steer
 * towards one of a key, but not how much of a key was right.
 */
import { createHash } from "node:crypto";
import { tillSkewMsMax, tokenCharsMax } from "../limits.ts";
import type { SourceId } from "../model/ids.ts";
import type { Problem } from "../shard/port.ts";
import { Handshakes } from "./handshakes.ts";
import { HANDSHAKE_SIGNED, verifyTill } from "./till-signature.ts";
import type { TillProof } from "./till-signature.ts";

export interface Key {
  /** Name of the source; scopes message ids. Never secret. */
  readonly name: SourceId;
  readonly key: string;
  readonly kind: "browser" | "server" | "till";
  /** Pages that may use a browser key, such as `https://shop.example`, or `*`; undefined: `allowOrigins` rules. */
  readonly origins: readonly string[] | undefined;
}

/** What a sender may do, once its key is known. */
export interface Access {
  readonly source: SourceId;
  /** Not a browser key. */
  readonly trusted: boolean;
  /** A till that has signed: may send receipts. */
  readonly till?: true;
}

export interface KeyRegistry {
  /** @param origin the Origin header; undefined outside of browsers */
  authenticate(presented: string | undefined, origin: string | undefined): Access | Problem;
  /**
   * A till by its signature. Its page may come from where the key says, or on loopback from there: the key is not shown.
   * @param proof undefined where none was given
   */
  authenticateTill(
    proof: TillProof | undefined,
    about: { readonly signed: Uint8Array | string; readonly nowMs: number },
    origin: string | undefined,
  ): Access | Problem;
  /** As `authenticateTill`, of a socket's handshake, which is taken once. */
  authenticateSocket(proof: TillProof, nowMs: number, origin: string | undefined): Access | Problem;
  /** Whether any key may be used from there: for a preflight, which shows no key. */
  allowsOrigin(origin: string): boolean;
}

export interface KeyRules {
  readonly keys: readonly Key[];
  readonly allowOrigins: readonly string[];
  /** Listening on loopback only: pages of this machine are then allowed where `allowOrigins` is empty. */
  readonly loopback: boolean;
}

interface Entry {
  readonly key: Key;
  readonly access: Access;
}

const BAD_KEY: Problem = {
  code: "bad_key",
  field: undefined,
  message: "The write key is unknown or missing: give it as the user of Basic authentication, or as `writeKey`.",
};

const BAD_SIGNATURE: Problem = {
  code: "bad_signature",
  field: undefined,
  message:
    "Receipts are signed: the headers Vif-Till (the till key's name), Vif-Time (milliseconds since 1970) and Vif-Signature (v1= and the HMAC-SHA256 in hex of time, dot, body), by the till's own key.",
};
const BAD_TIME: Problem = {
  code: "bad_time",
  field: undefined,
  message: `The signature's time must be milliseconds since 1970, at most ${tillSkewMsMax / 60_000} minutes from the engine's clock: set the till's clock, and sign anew with each sending.`,
};

const USED: Problem = {
  code: "bad_signature",
  field: undefined,
  message: "This handshake has opened a socket before: sign anew, with the time of now, for each connection.",
};

export function createKeyRegistry(rules: KeyRules): KeyRegistry {
  const entries = new Map<string, Entry>();
  const tills = new Map<string, Entry>();
  for (const key of rules.keys) {
    const access = { source: key.name, trusted: key.kind !== "browser" };
    entries.set(digestOf(key.key), { key, access });
    if (key.kind === "till") tills.set(key.name, { key, access: { ...access, till: true } });
  }
  const handshakes = new Handshakes();
  const registry: KeyRegistry = {
    authenticate(presented, origin) {
      if (presented === undefined || presented === "" || presented.length > tokenCharsMax) return BAD_KEY;
      const entry = entries.get(digestOf(presented));
      if (entry === undefined) return BAD_KEY;
      if (origin === undefined || mayUse(entry.key, origin, rules)) return entry.access;
      return {
        code: "origin_refused",
        field: undefined,
        message:
          entry.key.kind === "browser"
            ? "Pages of this origin may not use this key: add the origin to the key, or to VIF_ALLOW_ORIGINS."
            : "This is a secret key, and must not be used in a web page: use a browser key there.",
      };
    },
    authenticateTill(proof, about, origin) {
      const entry = proof === undefined ? undefined : tills.get(proof.till);
      if (proof === undefined || entry === undefined) return BAD_SIGNATURE;
      const verdict = verifyTill(entry.key.key, proof, about);
      if (verdict !== "good") return verdict === "bad_time" ? BAD_TIME : BAD_SIGNATURE;
      if (origin === undefined || mayComeFrom(entry.key, origin, rules)) return entry.access;
      return {
        code: "origin_refused",
        field: undefined,
        message: "Pages of this origin may not sign with this till's key: add the origin to the key.",
      };
    },
    authenticateSocket(proof, nowMs, origin) {
      const access = registry.authenticateTill(proof, { signed: HANDSHAKE_SIGNED, nowMs }, origin);
      return "code" in access || handshakes.take(proof.signature, nowMs) ? access : USED;
    },
    allowsOrigin: (origin) =>
      rules.keys.some((key) => mayUse(key, origin, rules) || (key.kind === "till" && mayComeFrom(key, origin, rules))),
  };
  return registry;
}

function digestOf(key: string): string {
  return createHash("sha256").update(key).digest("base64");
}

function mayUse(key: Key, origin: string, rules: KeyRules): boolean {
  return key.kind === "browser" && mayComeFrom(key, origin, rules);
}

function mayComeFrom(key: Key, origin: string, { allowOrigins, loopback }: KeyRules): boolean {
  const allowed = key.origins ?? allowOrigins;
  if (allowed.length === 0 && key.origins === undefined) return loopback && isLoopbackOrigin(origin);
  const wanted = origin.toLowerCase();
  return allowed.some((each) => each === "*" || each.toLowerCase() === wanted);
}

function isLoopbackOrigin(origin: string): boolean {
  return /^https?:\/\/(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i.test(origin);
}

/** The key of `Authorization: Basic base64(key:)`, as Segment's clients send it. RFC 7617, 2. */
export function basicKey(authorization: string): string | undefined {
  const match = /^basic +([A-Za-z0-9+/=_-]+) *$/i.exec(authorization);
  if (match === null) return undefined;
  const decoded = Buffer.from(match[1] ?? "", "base64").toString("utf8");
  const colon = decoded.indexOf(":");
  return colon === -1 ? decoded : decoded.slice(0, colon);
}
