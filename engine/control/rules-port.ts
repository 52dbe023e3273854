/** Rule files checked and tested without being put in force, as the control plane is asked for it and tells it. */
import { Type } from "typebox";
import type { Static } from "typebox";
import { triedFilesMax } from "../limits.ts";

const closed = { additionalProperties: false } as const;
const Count = (description: string) => Type.Integer({ minimum: 0, description });

export const RuleFilesSchema = Type.Array(
  Type.Object({ path: Type.String({ maxLength: 512 }), text: Type.String() }, closed),
  {
    maxItems: triedFilesMax,
    description: "all files of a brand: rules by their paths within its folder, templates as `../templates/...`",
  },
);

const Rules = Type.Optional(RuleFilesSchema);

export const CheckRequestSchema = Type.Object({ rules: Rules }, closed);
export const TestRequestSchema = Type.Object(
  {
    rules: Rules,
    name: Type.Optional(Type.String({ maxLength: 256, description: "only tests with this in their name" })),
  },
  closed,
);

const ProblemInRules = Type.Object(
  {
    code: Type.String({ description: "stable" }),
    path: Type.String(),
    line: Type.Integer({ minimum: 1 }),
    column: Type.Integer({ minimum: 1 }),
    length: Count("characters to underline"),
    lineText: Type.String(),
    message: Type.String({ description: "what is wrong and why" }),
    suggestion: Type.String({ description: "what to write instead, or where to look" }),
    notice: Type.Boolean({ description: "only to be known: the rules are sound all the same" }),
  },
  closed,
);
const Reference = Type.Object({ kind: Type.String(), name: Type.String() }, closed);

const judged = {
  sound: Type.Boolean(),
  files: Count("files looked at"),
  problems: Type.Array(ProblemInRules, { description: "all there are; empty when the rules are sound" }),
};

export const CheckedSchema = Type.Object(
  {
    ...judged,
    digest: Type.Optional(Type.String({ description: "of the plan that they would make" })),
    segments: Type.Optional(Count("segments")),
    contents: Type.Optional(Count("contents")),
    triggers: Type.Optional(Count("triggers")),
    notices: Type.Array(ProblemInRules, { description: "what is to be known of them" }),
    rules: Type.Array(
      Type.Object(
        {
          kind: Type.String(),
          name: Type.String(),
          path: Type.Optional(Type.String({ description: "of its file" })),
          title: Type.Record(Type.String(), Type.String(), { description: "by language" }),
          lines: Type.Array(Type.String(), { description: "what it says, in plain English" }),
          reads: Type.Array(Reference),
          readBy: Type.Array(Reference),
        },
        closed,
      ),
    ),
  },
  closed,
);
export type Checked = Static<typeof CheckedSchema>;

export const TestedSchema = Type.Object(
  {
    ...judged,
    passed: Count("tests that hold"),
    failed: Count("tests that do not"),
    tests: Type.Array(
      Type.Object(
        {
          name: Type.String(),
          path: Type.String(),
          passed: Type.Boolean(),
          problem: Type.Optional(Type.String({ description: "why it could not be run to its end" })),
          expectations: Type.Array(
            Type.Object(
              {
                text: Type.String(),
                line: Type.Integer({ minimum: 1 }),
                at: Type.Integer({ description: "the test's time, ms since 1970-01-01T00:00Z" }),
                holds: Type.Boolean(),
                found: Type.String({ description: "what there was instead" }),
              },
              closed,
            ),
          ),
        },
        closed,
      ),
    ),
  },
  closed,
);
export type Tested = Static<typeof TestedSchema>;
