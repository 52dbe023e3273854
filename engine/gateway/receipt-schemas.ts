/**
 * What tills send and are told, as JSON Schema, beside wire-schemas.ts. One receipt is a request of `POST /v1/receipts`
 * (or many, as `{batch: [...]}`), a `receipt` frame of `/v1/stream`, or `emit("receipt", receipt, acknowledge)` on
 * Socket.IO. The form is one for all three; HTTP leaves out `type` and `requestId`.
 *
 * Signature. HTTP: headers `Vif-Till` (the till key's name), `Vif-Time` (milliseconds since 1970) and
 * `Vif-Signature: v1=HEX`, HEX = HMAC-SHA256 by the till's key of the time, a dot and the body as it is before packing.
 * Sockets: the same three once, in the query of the handshake (`?till=&time=&signature=v1=HEX`; Socket.IO: in `auth`),
 * over the time, a dot and `/v1/stream`. The time may be `tillSkewMsMax` from ours, else `bad_time`. A handshake opens one
 * socket: each connection, a repeated one too, is signed anew (Socket.IO: `auth` as a function).
 *
 * Amounts are numbers or decimal texts with at most four decimals, and are kept exactly. A receipt is known by source
 * (the key's name), store, till and receiptId: sent again it is answered again, with `is: "repeated"` and all else the
 * same; sent with another body it is refused as `receipt_conflict`. What is flagged and what is refused: docs/tills.md.
 */
import Type from "typebox";
import type { Static, TSchema } from "typebox";
import {
  identifierCharsMax,
  messageIdCharsMax,
  receiptIdCharsMax,
  receiptLinesMax,
  receiptAddedLinesMax,
  receiptMessagesMax,
  receiptsBatchMax,
  receiptTextCharsMax,
} from "../limits.ts";
import { Decision, Problem } from "./wire-schemas.ts";

function orNull<Schema extends TSchema>(schema: Schema) {
  return Type.Optional(Type.Union([schema, Type.Null()]));
}

const Name = Type.String({ minLength: 1, maxLength: receiptIdCharsMax });
const Text = Type.String({ maxLength: receiptTextCharsMax });
const Instant = Type.String({ maxLength: 40, description: "ISO 8601 with a zone, by the till's own clock." });
/** Further checked where it is read: at most four decimals, at most `receiptAmountMax`. */
const Amount = Type.Union([Type.Number(), Type.String({ maxLength: 24, pattern: "^-?\\d{1,12}(\\.\\d{1,4})?$" })], {
  description: 'A number or decimal text with at most four decimals, such as 12.5 or "12.50".',
});
const Currency = Type.String({ pattern: "^[A-Z]{3}$", description: "ISO 4217, such as EUR." });
const Contact = Type.Union([Type.String({ maxLength: identifierCharsMax }), Type.Number()]);

export const ReceiptLine = Type.Object(
  {
    sku: Name,
    name: orNull(Text),
    category: orNull(Text),
    quantity: Type.Union([Type.Number(), Type.String({ maxLength: 24, pattern: "^-?\\d{1,12}(\\.\\d{1,4})?$" })], {
      description:
        "Pieces, kilograms, metres: at most four decimals. Below zero in returns; on a sale it is flagged `negative_quantity`.",
    }),
    unitPrice: Amount,
    discount: orNull(Amount),
    total: orNull(Amount),
    currency: orNull(Currency),
    timestamp: orNull(Instant),
  },
  {
    title: "ReceiptLine",
    description:
      "`total` is quantity x unitPrice - discount when absent. A line may have its own time; its currency must be the receipt's.",
  },
);

export const ReceiptCustomer = Type.Object(
  {
    card: orNull(Contact),
    phone: orNull(Contact),
    email: orNull(Type.String({ maxLength: 1024 })),
    userId: orNull(Contact),
  },
  { title: "ReceiptCustomer", description: "Who bought, by one or more of these; none: nobody's receipt." },
);

export const ReceiptReference = Type.Object(
  { receiptId: Name, store: orNull(Name), till: orNull(Name) },
  {
    title: "ReceiptReference",
    description: "The receipt that is returned; store and till are this receipt's when absent.",
  },
);

const RECEIPT = {
  receiptId: Name,
  store: Name,
  till: Name,
  timestamp: Instant,
  sentAt: orNull(Instant),
  currency: Currency,
  kind: Type.Union([Type.Literal("sale"), Type.Literal("return")]),
  customer: orNull(ReceiptCustomer),
  lines: Type.Array(ReceiptLine, { maxItems: receiptLinesMax }),
  total: Amount,
  discount: orNull(Amount),
  tax: orNull(Amount),
  refersTo: orNull(ReceiptReference),
  training: orNull(Type.Boolean({ description: "Answered; changes nothing and is not kept." })),
  offline: orNull(
    Type.Boolean({ description: "Rung up earlier, while the till was offline: an old time is not flagged." }),
  ),
  effects: orNull(
    Type.Union([Type.Literal("off"), Type.Literal("record"), Type.Literal("on")], {
      description:
        "Of a receipt of the past: off: nobody is shown or told anything because of it, `print` and `show` are empty; record: what the till would have been told is recorded; on, or absent: as of any receipt.",
    }),
  ),
  language: orNull(
    Type.String({
      maxLength: 35,
      pattern: "^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$",
      description: "BCP 47, such as fr: the till's own, for customers of whom no language is known.",
    }),
  ),
  properties: orNull(Type.Object({}, { description: "Any JSON object; beside the receipt's own in the event." })),
};

/** The body of `POST /v1/receipts`, or an entry of its `batch`. */
export const Receipt = Type.Object(RECEIPT, {
  title: "Receipt",
  description:
    "In a return, quantities and totals below zero come back and those above are taken along; where none is below zero, all come back. `sentAt` is the till's clock when it sends: times are corrected by it.",
});
export type Receipt = Static<typeof Receipt>;

export const ReceiptBatchRequest = Type.Object(
  { batch: Type.Array(Receipt, { maxItems: receiptsBatchMax }) },
  { title: "ReceiptBatch" },
);

const RequestId = Type.String({ maxLength: messageIdCharsMax, description: "Comes back in the reply." });

export const ReceiptFrame = Type.Object(
  { type: Type.Literal("receipt"), requestId: Type.Optional(RequestId), ...RECEIPT },
  { title: "ReceiptFrame" },
);

/** Code -> what the till, and who looks after it, should make of it. */
export const RECEIPT_FLAGS = {
  training: "A training receipt: nothing was changed and nothing is kept.",
  totals_do_not_foot:
    "The lines do not add up to the total: the total is what was paid, and points are for the lower of the two.",
  negative_quantity: "A sale with a quantity below zero; taken as it is.",
  negative_price: "A unit price below zero; taken as it is.",
  negative_total: "A sale with a total below zero: it earns nothing.",
  no_lines: "A receipt without lines.",
  mixed_return: "A return that also has lines taken along.",
  till_clock_off: "The till's clock is far from ours; the times were corrected by sentAt.",
  till_clock_ahead: "The receipt's time is still to come; the time of arrival was taken.",
  till_clock_reset:
    "The receipt's time is before 2000-01-02, so the till's clock was not set; the time of arrival was taken.",
  late: "Older than a day and not marked as offline.",
  unreadable_customer: "A card, phone number or e-mail address that names nobody was left out.",
  customer_differs:
    "The card is of another customer than the userId says: it counts for the card's, who gets no new name.",
  other_currency: "Not in the currency of the loyalty rule: no points.",
  unmatched_return: "The receipt that is returned is not known as this customer's.",
  over_returned: "More came back than was bought: only what was earned is reversed.",
  points_at_most: "It would have earned more than the loyalty rule lets one receipt earn.",
  balance_floor: "Fewer points were taken than were due, since the balance may not go below zero.",
  not_worded: "Something that was to be printed or shown needs a value that is not known of this customer.",
  points_later: "The history could not be asked in time: accepted; points are told when the receipt is sent again.",
} as const;
export type ReceiptFlag = keyof typeof RECEIPT_FLAGS;

const Flag = Type.Union(
  Object.keys(RECEIPT_FLAGS).map((flag) => Type.Literal(flag)),
  {
    title: "ReceiptFlag",
    description: Object.entries(RECEIPT_FLAGS)
      .map(([flag, meaning]) => `${flag}: ${meaning}`)
      .join(" "),
  },
);

const Points = Type.Object(
  {
    earned: Type.Integer({ minimum: 0 }),
    reversed: Type.Integer({ minimum: 0, description: "Taken back by a return." }),
    balance: Type.Integer({ description: "After this receipt, as it was then." }),
    by: Type.Optional(
      Type.Array(
        Type.Object({
          rule: Type.String({ description: "The loyalty rule, or one of its bonuses." }),
          points: Type.Integer({ description: "Of a return below zero: what it took of what this had given." }),
        }),
        { description: "What each rule has given; absent where the loyalty rule alone has, of all lines alike." },
      ),
    ),
  },
  { title: "Points" },
);

const Lines = Type.Array(Type.String(), { maxItems: receiptMessagesMax + receiptAddedLinesMax });

const ACCEPTED = {
  receiptId: Type.String(),
  store: Type.String(),
  till: Type.String(),
  is: Type.Union([Type.Literal("accepted"), Type.Literal("repeated")], {
    description: "Durable now, or since it was sent first; all else is the same.",
  }),
  messageId: Type.String({ description: "Of the event that it is in the customer's profile." }),
  flags: Type.Array(Flag),
  points: Type.Optional(Points),
  resolved: Type.Boolean({ description: "False while an identity of this person waits for another shard." }),
  print: Lines,
  show: Lines,
  screen: Type.Optional(
    Type.String({ description: "Markup of the till's screen, safe to show as it is; `show` is its text." }),
  ),
  decisions: Type.Optional(Type.Array(Decision)),
};
const REFUSED = {
  receiptId: Type.Optional(Type.String()),
  is: Type.Literal("refused"),
  problem: Problem,
  retryAfterMs: Type.Optional(Type.Integer({ description: "Milliseconds to wait before repeating; with `busy`." })),
};

/** The answer to one receipt of a batch, and on sockets. */
export const ReceiptReply = Type.Union(
  [
    Type.Object(
      { ...ACCEPTED, ok: Type.Literal(true), requestId: Type.Optional(RequestId) },
      { title: "ReceiptAccepted" },
    ),
    Type.Object(
      { ...REFUSED, ok: Type.Literal(false), requestId: Type.Optional(RequestId) },
      { title: "ReceiptRefused" },
    ),
  ],
  { title: "ReceiptReply", description: "`print` goes under the receipt, `show` on the till's screen: lines of text." },
);

/** 200 of `POST /v1/receipts` with one receipt. */
export const HttpReceiptReply = Type.Object(
  { success: Type.Literal(true), ...ACCEPTED },
  { title: "HttpReceiptReply" },
);

export const HttpReceiptBatchReply = Type.Object(
  {
    success: Type.Literal(true),
    accepted: Type.Integer({ description: "Durable, repetitions included." }),
    refused: Type.Integer({ description: "Refused for good: see each one's problem." }),
    results: Type.Array(ReceiptReply, { description: "One a receipt, in the order sent." }),
  },
  { title: "HttpReceiptBatchReply" },
);
