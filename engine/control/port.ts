/**
 * What the control plane says, as JSON Schema from which both the types and the served OpenAPI description come, and the
 * file by which a command on the same computer finds a running engine. Instants are milliseconds since 1970; what is
 * absent is not known or has not happened.
 */
import { Type } from "typebox";
import type { Static } from "typebox";

const Count = (description: string) => Type.Integer({ minimum: 0, description });
const InstantMs = (description: string) => Type.Integer({ description: `${description}, ms since 1970-01-01T00:00Z` });
const closed = { additionalProperties: false } as const;

const Watermark = Type.Object(
  {
    shard: Count("shard"),
    epoch: Count("epoch of the owner that drained last"),
    position: Count("all records up to here are in history"),
  },
  closed,
);

const ReceiptsSchema = Type.Object(
  {
    receipts: Count("receipts of tills, training aside"),
    returns: Count("returns among them"),
    unclaimed: Count("receipts of nobody"),
    lines: Count("lines of all receipts"),
    linesAmount: Type.String({
      pattern: "^-?\\d+$",
      description: "sum of quantity x unit price of all lines, exactly: an integer in 10^-8 of the unit",
    }),
    byCurrency: Type.Array(
      Type.Object(
        {
          currency: Type.String({ description: "ISO 4217" }),
          receipts: Count("receipts in it"),
          total: Type.String({
            pattern: "^-?\\d+$",
            description: "sum of the receipts' totals, returns below zero: an integer in 1/10,000 of the unit",
          }),
        },
        closed,
      ),
    ),
    customers: Count("who has a ledger"),
    entries: Count("ledger entries: one a receipt with a customer"),
    points: Type.Integer({ description: "sum of the points of all ledger entries" }),
  },
  closed,
);

export const ReportSchema = Type.Object(
  {
    events: Count("events in history"),
    profiles: Count("distinct profiles that have an event in history"),
    firstTimestamp: Type.Optional(InstantMs("earliest event")),
    lastTimestamp: Type.Optional(InstantMs("latest event")),
    byEvent: Type.Array(
      Type.Object(
        { name: Type.String(), events: Count("events of this name"), profiles: Count("distinct profiles among them") },
        closed,
      ),
      { description: "most frequent first" },
    ),
    transitions: Type.Array(
      Type.Object({ segment: Type.String(), entered: Count("entries"), left: Count("exits") }, closed),
      { description: "by segment" },
    ),
    receipts: Type.Optional(ReceiptsSchema),
    watermarks: Type.Array(Watermark),
  },
  closed,
);

export type Report = Static<typeof ReportSchema>;

const DrainState = Type.Union(
  [
    Type.Literal("draining"),
    Type.Literal("rewound"),
    Type.Literal("diverged"),
    Type.Literal("hole"),
    Type.Literal("unreadable"),
    Type.Literal("superseded"),
    Type.Literal("unknown"),
  ],
  { description: "anything but draining: this shard's journal and history are at odds, nothing of it is drained" },
);

const ShardSchema = Type.Object(
  {
    shard: Count("shard"),
    epoch: Count("our ownership's epoch"),
    state: Type.Union([Type.Literal("recovering"), Type.Literal("owned"), Type.Literal("lost")]),
    position: Count("last record that was decided"),
    durable: Count("last record that is durable"),
    checkpoint: Count("all state up to here is checkpointed"),
    unfilled: Count("parts that the store has lost and that are still to be filled from history; 0: it is whole"),
    drained: Count("all records up to here are in history"),
    drain: DrainState,
    lagRecords: Count("durable records that are not in history yet"),
    lagSeconds: Type.Number({ minimum: 0, description: "how long the oldest of them has waited" }),
  },
  closed,
);

export type ShardReport = Static<typeof ShardSchema>;

export const StatusSchema = Type.Object(
  {
    version: Type.String(),
    node: Type.String({ description: "this node of the cluster" }),
    startedAt: InstantMs("start of this process"),
    store: Type.String({ description: "kind of the hot store" }),
    durability: Type.String({ description: "what an acknowledged event survives" }),
    trouble: Type.Optional(Type.String({ description: "why the store takes no records at present" })),
    timeAheadSeconds: Type.Optional(
      Type.Number({ description: "how far our shards' time is ahead of the clock, which has gone back; else absent" }),
    ),
    plan: Type.Optional(Type.String({ description: "digest of the rules that decide" })),
    rules: Type.Optional(
      Type.Object(
        {
          problems: Count("mistakes in the rule files of this node"),
          first: Type.String({ description: "the first of them: file, line, column and reason" }),
        },
        { ...closed, description: "rule files that are not loaded for their mistakes; absent: they are sound" },
      ),
    ),
    workers: Count("threads that own shards"),
    shardsTotal: Count("shards of the store, of all nodes"),
    shards: Type.Array(ShardSchema, { description: "those that are this node's" }),
    backfill: Type.Optional(
      Type.Object(
        {
          rules: Type.Array(Type.String(), { description: "names of rules that wait" }),
          state: Type.Union([Type.Literal("waiting"), Type.Literal("gathering")], {
            description: "waiting: for every shard to begin the rules, or for history to come that far",
          }),
          events: Count("events read so far"),
          eventsAll: Count("of how many"),
          people: Count("people whose past is there"),
        },
        {
          ...closed,
          description: "the past that new rules read is being gathered from history; told by the node that does it",
        },
      ),
    ),
    history: Type.Object(
      {
        kind: Type.String({ description: "kind of the durable history" }),
        rows: Count("rows written since the start"),
        trouble: Type.Optional(Type.String({ description: "why nothing can be drained at present" })),
        slowed: Type.Optional(Type.Boolean({ description: "events are taken slowly, as it is too far behind" })),
      },
      closed,
    ),
  },
  closed,
);

export type Status = Static<typeof StatusSchema>;

export const DrainedSchema = Type.Object({ drained: Type.Literal(true) }, closed);

export const ProblemSchema = Type.Object(
  { code: Type.String({ description: "stable" }), message: Type.String() },
  { ...closed, description: "why not" },
);

/** `control.json` in the data folder, readable by its own user only, while an engine runs. */
export const ControlFileSchema = Type.Object({
  url: Type.String({ pattern: "^http://" }),
  token: Type.String({ minLength: 1 }),
  pid: Type.Integer({ minimum: 1 }),
  gateway: Type.Optional(Type.String({ pattern: "^http://", description: "of the data plane" })),
});

export type ControlFile = Static<typeof ControlFileSchema>;
