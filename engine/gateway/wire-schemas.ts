/**
 * Everything that crosses the wire at the gateway, as JSON Schema: the Segment tracking messages, the frames of
 * `/v1/stream`, requests and replies. TypeScript's types, the validators (wire-validators.ts), openapi.json and
 * asyncapi.json are all made from these. Unknown fields are allowed everywhere and ignored, as Segment's clients send
 * several. Source of the messages: https://segment.com/docs/connections/spec/
 */
import Type from "typebox";
import type { Static, TSchema } from "typebox";
import { slotCharsMax, slotsAskedMax } from "../limits-of-delivery.ts";
import { batchEventsMax, eventNameCharsMax, identifierCharsMax, messageIdCharsMax, tokenCharsMax } from "../limits.ts";
import type { TraitName, WireName } from "../model/identifier.ts";

/** Absent and null mean the same: some clients write every field. */
function orNull<Schema extends TSchema>(schema: Schema) {
  return Type.Optional(Type.Union([schema, Type.Null()]));
}

const Id = Type.String({ minLength: 1, maxLength: identifierCharsMax });
const Instant = Type.String({
  maxLength: 40,
  description: "ISO 8601 with a zone, such as 2026-05-04T10:11:12.123Z.",
});
const Token = Type.String({ minLength: 1, maxLength: tokenCharsMax });
const AnyObject = Type.Object({}, { description: "Any JSON object. A key `__proto__` is refused." });
const MessageId = Type.String({
  minLength: 1,
  maxLength: messageIdCharsMax,
  description: "The sender's own name of this message, the same in every repetition. Made by Vif when absent.",
});

/** What a trait may hold that also identifies: an e-mail address, a phone number, a loyalty card, a chat of Telegram. */
export const Traits = Type.Object(
  {
    email: orNull(Type.String({ maxLength: 1024 })),
    phone: orNull(Type.Union([Type.String({ maxLength: 1024 }), Type.Number()])),
    loyaltyCard: orNull(Type.Union([Type.String({ maxLength: 1024 }), Type.Number()])),
    telegram: orNull(Type.Union([Type.String({ maxLength: 1024 }), Type.Number()])),
  } satisfies Readonly<Record<TraitName, unknown>>,
  {
    title: "Traits",
    description:
      "Any JSON object; e-mail, phone (E.164, or national with a default country), card and private Telegram chat identify.",
  },
);

export const Context = Type.Object(
  { traits: orNull(Traits) },
  { title: "Context", description: "Any JSON object; `traits` in it identify as those of an identify call do." },
);

const EVERY_CALL = {
  messageId: Type.Optional(MessageId),
  anonymousId: orNull(Id),
  userId: orNull(Id),
  context: orNull(Context),
  timestamp: orNull(Instant),
  originalTimestamp: orNull(Instant),
  sentAt: orNull(Instant),
  identityToken: orNull(Token),
};

export const TrackMessage = Type.Object(
  {
    type: Type.Literal("track"),
    event: Type.String({ minLength: 1, maxLength: eventNameCharsMax, description: "Such as `Order Completed`." }),
    properties: orNull(AnyObject),
    ...EVERY_CALL,
  },
  { title: "Track" },
);
export const IdentifyMessage = Type.Object(
  { type: Type.Literal("identify"), traits: orNull(Traits), ...EVERY_CALL },
  { title: "Identify" },
);
const PageName = Type.String({ maxLength: eventNameCharsMax });
export const PageMessage = Type.Object(
  {
    type: Type.Literal("page"),
    name: orNull(PageName),
    category: orNull(PageName),
    properties: orNull(AnyObject),
    ...EVERY_CALL,
  },
  { title: "Page" },
);
export const ScreenMessage = Type.Object(
  {
    type: Type.Literal("screen"),
    name: orNull(PageName),
    category: orNull(PageName),
    properties: orNull(AnyObject),
    ...EVERY_CALL,
  },
  { title: "Screen" },
);
export const GroupMessage = Type.Object(
  { type: Type.Literal("group"), groupId: Id, traits: orNull(AnyObject), ...EVERY_CALL },
  { title: "Group" },
);
export const AliasMessage = Type.Object(
  { type: Type.Literal("alias"), previousId: Id, properties: orNull(AnyObject), ...EVERY_CALL },
  { title: "Alias" },
);

export const MESSAGES = {
  track: TrackMessage,
  identify: IdentifyMessage,
  page: PageMessage,
  screen: ScreenMessage,
  group: GroupMessage,
  alias: AliasMessage,
} as const;

export const WireMessage = Type.Union(
  [TrackMessage, IdentifyMessage, PageMessage, ScreenMessage, GroupMessage, AliasMessage],
  { title: "Message" },
);
export type WireMessage = Static<typeof WireMessage>;

/** Of `POST /v1/batch` and of a batch frame. `sentAt` and `context` hold for every message without its own. */
export const BatchRequest = Type.Object(
  {
    batch: Type.Array(WireMessage, { maxItems: batchEventsMax }),
    writeKey: Type.Optional(Token),
    visitorToken: orNull(Token),
    sentAt: orNull(Instant),
    context: orNull(Context),
  },
  { title: "Batch" },
);

export const IDENTIFIERS = {
  anonymousId: orNull(Id),
  userId: orNull(Id),
  email: orNull(Id),
  phone: orNull(Id),
  loyaltyCard: orNull(Id),
  telegram: orNull(Id),
} satisfies Readonly<Record<WireName, unknown>>;

const Language = orNull(
  Type.String({
    maxLength: 35,
    pattern: "^[A-Za-z0-9-]+$",
    description: "As `fr` or `fr-BE` (BCP 47): decisions then carry what they show, rendered in it.",
  }),
);

/** Of `POST /v1/decide`. The first identifier given is the one asked for. A browser may ask for its own visitor only. */
export const DecideRequest = Type.Object(
  {
    ...IDENTIFIERS,
    writeKey: Type.Optional(Token),
    visitorToken: orNull(Token),
    language: Language,
    slots: orNull(
      Type.Array(Type.String({ minLength: 1, maxLength: slotCharsMax }), {
        maxItems: slotsAskedMax,
        description: "Names of the contents that are wanted, in this order; absent: all of them.",
      }),
    ),
    reasons: orNull(Type.Boolean({ description: "Say why, too; for server keys." })),
  },
  { title: "DecideRequest" },
);
export type DecideRequest = Static<typeof DecideRequest>;

const RequestId = Type.Optional(
  Type.Union([Type.String({ maxLength: messageIdCharsMax }), Type.Number()], {
    description: "Comes back in the reply.",
  }),
);

export const DecideFrame = Type.Object(
  { type: Type.Literal("decide"), requestId: RequestId, ...IDENTIFIERS, visitorToken: orNull(Token) },
  { title: "Decide" },
);
export type DecideFrame = Static<typeof DecideFrame>;

/** First frame of a browser. With neither id nor token the gateway makes both. */
export const HelloFrame = Type.Object(
  {
    type: Type.Literal("hello"),
    requestId: RequestId,
    ...IDENTIFIERS,
    visitorToken: orNull(Token),
    subscribe: orNull(Type.Boolean({ description: "Push new decisions of this visitor." })),
    language: Language,
  },
  { title: "Hello" },
);
export type HelloFrame = Static<typeof HelloFrame>;

const ProductTexts = Type.Record(Type.String(), Type.String(), {
  description: "By language; under an empty name what is in no language in particular.",
});
const Amount = Type.Optional(Type.Integer({ description: "In 1/10,000 of the currency's unit." }));
const RecommendedProduct = Type.Object(
  {
    id: Type.String(),
    title: ProductTexts,
    price: Amount,
    was: Amount,
    currency: Type.Optional(Type.String()),
    brand: Type.Optional(Type.String()),
    image: Type.Optional(Type.String()),
    link: Type.Optional(ProductTexts),
    reason: Type.String({ description: "Why it is there, in English." }),
    why: Type.Object(
      {
        basis: Type.String({
          description: "By which basis it was found; `pinned` by the rule; `in the range` where nothing else is known.",
        }),
        with: Type.Optional(
          Type.Object({ id: Type.String(), title: ProductTexts }, { description: "The product that has led to it." }),
        ),
        customers: Type.Optional(Type.Integer({ description: "So many have bought both." })),
      },
      { description: "The same as values, for a page that says it in words of its own." },
    ),
  },
  { title: "RecommendedProduct" },
);

export const Decision = Type.Object(
  {
    content: Type.String({ description: "Name of the content rule, or of the place in which a message stands." }),
    show: Type.String({ description: "Name of the template to show." }),
    choice: Type.Integer({ description: "The choice that held, counted from 1; 0 for `otherwise`." }),
    values: Type.Optional(
      Type.Object({}, { description: "Fields of the profile that the template shows, by name; money in 1/10,000." }),
    ),
    recommendation: Type.Optional(
      Type.String({ description: "Name of the recommendation whose products the choice shows." }),
    ),
    products: Type.Optional(
      Type.Array(RecommendedProduct, { description: "These products, in the order in which they are shown." }),
    ),
    seed: Type.Optional(
      Type.Union([Type.String(), Type.Null()], {
        description:
          "The product that they were found by, or would have been where there are none; null where there is no such product.",
      }),
    ),
    message: Type.Optional(
      Type.String({
        description:
          "Id of a trigger's message that stands in this place, before what its content shows. Whoever has shown it says so by an event, `Message Shown`, with this as its property `message`; until then it is told again.",
      }),
    ),
    event: Type.Optional(
      Type.Object({}, { description: "What such a message shows of the event that set it off, by name." }),
    ),
    because: Type.Optional(
      Type.String({ description: "The condition of that choice, as rules are written; where reasons were asked for." }),
    ),
    html: Type.Optional(
      Type.String({
        description:
          "What the template shows, safe to put into a page; where a language was named. The reply to an event leaves it out when it is what this socket was told last.",
      }),
    ),
  },
  { title: "Decision" },
);
const Decisions = Type.Array(Decision);

export const Problem = Type.Object(
  {
    code: Type.String({ description: "A stable code, such as `invalid_field`." }),
    field: Type.Optional(Type.String({ description: "Where, as a JSON pointer: `/properties/total`." })),
    message: Type.String(),
  },
  { title: "Problem" },
);

const VisitorToken = Type.Optional(
  Type.String({ description: "Proof that this visitor was first seen by this sender; keep it and show it again." }),
);
const RetryAfter = Type.Optional(Type.Integer({ description: "Milliseconds to wait before repeating; with `busy`." }));

/** The answer to one event, on a socket or as an item of a batch. */
export const EventReply = Type.Union(
  [
    Type.Object(
      {
        messageId: Type.String(),
        ok: Type.Literal(true),
        duplicate: Type.Optional(Type.Literal(true)),
        resolved: Type.Boolean({ description: "False while an identity of this person waits for another shard." }),
        anonymousId: Type.Optional(Type.String({ description: "With `visitorToken`: whose it is." })),
        visitorToken: VisitorToken,
        decisions: Type.Optional(Decisions),
      },
      { title: "Accepted" },
    ),
    Type.Object(
      { messageId: Type.Optional(Type.String()), ok: Type.Literal(false), problem: Problem, retryAfterMs: RetryAfter },
      { title: "Refused" },
    ),
  ],
  { title: "EventReply" },
);

/** The answer to a batch frame: one reply an item, in order. */
export const BatchReply = Type.Object({ batch: Type.Array(EventReply) }, { title: "BatchReply" });

export const HelloReply = Type.Object(
  {
    type: Type.Literal("hello"),
    ok: Type.Literal(true),
    requestId: RequestId,
    anonymousId: Type.Optional(Type.String()),
    visitorToken: VisitorToken,
    subscribed: Type.Boolean({ description: "False where the visitor is not known to be this sender's yet." }),
    decisions: Type.Optional(Decisions),
  },
  { title: "HelloReply" },
);

export const DecideFrameReply = Type.Object(
  {
    type: Type.Literal("decide"),
    ok: Type.Literal(true),
    requestId: RequestId,
    known: Type.Boolean(),
    decisions: Decisions,
  },
  { title: "DecideFrameReply" },
);

/** A frame that is no event, refused. */
export const FrameRefusal = Type.Object(
  {
    type: Type.Optional(Type.String({ description: "`hello` or `decide`, as asked." })),
    ok: Type.Literal(false),
    requestId: RequestId,
    problem: Problem,
    retryAfterMs: RetryAfter,
  },
  { title: "FrameRefusal" },
);

export const DecisionsPush = Type.Object(
  { push: Type.Literal("decisions"), ...IDENTIFIERS, decisions: Decisions },
  { title: "DecisionsPush", description: "Names whom it is about as the subscription did." },
);

export const HttpEventReply = Type.Object(
  {
    success: Type.Literal(true),
    messageId: Type.String(),
    duplicate: Type.Optional(Type.Literal(true)),
    resolved: Type.Boolean(),
    anonymousId: Type.Optional(Type.String()),
    visitorToken: VisitorToken,
    decisions: Type.Optional(Decisions),
  },
  { title: "HttpEventReply" },
);

export const HttpBatchReply = Type.Object(
  {
    success: Type.Literal(true),
    accepted: Type.Integer({ description: "Durable, repetitions included." }),
    refused: Type.Integer({ description: "Refused for good: see each one's problem." }),
    results: Type.Array(EventReply, { description: "One a message, in the order sent." }),
  },
  { title: "HttpBatchReply" },
);

export const HttpProblemReply = Type.Object(
  {
    success: Type.Literal(false),
    messageId: Type.Optional(Type.String()),
    problem: Problem,
    results: Type.Optional(Type.Array(EventReply)),
  },
  { title: "HttpProblemReply" },
);

export const DecideReply = Type.Object(
  { success: Type.Literal(true), known: Type.Boolean(), decisions: Decisions, plan: Type.String() },
  { title: "DecideReply" },
);
