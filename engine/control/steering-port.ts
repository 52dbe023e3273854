/** What steers all nodes, as the control plane says it: plans and what operators have ordered. */
import { Type } from "typebox";
import type { Static } from "typebox";

const closed = { additionalProperties: false } as const;

const PlanSchema = Type.Object(
  {
    plan: Type.String({ description: "digest" }),
    since: Type.Integer({ description: "when it came into force; ms since 1970-01-01T00:00Z" }),
    node: Type.String({ description: "where the file was saved, or the order given" }),
    because: Type.Union([Type.Literal("files"), Type.Literal("order")]),
  },
  closed,
);

export const SteeringSchema = Type.Object(
  {
    plan: Type.Optional(Type.String({ description: "digest of the plan in force" })),
    plans: Type.Array(PlanSchema, { description: "those that were in force, the latest last" }),
    paused: Type.Array(Type.String(), { description: "triggers that do not fire" }),
    pausedChannels: Type.Array(Type.String(), {
      description: "channels by which nothing goes out; what is decided waits",
    }),
    stopped: Type.Boolean({ description: "nothing is set off at all" }),
    folders: Type.Array(Type.Object({ node: Type.String(), plan: Type.String() }, closed), {
      description: "the plan that each living node's own files make",
    }),
    pending: Type.Array(Type.Integer({ minimum: 0 }), {
      description: "shards of this node that have not journalled the plan and the orders yet",
    }),
  },
  closed,
);

export type SteeringReport = Static<typeof SteeringSchema>;
