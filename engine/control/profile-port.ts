/**
 * What the control plane says of one person and of the rules, as JSON Schema from which the types and the OpenAPI
 * description come. Instants are milliseconds since 1970; what is absent is not known. Everything here is personal: it goes
 * to who has the token, and into no log.
 */
import { Type } from "typebox";
import type { Static } from "typebox";
import type { RecommendedProduct } from "../model/recommendation.ts";

const closed = { additionalProperties: false } as const;
const InstantMs = (description: string) => Type.Integer({ description: `${description}, ms since 1970-01-01T00:00Z` });
const Count = (description: string) => Type.Integer({ minimum: 0, description });
/** As rules know values: money in its unit, instants in ISO 8601. */
const Value = Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Array(Type.String())]);

export const DecisionSchema = Type.Object(
  {
    content: Type.String({ description: "the place" }),
    show: Type.String({ description: "what is shown there" }),
    choice: Type.Integer({ description: "the choice that held, counted from 1; 0 for `otherwise`" }),
    because: Type.Optional(Type.String({ description: "the condition of that choice" })),
    heldOut: Type.Optional(
      Type.String({ description: "the holdout that keeps this person from a choice that held; `choice` is 0" }),
    ),
  },
  closed,
);

const From = Type.Union([Type.Literal("profile"), Type.Literal("history")], {
  description: "what the past is told from: before its last change a profile is told from history",
});
const Caveats = Type.Array(Type.String(), { description: "where this differs from what stood at that instant" });

export const LedgerSchema = Type.Object(
  {
    balance: Type.Integer({ description: "points: the sum of all entries" }),
    entries: Count("receipts entered"),
    receipts: Type.Array(
      Type.Object(
        {
          receiptId: Type.String(),
          store: Type.String(),
          till: Type.String(),
          kind: Type.Union([Type.Literal("sale"), Type.Literal("return")]),
          at: InstantMs("when it was accepted"),
          earned: Type.Integer({ description: "points" }),
          reversed: Type.Integer({ description: "points: of a sale what its returns took, of a return what it took" }),
          by: Type.Optional(
            Type.Array(Type.Object({ rule: Type.String(), points: Type.Integer() }, closed), {
              description:
                "what each rule has given, or a return has taken of it; absent where the loyalty rule alone has",
            }),
          ),
          balance: Type.Optional(Type.Integer({ description: "after it; absent where no loyalty rule was" })),
          flags: Type.Array(Type.String()),
        },
        closed,
      ),
      { description: "the latest, newest first; history has all" },
    ),
  },
  { ...closed, description: "the head of the loyalty ledger, as it is today" },
);

export type LedgerReport = Static<typeof LedgerSchema>;

const MessageSchema = Type.Object(
  {
    state: Type.Union([Type.Literal("waiting"), Type.Literal("under way"), Type.Literal("ended")]),
    decided: Type.Optional(InstantMs("when it was decided")),
    due: Type.Optional(InstantMs("of one that waits: when it is looked at next")),
    because: Type.Optional(
      Type.String({
        description:
          "what it waits for: others to compete with, quiet hours, another try, a free place, a visit of a page, a receipt, or as it is paused or stopped; on show, a page that says it has shown it",
      }),
    ),
    channel: Type.Optional(Type.String({ description: "by which it goes or went" })),
    attempts: Count("times that its provider was to be called"),
    tried: Type.Optional(InstantMs("when it last was")),
    became: Type.Optional(
      Type.String({
        description: "the latest outcome: accepted, delivered, skipped no_consent, failed unreachable ...",
      }),
    ),
    told: Type.Optional(InstantMs("when that became known")),
  },
  { ...closed, description: "what has become of the message, as far as the profile remembers it" },
);

export type MessageTold = Static<typeof MessageSchema>;

const FiringSchema = Type.Object(
  {
    trigger: Type.String(),
    at: InstantMs("when it was due"),
    message: Type.String({ description: "id of the message: the same intent has the same" }),
    now: Type.Optional(MessageSchema),
  },
  closed,
);

export const ProfileSchema = Type.Object(
  {
    profile: Type.String({ description: "its id" }),
    at: InstantMs("the instant for which everything is told"),
    from: From,
    caveats: Caveats,
    created: InstantMs("when it began"),
    lastChange: InstantMs("instant of the last record applied"),
    wakeUp: Type.Optional(InstantMs("when something about it may change with no event")),
    shard: Count("where it lives"),
    position: Count("last record applied"),
    plan: Type.String({ description: "digest of the rules by which it is told" }),
    absorbed: Type.Array(Type.String(), { description: "profiles that became part of it" }),
    identifiers: Type.Array(
      Type.Object(
        {
          kind: Type.String({ description: "anonymous, user, email, phone or card" }),
          value: Type.String(),
          state: Type.String({
            description: "bound; pending: being settled with another shard; unproved: a browser said so",
          }),
        },
        closed,
      ),
    ),
    attributes: Type.Array(
      Type.Object(
        {
          name: Type.String(),
          type: Type.String(),
          value: Type.Optional(Value),
          at: InstantMs("when it was said"),
          source: Type.String({ description: "by the key of this name" }),
        },
        closed,
      ),
    ),
    segments: Type.Array(
      Type.Object(
        {
          name: Type.String(),
          inside: Type.Boolean({ description: "at this instant" }),
          entries: Count("times that it entered"),
          since: Type.Optional(InstantMs("last entry or exit recorded")),
        },
        closed,
      ),
      { description: "those it is in, or was in" },
    ),
    ledger: LedgerSchema,
    streams: Type.Array(
      Type.Object(
        {
          key: Type.String({ description: "what is kept: an event, what it must be, which property" }),
          event: Type.String(),
          count: Count("events kept"),
          sum: Type.Number({ description: "of their values; of a stream that keeps no amounts the same as `count`" }),
          first: InstantMs("oldest"),
          last: InstantMs("newest"),
        },
        closed,
      ),
      { description: "what it keeps of past events, for the rules" },
    ),
    decisions: Type.Array(DecisionSchema, { description: "what is decided for it at this instant" }),
    fired: Type.Array(FiringSchema, { description: "what triggers have set off, newest first; history has all" }),
    consents: Type.Array(
      Type.Object(
        {
          purpose: Type.String({ description: "of consent.yaml; `*`: any" }),
          channel: Type.String({ description: "such as email; `*`: any" }),
          answer: Type.Union([Type.Literal("granted"), Type.Literal("refused")]),
          at: InstantMs("when it was said"),
          source: Type.String({ description: "where it was said, or the key through which it came" }),
          wording: Type.Optional(Type.String({ description: "version of the words that were agreed or objected to" })),
        },
        closed,
      ),
      {
        description: "what the person has said of being written to; the latest that covers a purpose and channel holds",
      },
    ),
    holdouts: Type.Array(
      Type.Object(
        {
          holdout: Type.String({ description: "its name" }),
          heldOut: Type.Boolean({ description: "false: treated; somebody who was two may have been in both groups" }),
          at: InstantMs("when they came to it for the first time"),
        },
        closed,
      ),
      { description: "holdouts that this person has come to" },
    ),
    rememberedIds: Count("message ids by which repetitions are told"),
  },
  closed,
);

export type ProfileReport = Static<typeof ProfileSchema>;

export const WhySchema = Type.Object(
  {
    profile: Type.String(),
    rule: Type.String(),
    kind: Type.Union([
      Type.Literal("segment"),
      Type.Literal("content"),
      Type.Literal("trigger"),
      Type.Literal("loyalty"),
      Type.Literal("recommendation"),
    ]),
    at: InstantMs("the instant for which it is explained"),
    from: From,
    plan: Type.String({ description: "digest of the rules" }),
    holds: Type.Optional(
      Type.Boolean({
        description:
          "of a segment: whether the person is in it; of a trigger: whether its condition holds, absent where that depends on the event; of a recommendation: whether it has products, absent where that is not known",
      }),
    ),
    fired: Type.Optional(
      Type.Array(
        Type.Object(
          { at: InstantMs("when it was due"), message: Type.String(), now: Type.Optional(MessageSchema) },
          closed,
        ),
        {
          description: "of a trigger: its latest firings for this person",
        },
      ),
    ),
    ledger: Type.Optional(LedgerSchema),
    shows: Type.Optional(Type.String({ description: "of a content: what is shown" })),
    recorded: Type.Optional(
      Type.Object(
        { inside: Type.Boolean(), entries: Count("times entered"), since: InstantMs("last entry or exit") },
        { ...closed, description: "of a segment that it was ever in: what is on record" },
      ),
    ),
    caveats: Caveats,
    tree: Type.Array(
      Type.Object(
        {
          depth: Count("of its place in the tree; the parts of a condition follow it, one deeper"),
          show: Type.Optional(
            Type.String({ description: "first line of a content's choice, or of a bonus: what it gives" }),
          ),
          text: Type.String({ description: "the condition, `otherwise`, `always`, or a product with why it is there" }),
          holds: Type.Boolean(),
          values: Type.Array(
            Type.Object(
              {
                name: Type.String(),
                value: Type.Optional(Type.String({ description: "absent: not known" })),
                underWay: Type.Optional(
                  Type.Object(
                    {
                      came: Type.Array(Type.Object({ step: Type.String(), at: InstantMs("when it came") }, closed)),
                      awaited: Type.String({ description: "the next step, in plain words" }),
                      until: InstantMs("until when it is waited for"),
                    },
                    {
                      ...closed,
                      description: "of a sequence: how far the furthest has come that may still be complete",
                    },
                  ),
                ),
                events: Type.Optional(
                  Type.Array(
                    Type.Object(
                      { at: InstantMs("of the event"), value: Type.Union([Type.Number(), Type.String()]) },
                      closed,
                    ),
                    {
                      description: "the newest events behind it",
                    },
                  ),
                ),
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

export type WhyReport = Static<typeof WhySchema>;

const inPlainWords = { name: Type.String(), text: Type.String({ description: "in plain words" }) };

export const RulesSchema = Type.Object(
  {
    plan: Type.String({ description: "digest of the rules that decide" }),
    segments: Type.Array(Type.Object(inPlainWords, closed)),
    triggers: Type.Array(Type.Object(inPlainWords, closed)),
    recommendations: Type.Array(Type.Object(inPlainWords, closed)),
    contents: Type.Array(
      Type.Object(
        {
          ...inPlainWords,
          choices: Type.Array(Type.Object({ show: Type.String(), when: Type.String() }, closed)),
          otherwise: Type.String(),
        },
        closed,
      ),
    ),
  },
  closed,
);

export type RulesReport = Static<typeof RulesSchema>;

const Texts = Type.Record(Type.String(), Type.String(), { description: "by language" });
const ShownProduct = Type.Object(
  {
    id: Type.String(),
    title: Texts,
    price: Type.Optional(Type.Integer({ description: "1/10,000 of the currency's unit" })),
    was: Type.Optional(Type.Integer()),
    currency: Type.Optional(Type.String()),
    brand: Type.Optional(Type.String()),
    image: Type.Optional(Type.String()),
    link: Type.Optional(Texts),
    reason: Type.String({ description: "why it is there, in English" }),
    why: Type.Object(
      {
        basis: Type.String(),
        with: Type.Optional(Type.Object({ id: Type.String(), title: Texts }, closed)),
        customers: Type.Optional(Count("who bought both")),
      },
      closed,
    ),
  },
  closed,
);

export interface StripsReport {
  readonly strips: Readonly<Record<string, readonly RecommendedProduct[]>>;
}

export const StripsSchema = Type.Unsafe<StripsReport>(
  Type.Object(
    {
      strips: Type.Record(Type.String(), Type.Array(ShownProduct), {
        description: "by the name of the recommendation",
      }),
    },
    closed,
  ),
);
