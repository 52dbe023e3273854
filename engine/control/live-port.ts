/**
 * What `GET /v1/live` says, one server-sent event after the other: figures of this node each second, and a bounded sample
 * of what happens on all nodes. It is for people's eyes: what it leaves out is counted, and history has it all.
 */
import { Type } from "typebox";
import type { Static } from "typebox";
import { DecisionSchema } from "./profile-port.ts";

const closed = { additionalProperties: false } as const;
const Instant = Type.Integer({ description: "ms since 1970-01-01T00:00Z" });

export const FiguresSchema = Type.Object(
  {
    at: Instant,
    eventsPerSecond: Type.Number(),
    refusedPerSecond: Type.Number({ description: "refused for good, or told to come again" }),
    decisionsPerSecond: Type.Number(),
    latencyP50Ms: Type.Optional(Type.Number({ description: "from arrival to durable answer, of the last second" })),
    latencyP99Ms: Type.Optional(Type.Number()),
    inFlight: Type.Integer({ description: "events and reads not answered yet" }),
    sockets: Type.Integer(),
    lagRecords: Type.Integer({ description: "durable records that are not in history yet" }),
    shardsOwned: Type.Integer(),
    shardsTotal: Type.Integer(),
  },
  { ...closed, title: "figures" },
);

export type Figures = Static<typeof FiguresSchema>;

export const LiveEntrySchema = Type.Union([
  Type.Object(
    {
      is: Type.Literal("event"),
      at: Instant,
      timestamp: Type.Integer({ description: "the event's own time" }),
      profile: Type.String(),
      name: Type.String(),
      type: Type.String(),
      source: Type.String(),
      messageId: Type.String(),
      who: Type.String({ description: "kind and value of what routes it" }),
      fields: Type.Optional(Type.String({ description: "JSON of its properties or traits, where it is short" })),
    },
    closed,
  ),
  Type.Object(
    {
      is: Type.Literal("receipt"),
      at: Instant,
      timestamp: Type.Integer({ description: "the till's own time" }),
      profile: Type.Optional(Type.String({ description: "absent: nobody's" })),
      receiptId: Type.String(),
      store: Type.String(),
      till: Type.String(),
      kind: Type.Union([Type.Literal("sale"), Type.Literal("return")]),
      currency: Type.String(),
      total: Type.Number({ description: "in the currency's unit; below zero for a return" }),
      lines: Type.Integer(),
      points: Type.Integer({ description: "earned; below zero: taken back" }),
      balance: Type.Integer({ description: "after it" }),
      flags: Type.Array(Type.String()),
    },
    closed,
  ),
  Type.Object(
    {
      is: Type.Literal("transition"),
      at: Instant,
      profile: Type.String(),
      segment: Type.String(),
      entered: Type.Boolean(),
      because: Type.Optional(Type.String({ description: "the segment's condition" })),
    },
    closed,
  ),
  Type.Object(
    {
      is: Type.Literal("fired"),
      at: Instant,
      profile: Type.String(),
      trigger: Type.String(),
      message: Type.String({ description: "its id" }),
      template: Type.String({ description: "what is sent" }),
    },
    closed,
  ),
  Type.Object(
    {
      is: Type.Literal("message"),
      at: Instant,
      profile: Type.String(),
      trigger: Type.String(),
      message: Type.String({ description: "its id" }),
      channel: Type.Optional(Type.String()),
      became: Type.String({ description: "accepted, delivered, skipped no_consent, failed unreachable ..." }),
      again: Type.Optional(Type.Integer({ description: "when it is tried again; absent: that is the end of it" })),
    },
    closed,
  ),
  Type.Object(
    {
      is: Type.Literal("decided"),
      at: Instant,
      profile: Type.Optional(Type.String({ description: "absent: somebody unknown" })),
      decisions: Type.Array(DecisionSchema),
    },
    closed,
  ),
]);

export type LiveEntry = Static<typeof LiveEntrySchema>;

/** What one server-sent event of the name `entries` carries. */
export interface LiveEntries {
  readonly entries: readonly LiveEntry[];
  /** What happened besides and is not shown. */
  readonly skipped: number;
}

export const SizesSchema = Type.Object(
  {
    segments: Type.Array(
      Type.Object({ name: Type.String(), inside: Type.Integer({ description: "people in it, by history" }) }, closed),
    ),
  },
  closed,
);

export type Sizes = Static<typeof SizesSchema>;

/** Kinds of entries that a watcher may want. */
export const LIVE_ONLY = ["event", "receipt", "transition", "fired", "message", "decided"] as const;

export const LiveQuery = Type.Object(
  {
    only: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 256,
        description: `some of ${["figures", ...LIVE_ONLY].join(", ")}, with commas; all when absent`,
      }),
    ),
  },
  closed,
);
