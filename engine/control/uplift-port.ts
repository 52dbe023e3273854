/** What holdouts have kept people from is worth, as the control plane says it. No personal value. */
import { Type } from "typebox";
import type { Static } from "typebox";

const closed = { additionalProperties: false } as const;
const Count = (description: string) => Type.Integer({ minimum: 0, description });
const GroupSchema = Type.Object(
  {
    people: Count("who are counted"),
    converted: Count("of these, who had the event"),
    value: Type.Number({ description: "sum of its amounts" }),
  },
  closed,
);
const DifferenceSchema = (description: string) =>
  Type.Object(
    {
      difference: Type.Number({ description: "treated less held out" }),
      low: Type.Number({ description: "of the interval in which the true one lies 95 times of 100" }),
      high: Type.Number(),
    },
    { ...closed, description },
  );

const groups = {
  treated: GroupSchema,
  heldOut: GroupSchema,
  conversion: Type.Optional(
    DifferenceSchema("of the shares that converted, by Newcombe (1998), method 10; absent without people"),
  ),
  amount: Type.Optional(
    DifferenceSchema("of the amount of each person, by Welch (1947); absent where a group is small"),
  ),
  pending: Count("came to it too late to be counted yet"),
  both: Count("were in both groups, as several profiles or as the rule has changed"),
  splitChance: Type.Number({
    description: "how likely groups of these sizes are by chance; below 0.001 the comparison means nothing",
  }),
};

export const UpliftSchema = Type.Object(
  {
    event: Type.String({ description: "what counts as success" }),
    value: Type.String({ description: "the property of it that is an amount" }),
    less: Type.Optional(
      Type.String({ description: "the event whose amounts are taken off: refunds, where orders count" }),
    ),
    withinMs: Type.Integer({ description: "how long after somebody came to the holdout" }),
    since: Type.Optional(Type.Integer({ description: "only who came to it from then on; ms since 1970" })),
    at: Type.Integer({ description: "ms since 1970-01-01T00:00Z" }),
    holdouts: Type.Array(
      Type.Object(
        {
          holdout: Type.String({ description: "its name; `everything` is that of pressure.yaml" }),
          percents: Type.Array(Type.Number(), { description: "more than one where the rule has changed" }),
          of: Type.Array(Type.String(), { description: "what it keeps people from: `trigger NAME`, `content NAME`" }),
          ...groups,
          rules: Type.Optional(
            Type.Array(Type.Object({ by: Type.String(), channel: Type.Optional(Type.String()), ...groups }, closed), {
              description: "of those who came to it first by this rule, most people first",
            }),
          ),
          channels: Type.Optional(
            Type.Array(Type.Object({ channel: Type.String(), ...groups }, closed), {
              description: "of those who came to it first by a rule of this channel, most people first",
            }),
          ),
        },
        closed,
      ),
      { description: "by name" },
    ),
  },
  closed,
);

export type UpliftReport = Static<typeof UpliftSchema>;

export const UpliftQuery = Type.Object(
  {
    event: Type.Optional(Type.String({ minLength: 1, maxLength: 256, description: "`order_completed` when absent" })),
    value: Type.Optional(Type.String({ minLength: 1, maxLength: 256, description: "`total` when absent" })),
    within: Type.Optional(
      Type.String({
        pattern: "^[1-9][0-9]{0,13}$",
        description: "a number of milliseconds; 30 days when absent",
        examples: ["604800000"],
      }),
    ),
    since: Type.Optional(
      Type.String({
        pattern: "^[0-9]{1,15}$",
        description: "a time in ms since 1970; all when absent",
        examples: ["1767225600000"],
      }),
    ),
  },
  closed,
);
