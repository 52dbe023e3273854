/** What a night's reconciliation found, as the control plane tells it. */
import { Type } from "typebox";
import type { Static } from "typebox";
import { nightsKeptMax } from "../limits-of-reconcile.ts";

const closed = { additionalProperties: false } as const;
const Count = (description: string) => Type.Integer({ minimum: 0, description });
const InstantMs = (description: string) => Type.Integer({ description: `${description}, ms since 1970-01-01T00:00Z` });

const Cause = Type.Enum(
  [
    "lost_checkpoint",
    "lost_profile",
    "unknown_profile",
    "stale_aggregate",
    "wrong_balance",
    "wrong_membership",
    "contradicted_membership",
    "lost_wake_up",
    "edited_store",
    "wrong_cell",
    "lost_message",
    "half_merged",
    "missing_rows",
    "repeated_rows",
    "edited_history",
    "history_behind",
  ],
  { description: "why live and history differ, as far as it can be told" },
);

const DriftSchema = Type.Object(
  {
    shard: Count("shard"),
    cause: Cause,
    about: Type.String({ description: "a profile, a cell by kind and digest, a message, positions of history" }),
    profile: Type.Optional(Type.String()),
    sections: Type.Array(
      Type.Object(
        {
          name: Type.String({ description: "part of the profile" }),
          live: Type.Optional(Type.String({ description: "what the live store has, as JSON; not in kept nights" })),
          history: Type.Optional(Type.String({ description: "what the records give, as JSON; not in kept nights" })),
        },
        closed,
      ),
    ),
    records: Type.Array(Type.Object({ position: Count("position"), kind: Type.String() }, closed), {
      description: "the last records behind it",
    }),
    outcome: Type.Enum(["found", "repaired", "kept", "not_repaired"], {
      description: "`kept`: live was right, and is recorded as it is",
    }),
  },
  closed,
);

const StepSchema = Type.Object(
  {
    step: Type.Enum(["retain", "rfm", "recommend"], {
      description:
        "what is too old goes; who buys how often is worked out; what products are recommended by is learned",
    }),
    startedAt: InstantMs("start"),
    endedAt: InstantMs("end"),
    changed: Type.Object(
      {
        rows: Type.Optional(Count("of history, that went")),
        values: Type.Optional(Count("of fields, that went from profiles")),
        profiles: Type.Optional(Count("of nobody known, that went")),
        messages: Type.Optional(Count("that had come to nothing, or showed something too old, and were let go")),
        decisions: Type.Optional(Count("of messages, from which the properties of a too old event went")),
        bytes: Type.Optional(Count("that the disk was given back")),
        scores: Type.Optional(Count("customers whose scores were recorded")),
        customers: Type.Optional(Count("that a new model was learned from")),
      },
      { ...closed, description: "what there was none of is absent" },
    ),
    problem: Type.Optional(Type.String({ description: "why not all of it was done; absent: it was" })),
    because: Type.Optional(
      Type.Array(
        Type.Object(
          {
            is: Type.Union([
              Type.Literal("differences", { description: "were found, and nothing goes that could tell why" }),
              Type.Literal("unsnapped_rows", { description: "of history wait until a snapshot stands for them" }),
              Type.Literal("no_room", { description: "on the disk to write history anew" }),
              Type.Literal("busy", { description: "history was being read" }),
            ]),
            count: Type.Optional(Type.Integer({ minimum: 0 })),
          },
          closed,
        ),
        { description: "the same by code, where it has one" },
      ),
    ),
  },
  closed,
);
export type StepOfNight = Static<typeof StepSchema>;

export const NightSchema = Type.Object(
  {
    startedAt: InstantMs("start"),
    endedAt: InstantMs("end"),
    node: Type.String(),
    dryRun: Type.Boolean(),
    whole: Type.Optional(Type.Boolean({ description: "all records were read, and no snapshot" })),
    snapshots: Type.Optional(
      Type.Object(
        {
          read: Count("shards that began with the snapshot of an earlier night"),
          taken: Count("shards of which a new one was taken"),
          broken: Count("snapshots that were not what was written, and were not used"),
        },
        closed,
      ),
    ),
    shards: Count("shards compared"),
    profiles: Count("profiles compared"),
    cells: Count("identifiers and receipts compared"),
    records: Count("records of history read"),
    drifts: Count("differences found"),
    repaired: Count("of them put right, or found to be right"),
    byCause: Type.Array(
      Type.Object({ cause: Cause, found: Count("differences"), repaired: Count("put right") }, closed),
    ),
    told: Type.Array(DriftSchema, { description: "some of them one by one" }),
    steps: Type.Optional(
      Type.Array(StepSchema, {
        description: "what was done behind the comparison, as far as it has come; absent: it only compared",
      }),
    ),
  },
  closed,
);
export type NightReport = Static<typeof NightSchema>;

export const NightsSchema = Type.Object(
  { nights: Type.Array(NightSchema, { description: "the latest first" }) },
  closed,
);

export const NightProgressSchema = Type.Object(
  {
    shard: Count("shard that is being compared"),
    shards: Count("of how many"),
    records: Count("records read so far"),
    recordsAll: Count("of about how many"),
    profiles: Count("profiles compared so far"),
  },
  { ...closed, title: "progress" },
);
export type NightProgress = Static<typeof NightProgressSchema>;

/** What is begun behind the comparison. */
export const NightStepBegunSchema = Type.Object({ step: StepSchema.properties.step }, { ...closed, title: "step" });
export type NightStepBegun = Static<typeof NightStepBegunSchema>;

export const NightQuerySchema = Type.Object(
  { whole: Type.Optional(Type.Boolean({ description: "read all records, and no snapshot" })) },
  closed,
);

export const ReconcileQuerySchema = Type.Object(
  {
    dryRun: Type.Optional(Type.Boolean({ description: "only tell, change nothing" })),
    whole: Type.Optional(Type.Boolean({ description: "read all records, and no snapshot" })),
  },
  closed,
);

export const NightsQuerySchema = Type.Object(
  { limit: Type.Optional(Type.Integer({ minimum: 1, maximum: nightsKeptMax })) },
  closed,
);
