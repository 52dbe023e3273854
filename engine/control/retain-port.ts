/** What is asked of the control plane for what is too old to be kept, and what it answers. */
import { Type } from "typebox";
import type { Static } from "typebox";
import type { RetainReport } from "../reconcile/port.ts";

const closed = { additionalProperties: false } as const;
const Count = (description: string) => Type.Integer({ minimum: 0, description });
const InstantMs = (description: string) => Type.Integer({ description: `${description}, ms since 1970-01-01T00:00Z` });

export const RetainQuerySchema = Type.Object(
  { dryRun: Type.Optional(Type.Boolean({ description: "only tell, change nothing" })) },
  closed,
);

export const RetainedSchema = Type.Object(
  {
    startedAt: InstantMs("start"),
    endedAt: InstantMs("end"),
    node: Type.String(),
    dryRun: Type.Boolean(),
    events: Type.Array(
      Type.Object(
        {
          name: Type.String(),
          before: InstantMs("what happened before is too old"),
          rows: Count("rows of history that went, or would"),
          waiting: Count("too old as well, and covered by no snapshot yet: they go with a later night"),
        },
        closed,
      ),
      { description: "those that are not kept for ever" },
    ),
    compacted: Type.Optional(
      Type.Union(
        [
          Type.Object({ before: Count("bytes of history"), after: Count("bytes of history") }, closed),
          Type.Literal("busy"),
        ],
        {
          description:
            "the disk was given back what they took; `busy`: somebody read for long, and a later run does it; absent: there was nothing to be given back",
        },
      ),
    ),
  },
  closed,
);
export type Retained = Static<typeof RetainedSchema>;

export interface RetainQuestions {
  /** Rejects with HistoryUnavailable or StoreUnavailable. */
  retain(
    how: { readonly dryRun: boolean },
    watching: { readonly onWaiting: () => void; readonly signal: AbortSignal },
  ): Promise<RetainReport>;
}
