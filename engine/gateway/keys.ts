/**
 * Who may send: the brand's keys, and the web pages that may use each. A browser key is public by nature and may only
 * write, and read its own visitor; a server's or till's key is secret, may read anybody and vouches for what it says. A
 * presented key is compared by digest, in constant time, so that answering tells nothing about the keys there are.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { tokenCharsMax } from "../limits.ts";
import type { SourceId } from "../model/ids.ts";
import type { Problem } from "../shard/port.ts";

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
}

export interface KeyRegistry {
  /** @param origin the Origin header; undefined outside of browsers */
  authenticate(presented: string | undefined, origin: string | undefined): Access | Problem;
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
  readonly digest: Buffer;
  readonly access: Access;
}

const BAD_KEY: Problem = {
  code: "bad_key",
  field: undefined,
  message: "The write key is unknown or missing: give it as the user of Basic authentication, or as `writeKey`.",
};

export function createKeyRegistry(rules: KeyRules): KeyRegistry {
  const entries = new Map<string, Entry>();
  for (const key of rules.keys) {
    const digest = digestOf(key.key);
    const access = { source: key.name, trusted: key.kind !== "browser" };
    entries.set(digest.toString("base64"), { key, digest, access });
  }
  return {
    authenticate(presented, origin) {
      if (presented === undefined || presented === "" || presented.length > tokenCharsMax) return BAD_KEY;
      const digest = digestOf(presented);
      const entry = entries.get(digest.toString("base64"));
      if (entry === undefined || !timingSafeEqual(entry.digest, digest)) return BAD_KEY;
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
    allowsOrigin: (origin) => rules.keys.some((key) => mayUse(key, origin, rules)),
  };
}

function digestOf(key: string): Buffer {
  return createHash("sha256").update(key).digest();
}

function mayUse(key: Key, origin: string, { allowOrigins, loopback }: KeyRules): boolean {
  if (key.kind !== "browser") return false;
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
