/** What the control plane says of messages that have come to nothing, and of the channels of this node. No personal value. */
import { Type } from "typebox";
import type { Static } from "typebox";
import { outboxShown, outboxShownMax } from "../limits-of-delivery.ts";

const closed = { additionalProperties: false } as const;
const InstantMs = (description: string) => Type.Integer({ description: `${description}, ms since 1970-01-01T00:00Z` });
const Count = (description: string) => Type.Integer({ minimum: 0, description });

const DeadSchema = Type.Object(
  {
    message: Type.String({ description: "its id" }),
    profile: Type.String({ description: "for whom" }),
    trigger: Type.String(),
    channel: Type.Optional(Type.String()),
    attempts: Count("times that its provider was called"),
    became: Type.String({ description: "failed, throttled or unknown, and why" }),
    code: Type.Optional(Type.String({ description: "the provider's own word for it" })),
    at: InstantMs("when it came to that"),
  },
  closed,
);

const ChannelSchema = Type.Object(
  {
    channel: Type.String(),
    adapter: Type.String({ description: "which one; `recording` sends nothing" }),
    waiting: Count("messages that are ready and wait for a place"),
    taken: Count("places taken"),
    paused: Type.Boolean({ description: "by an operator, on all nodes: nothing goes out by it" }),
    breaker: Type.Union([Type.Literal("closed"), Type.Literal("open"), Type.Literal("trying")]),
    outcomes: Type.Record(Type.String(), Type.Integer(), { description: "calls since the start by what came of them" }),
  },
  closed,
);

export const OutboxSchema = Type.Object(
  {
    dead: Type.Array(DeadSchema, { description: "the latest first" }),
    next: Type.Optional(Type.String({ description: "there are more: `after` of the next page" })),
    channels: Type.Array(ChannelSchema, { description: "of this node" }),
  },
  closed,
);

export type OutboxReport = Static<typeof OutboxSchema>;

export const OutboxQuery = Type.Object(
  {
    after: Type.Optional(
      Type.String({
        pattern: "^[0-9]{1,16}-[0-9]{1,5}-[0-9]{1,16}$",
        description: "`next` of the page before",
        examples: ["1767225600000-3-42"],
      }),
    ),
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: outboxShownMax, description: `at most so many; ${outboxShown} when absent` }),
    ),
    message: Type.Optional(
      Type.String({
        pattern: "^[0-9a-f]{6,32}$",
        description: "the beginning of the ids of those that are wanted, 6 characters or more",
        examples: ["18458f"],
      }),
    ),
  },
  closed,
);
export type OutboxAsked = Static<typeof OutboxQuery>;

export const ChannelsSchema = Type.Object(
  {
    channels: Type.Array(ChannelSchema, { description: "of this node" }),
    paused: Type.Array(Type.String(), { description: "triggers that do not fire" }),
    stopped: Type.Boolean({ description: "nothing is set off at all" }),
  },
  closed,
);

export type ChannelsReport = Static<typeof ChannelsSchema>;

export const SendAgainQuery = Type.Object(
  {
    do: Type.Union([Type.Literal("replay"), Type.Literal("drop")]),
    message: Type.String({
      pattern: "^[0-9a-f]{6,32}$",
      description: "the beginning of its id, 6 characters or more",
      examples: ["18458f"],
    }),
  },
  closed,
);
