/** What is asked of the control plane for the steps of a night behind its comparison, and what it answers. */
import { Type } from "typebox";
import type { Static } from "typebox";
import type { RfmReport } from "../backtest/port.ts";
import type { RetainReport } from "../reconcile/port.ts";

const closed = { additionalProperties: false } as const;
const Count = (description: string) => Type.Integer({ minimum: 0, description });
const InstantMs = (description: string) => Type.Integer({ description: `${description}, ms since 1970-01-01T00:00Z` });

export const NightStepQuerySchema = Type.Object(
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
    fields: Type.Optional(
      Type.Array(
        Type.Object(
          {
            name: Type.String(),
            before: InstantMs("what was said before is too old"),
            people: Count("whose value was cleared in the live store, or would be"),
            rows: Count("rows of history that said a value and went, or would"),
            waiting: Count("too old as well, and covered by no snapshot yet: they go with a later night"),
          },
          closed,
        ),
        { description: "fields whose values are not kept for ever; absent: there are none" },
      ),
    ),
    letters: Type.Optional(
      Type.Object(
        {
          before: InstantMs("when they had come to nothing"),
          messages: Count("that were let go, or would be: they cannot be tried once more"),
        },
        { ...closed, description: "absent: messages that have come to nothing are kept for ever" },
      ),
    ),
    shown: Type.Optional(
      Type.Object(
        {
          messages: Count(
            "of the live store that show some, and are not sent, seen or tried once more, or would not be",
          ),
          decisions: Count("of messages in history from which they went, or would"),
          waiting: Count("too old as well, and covered by no snapshot yet: a later night does them"),
          unreadable: Count("decisions that were altered by hand and cannot be read: they stay as they are"),
        },
        { ...closed, description: "properties of events that are too old; absent: no message shows any" },
      ),
    ),
    anonymous: Type.Optional(
      Type.Object(
        {
          before: InstantMs("when their last event was"),
          people: Count("anonymous profiles of which nothing is left, or would be"),
        },
        { ...closed, description: "absent: they are kept for ever" },
      ),
    ),
    emptied: Type.Optional(
      Type.Object(
        { people: Count("who were emptied a week ago or longer"), rows: Count("of theirs in history that went") },
        { ...closed, description: "absent: nobody" },
      ),
    ),
    compacted: Type.Optional(
      Type.Union(
        [
          Type.Object({ before: Count("bytes of history"), after: Count("bytes of history") }, closed),
          Type.Enum(["busy", "no_room"]),
        ],
        {
          description:
            "the disk was given back what they took; `busy`, as somebody read for long, or `no_room`, as the disk was too full for what is written on the way: a later run does it; absent: there was nothing to be given back",
        },
      ),
    ),
  },
  closed,
);
export type Retained = Static<typeof RetainedSchema>;

export const ScoredSchema = Type.Object(
  {
    startedAt: InstantMs("start"),
    endedAt: InstantMs("end"),
    node: Type.String(),
    dryRun: Type.Boolean(),
    traits: Type.Array(Type.Enum(["recency", "frequency", "monetary", "group"]), {
      description: "of the fields under `rfm.` those that fields.yaml declares; none: nothing is recorded",
    }),
    customers: Count("with a purchase"),
    groups: Type.Array(Type.Object({ group: Type.String(), people: Count("in it") }, closed)),
    changed: Count("customers whose scores are others than those that history has"),
    recorded: Count("of them, those of whom it was recorded"),
    known: Count("of them, those whose profile had it already"),
    unreached: Count("of them, those who are known by nothing that is surely theirs; the next run tries them again"),
  },
  closed,
);
export type Scored = Static<typeof ScoredSchema>;

/** Rejects with HistoryUnavailable or StoreUnavailable. */
export type NightStep<Told> = (
  how: { readonly dryRun: boolean },
  watching: { readonly onWaiting: () => void; readonly signal: AbortSignal },
) => Promise<Told>;

export interface NightStepQuestions {
  readonly retain: NightStep<RetainReport>;
  readonly score: NightStep<RfmReport>;
}
