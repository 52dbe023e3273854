/**
 * The wire schemas as the two API descriptions hold them: every schema with a title once, under that title, and a reference
 * to it wherever it is used.
 */
import type { TSchema } from "typebox";
import {
  HttpReceiptBatchReply,
  HttpReceiptReply,
  Receipt,
  ReceiptBatchRequest,
  ReceiptCustomer,
  ReceiptFrame,
  ReceiptLine,
  ReceiptReference,
  ReceiptReply,
} from "./receipt-schemas.ts";
import { OfrepBulkReply, OfrepContext, OfrepEvaluation, OfrepFailure, OfrepRequest } from "./ofrep/ofrep-schemas.ts";
import {
  BatchReply,
  BatchRequest,
  Context,
  DecideFrame,
  DecideFrameReply,
  DecideReply,
  DecideRequest,
  Decision,
  DecisionsPush,
  EventReply,
  FrameRefusal,
  HelloFrame,
  HelloReply,
  HttpBatchReply,
  HttpEventReply,
  HttpProblemReply,
  MESSAGES,
  Problem,
  Traits,
  WireMessage,
} from "./wire-schemas.ts";

type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [name: string]: JsonValue };
export type Described = { readonly [name: string]: JsonValue };

const NAMED: readonly TSchema[] = [
  ...Object.values(MESSAGES),
  WireMessage,
  Traits,
  Context,
  BatchRequest,
  BatchReply,
  DecideFrame,
  DecideFrameReply,
  DecideReply,
  DecideRequest,
  Decision,
  DecisionsPush,
  EventReply,
  FrameRefusal,
  HelloFrame,
  HelloReply,
  HttpBatchReply,
  HttpEventReply,
  HttpProblemReply,
  Problem,
  OfrepRequest,
  OfrepContext,
  OfrepEvaluation,
  OfrepBulkReply,
  OfrepFailure,
  Receipt,
  ReceiptLine,
  ReceiptCustomer,
  ReceiptReference,
  ReceiptBatchRequest,
  ReceiptFrame,
  ReceiptReply,
  HttpReceiptReply,
  HttpReceiptBatchReply,
];

/** All titled schemas, for `components.schemas`. */
export function describedSchemas(): Described {
  return Object.fromEntries(NAMED.map((schema) => [titleOf(schema), described(plain(schema), titleOf(schema))]));
}

export function referenceTo(schema: TSchema): Described {
  return { $ref: `#/components/schemas/${titleOf(schema)}` };
}

function titleOf(schema: TSchema): string {
  const { title } = schema as { readonly title?: unknown };
  if (typeof title !== "string") throw new TypeError("a described schema needs a title");
  return title;
}

/** The schema as JSON has it: without the library's own marks. */
function plain(schema: TSchema): JsonValue {
  return JSON.parse(JSON.stringify(schema)) as JsonValue;
}

const titles = new Set(NAMED.map(titleOf));

function described(value: JsonValue, within: string | undefined): JsonValue {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((entry) => described(entry as JsonValue, undefined));
  const object = value as Described;
  const { title } = object;
  if (typeof title === "string" && title !== within && titles.has(title))
    return { $ref: `#/components/schemas/${title}` };
  return Object.fromEntries(Object.entries(object).map(([name, member]) => [name, described(member, undefined)]));
}
