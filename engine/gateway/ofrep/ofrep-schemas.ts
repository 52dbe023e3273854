/**
 * OpenFeature's remote evaluation protocol on the wire, as JSON Schema. Its field names and error codes are the protocol's.
 * Source: https://github.com/open-feature/protocol, service/openapi.yaml, 0.2
 */
import Type from "typebox";
import type { Static, TSchema } from "typebox";
import { identifierCharsMax } from "../../limits.ts";
import { IDENTIFIER_KINDS } from "../../model/identifier.ts";
import { IDENTIFIERS } from "../wire-schemas.ts";

function orNull<Schema extends TSchema>(schema: Schema) {
  return Type.Optional(Type.Union([schema, Type.Null()]));
}

/** Whom to evaluate for. What else a client puts into it is ignored: rules read what the engine knows. */
export const OfrepContext = Type.Object(
  {
    targetingKey: orNull(
      Type.String({
        maxLength: identifierCharsMax + 16,
        description: `Who it is: a userId, or with its kind in front ${IDENTIFIER_KINDS.map((kind) => `\`${kind}:\``).join(", ")}. By a browser key an anonymousId.`,
      }),
    ),
    ...IDENTIFIERS,
    language: orNull(
      Type.String({
        maxLength: 35,
        pattern: "^[A-Za-z0-9-]+$",
        description: "As `fr` or `fr-BE` (BCP 47): object flags then carry `html`, rendered in it.",
      }),
    ),
  },
  { title: "OfrepContext" },
);
export type OfrepContext = Static<typeof OfrepContext>;

export const OfrepRequest = Type.Object({ context: orNull(OfrepContext) }, { title: "OfrepRequest" });
export type OfrepRequest = Static<typeof OfrepRequest>;

const Reason = Type.Union([Type.Literal("TARGETING_MATCH"), Type.Literal("DEFAULT"), Type.Literal("STALE")], {
  description:
    "TARGETING_MATCH: a condition held; DEFAULT: none did; STALE: the rule waits for what is being gathered.",
});

export const OfrepEvaluation = Type.Object(
  {
    key: Type.String(),
    value: Type.Union([Type.Boolean(), Type.String(), Type.Object({})]),
    variant: Type.String({ description: "Of a content the template to show, of a segment `in` or `out`." }),
    reason: Reason,
    metadata: Type.Object({}, { description: "`plan`: digest of the rules; `known`; of a content `choice`." }),
  },
  { title: "OfrepEvaluation" },
);

export const OfrepBulkReply = Type.Object(
  { flags: Type.Array(OfrepEvaluation), metadata: Type.Object({}) },
  { title: "OfrepBulkReply" },
);

const ErrorCode = Type.Union(
  ["PARSE_ERROR", "TARGETING_KEY_MISSING", "INVALID_CONTEXT", "FLAG_NOT_FOUND", "GENERAL"].map((code) =>
    Type.Literal(code),
  ),
);

export const OfrepFailure = Type.Object(
  { key: Type.Optional(Type.String()), errorCode: ErrorCode, errorDetails: Type.String() },
  { title: "OfrepFailure" },
);
