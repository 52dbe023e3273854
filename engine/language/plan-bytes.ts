/**
 * A checked plan as bytes: canonical JSON (RFC 8785's order of keys, no spaces), so that the same rules give the same bytes
 * and the same digest however their files are laid out.
 */
import { createHash } from "node:crypto";
import type { PlanDigest } from "../model/ids.ts";
import { type PlanSource, planFormat } from "./checked.ts";

export function encodePlan(source: PlanSource): Uint8Array {
  return new TextEncoder().encode(canonicalJson(source));
}

/** SHA-256, in hex, of a plan's bytes. */
export function digestPlan(bytes: Uint8Array): PlanDigest {
  return createHash("sha256").update(bytes).digest("hex") as PlanDigest;
}

/** The bytes are not a plan that this version of the checker made. */
export class PlanBytesError extends Error {
  readonly code = "plan_bytes";
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "PlanBytesError";
  }
}

/** Trusts the inside of a plan of its own format: bytes come by their digest. @throws PlanBytesError */
export function decodePlan(bytes: Uint8Array): PlanSource {
  let source: unknown;
  try {
    source = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new PlanBytesError("the plan is not JSON in UTF-8", { cause });
  }
  if (typeof source !== "object" || source === null || !("format" in source))
    throw new PlanBytesError("this is not a plan");
  if (source.format !== planFormat) {
    throw new PlanBytesError(
      `the plan has format ${String(source.format)}, and this version reads ${planFormat}: check its rules again`,
    );
  }
  for (const part of ["attributes", "streams", "aggregates", "segments", "contents"]) {
    if (!Array.isArray((source as Record<string, unknown>)[part])) throw new PlanBytesError(`the plan has no ${part}`);
  }
  return source as unknown as PlanSource;
}

function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, part]) => `${JSON.stringify(key)}:${canonicalJson(part)}`).join(",")}}`;
}
