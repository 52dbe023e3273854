/**
 * A checked plan as bytes: canonical JSON (RFC 8785's order of keys, no spaces), so that the same rules give the same bytes
 * and the same digest however their files are laid out.
 */
import { isAscii, isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import type { PlanDigest } from "../../model/ids.ts";
import { type PlanSource, planFormat } from "./checked.ts";
import { parseJsonSteps } from "./json-steps.ts";
import { finish, type Steps } from "./steps.ts";

export function encodePlan(source: PlanSource): Uint8Array {
  return new TextEncoder().encode(canonicalJson(source));
}

const digestedBytesPerStep = 64 * 1024;

/** `digestPlan` in steps. */
export function* digestPlanSteps(bytes: Uint8Array): Steps<PlanDigest> {
  const hash = createHash("sha256");
  for (let from = 0; from < bytes.length; from += digestedBytesPerStep) {
    hash.update(bytes.subarray(from, from + digestedBytesPerStep));
    yield;
  }
  return hash.digest("hex") as PlanDigest;
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

/** As a TextDecoder that is fatal, which takes ten times as long. @throws RangeError */
function textOf(bytes: Uint8Array): string {
  if (!isUtf8(bytes)) throw new RangeError("not UTF-8");
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(isAscii(bytes) ? "latin1" : "utf8");
}

/** Trusts the inside of a plan of its own format: bytes come by their digest. @throws PlanBytesError */
export function decodePlan(bytes: Uint8Array): PlanSource {
  return finish(decodePlanSteps(bytes));
}

/** The same in steps. @throws PlanBytesError */
export function* decodePlanSteps(bytes: Uint8Array): Steps<PlanSource> {
  let source: unknown;
  try {
    source = yield* parseJsonSteps(textOf(bytes));
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
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  let text = "";
  if (Array.isArray(value)) {
    for (const part of value as readonly unknown[]) text += `${text === "" ? "" : ","}${canonicalJson(part)}`;
    return `[${text}]`;
  }
  const parts = value as Readonly<Record<string, unknown>>;
  for (const key of Object.keys(parts).sort())
    text += `${text === "" ? "" : ","}${JSON.stringify(key)}:${canonicalJson(parts[key])}`;
  return `{${text}}`;
}
