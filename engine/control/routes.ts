/**
 * The control plane's paths in one table: what is served and what openapi.ts describes cannot differ. Each names its
 * question to the engine; control-plane.ts adds the token, errors and bounds.
 */
import { Type } from "typebox";
import type { Static, TSchema } from "typebox";
import { peopleFoundMax, searchCharsMax } from "../limits.ts";
import { CustomersSchema, RebuiltSchema } from "./directory-port.ts";
import type { Customer } from "./directory-port.ts";
import { SizesSchema } from "./live-port.ts";
import type { Sizes } from "./live-port.ts";
import { NightsQuerySchema, NightsSchema } from "./nights-port.ts";
import { DrainedSchema, ReportSchema, StatusSchema } from "./port.ts";
import type { Report, Status } from "./port.ts";
import type { Instant } from "../model/ids.ts";
import type { ReconcileReport } from "../reconcile/port.ts";
import type { ProfileQuestions } from "./profile-questions.ts";
import { ProfileSchema, RulesSchema, StripsSchema, WhySchema } from "./profile-port.ts";
import {
  ChannelsSchema,
  type ChannelsReport,
  type OutboxAsked,
  OutboxQuery,
  OutboxSchema,
  type OutboxReport,
  SendAgainQuery,
} from "./outbox-port.ts";
import { SteeringSchema } from "./steering-port.ts";
import type { SteeringReport } from "./steering-port.ts";
import { CHANNELS } from "../model/message.ts";
import type { OrderChange } from "../model/orders.ts";
import { SegmentsSchema } from "./segments-port.ts";
import type { Segments } from "./segments-port.ts";
import { type Preferences, PreferencesSchema } from "./preferences-port.ts";
import { UpliftQuery, type UpliftReport, UpliftSchema } from "./uplift-port.ts";
import { refusal } from "./refusal.ts";
import type { Refusal } from "./refusal.ts";

/** What the engine answers; it knows nothing of HTTP. HistoryUnavailable and StoreUnavailable become 503. */
export interface ControlQuestions extends Omit<ProfileQuestions, "reason"> {
  report(): Promise<Report>;
  status(): Status | Promise<Status>;
  /** Resolves when all journals of this node are in history. */
  drain(): Promise<void>;
  /** What past nights have found, the latest first; as they are kept, of the form of NightSchema. */
  nights(limit: number | undefined): Promise<readonly ReconcileReport[]>;
  /** How many people each segment has, by history. */
  sizes(): Promise<Sizes>;
  /** People by what was typed of a name, e-mail address, phone or card. */
  customers(typed: string, limit: number | undefined): Promise<readonly Customer[]>;
  rebuildCustomers(): Promise<number>;
  /** What steers all nodes. */
  steering(): Promise<SteeringReport>;
  /** How each channel of this node stands, and what operators have ordered. */
  channels(): Promise<ChannelsReport>;
  outbox(asked: OutboxAsked): Promise<OutboxReport>;
  /** @param message the beginning of its id, 6 characters or more */
  sendAgain(message: string, word: "replay" | "drop"): Promise<OutboxReport | Refusal>;
  usePlan(named: string): Promise<SteeringReport | Refusal>;
  order(change: OrderChange): Promise<SteeringReport | Refusal>;
  preferences(who: string): Promise<Preferences | Refusal>;
  uplift(query: Static<typeof UpliftQuery>): Promise<UpliftReport>;
  /** The same at a past instant, reckoned by today's rules. */
  segments(at: Instant | undefined): Promise<Segments>;
}

export interface Route {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly operation: string;
  readonly summary: string;
  readonly description: string;
  readonly query?: TSchema;
  readonly answer: TSchema;
  ask(questions: ControlQuestions, query: unknown): unknown;
}

const Who = Type.String({
  minLength: 1,
  maxLength: 1_024,
  description:
    "A profile id, or an identifier: an e-mail address, phone number, card, user or anonymous id; `email:...` says which.",
});
const At = Type.Optional(
  Type.String({
    maxLength: 40,
    description: "ISO 8601, or ms since 1970; now when absent. The past is told from history, by the rules of today.",
  }),
);
const StripsQuery = Type.Object({ who: Who }, { additionalProperties: false });
const ProfileQuery = Type.Object({ who: Who, at: At }, { additionalProperties: false });
const WhyQuery = Type.Object(
  {
    who: Who,
    rule: Type.String({ minLength: 1, maxLength: 256, description: "name of a segment or content" }),
    at: At,
  },
  { additionalProperties: false },
);

const CustomersQuery = Type.Object(
  {
    q: Type.String({ minLength: 1, maxLength: searchCharsMax, description: "what was typed so far" }),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: peopleFoundMax })),
  },
  { additionalProperties: false },
);

const UsePlanQuery = Type.Object(
  {
    plan: Type.String({ minLength: 6, maxLength: 64, description: "the beginning of its digest, or all of it" }),
  },
  { additionalProperties: false },
);
const OrderQuery = Type.Object(
  {
    do: Type.Union(["pause", "resume", "stop", "start"].map((order) => Type.Literal(order))),
    trigger: Type.Optional(Type.String({ minLength: 1, maxLength: 256, description: "for pause and resume" })),
    channel: Type.Optional(
      Type.Union(
        CHANNELS.map((channel) => Type.Literal(channel)),
        { description: "for pause and resume, in place of a trigger" },
      ),
    ),
  },
  { additionalProperties: false },
);

export const ROUTES: readonly Route[] = [
  {
    method: "GET",
    path: "/v1/report",
    operation: "report",
    summary: "Totals of the durable history",
    description: "Counts every event in history, so it takes its time on a large one; nothing else waits for it.",
    answer: ReportSchema,
    ask: (questions) => questions.report(),
  },
  {
    method: "GET",
    path: "/v1/status",
    operation: "status",
    summary: "This node: shards, positions, lags, rules",
    description: "Costs next to nothing; asked as often as one likes.",
    answer: StatusSchema,
    ask: (questions) => questions.status(),
  },
  {
    method: "POST",
    path: "/v1/drain",
    operation: "drain",
    summary: "Bring all that happened so far into history now",
    description:
      "Answers when it is done. History is drained every second anyway; this is for who wants to read it at once.",
    answer: DrainedSchema,
    ask: async (questions) => {
      await questions.drain();
      return { drained: true };
    },
  },
  {
    method: "GET",
    path: "/v1/profile",
    operation: "profile",
    summary: "One person: identifiers, attributes, segments, what is decided",
    description: "Read from the owner of the person's shard, wherever it is. Creates and changes nothing.",
    query: ProfileQuery,
    answer: ProfileSchema,
    ask: (questions, query) => {
      const { who, at } = query as Static<typeof ProfileQuery>;
      return withInstant(at, (instant) => questions.profile(who, instant));
    },
  },
  {
    method: "GET",
    path: "/v1/why",
    operation: "why",
    summary: "Why a rule says what it says of one person",
    description: "The tree of the rule, each part with what holds, the values read, and the newest events behind them.",
    query: WhyQuery,
    answer: WhySchema,
    ask: (questions, query) => {
      const { who, rule, at } = query as Static<typeof WhyQuery>;
      return withInstant(at, (instant) => questions.why(who, rule, instant));
    },
  },
  {
    method: "GET",
    path: "/v1/strips",
    operation: "strips",
    summary: "The products that each recommendation has for one person now",
    description: "By the names of recommendations, with no event at hand. Creates and changes nothing.",
    query: StripsQuery,
    answer: StripsSchema,
    ask: (questions, query) => questions.strips((query as Static<typeof StripsQuery>).who),
  },
  {
    method: "GET",
    path: "/v1/customers",
    operation: "customers",
    summary: "People by name, e-mail, phone or card, as one types",
    description:
      "Each word typed must begin a word of what identify events, receipts and other events that name somebody said, or be a part of a phone number; a whole identifier finds its person at once.",
    query: CustomersQuery,
    answer: CustomersSchema,
    ask: async (questions, query) => {
      const { q, limit } = query as Static<typeof CustomersQuery>;
      return { customers: await questions.customers(q, limit) };
    },
  },
  {
    method: "POST",
    path: "/v1/customers/rebuild",
    operation: "rebuildCustomers",
    summary: "Gather the directory of people anew from history",
    description:
      "The directory is a read model: what it finds people by is in the records of history. Answers when it is done; who is not yet read again is not found meanwhile.",
    answer: RebuiltSchema,
    ask: async (questions) => ({ people: await questions.rebuildCustomers() }),
  },
  {
    method: "GET",
    path: "/v1/rules",
    operation: "rules",
    summary: "The rules that decide now, in plain words",
    description: "Segments in order of dependency, contents by name.",
    answer: RulesSchema,
    ask: (questions) => questions.rules(),
  },
  {
    method: "GET",
    path: "/v1/sizes",
    operation: "sizes",
    summary: "How many people each segment has",
    description: "Entries less exits in history, which is about a second behind.",
    answer: SizesSchema,
    ask: (questions) => questions.sizes(),
  },
  {
    method: "GET",
    path: "/v1/segments",
    operation: "segments",
    summary: "How many people each segment had at an instant, by the rules of today",
    description:
      "Folds all of history up to then, so it takes its time on a large one; nothing else waits for it. Events count by their own time.",
    query: Type.Object({ at: At }, { additionalProperties: false }),
    answer: SegmentsSchema,
    ask: (questions, query) =>
      withInstant((query as { readonly at?: string }).at, (instant) => questions.segments(instant)),
  },
  {
    method: "GET",
    path: "/v1/preferences",
    operation: "preferences",
    summary: "The link to somebody's own page of preferences",
    description:
      "As messages carry it, for whoever answers to a customer. Who has it may change that person's consent, so it is given to nobody else.",
    query: Type.Object({ who: Who }, { additionalProperties: false }),
    answer: PreferencesSchema,
    ask: (questions, query) => questions.preferences((query as { readonly who: string }).who),
  },
  {
    method: "GET",
    path: "/v1/uplift",
    operation: "uplift",
    summary: "What holdouts have kept people from is worth: what treated people did beside those held out",
    description:
      "Reads all of history's events of that name, so it takes its time on a large one; nothing else waits for it. People count in the group that they were drawn into, from the first time that they came to the holdout.",
    query: UpliftQuery,
    answer: UpliftSchema,
    ask: (questions, query) => questions.uplift(query as Static<typeof UpliftQuery>),
  },
  {
    method: "GET",
    path: "/v1/nights",
    operation: "nights",
    summary: "What past nights have compared, found and put right",
    description: "Of all nodes, the latest first; 30 when no limit is named. What stands in a profile is not kept.",
    query: NightsQuerySchema,
    answer: NightsSchema,
    ask: async (questions, query) => ({
      nights: await questions.nights((query as Static<typeof NightsQuerySchema>).limit),
    }),
  },
  {
    method: "GET",
    path: "/v1/plans",
    operation: "plans",
    summary: "Plans that were in force, and what operators have ordered",
    description: "The same on all nodes; `pending` tells which shards of this one are about to follow.",
    answer: SteeringSchema,
    ask: (questions) => questions.steering(),
  },
  {
    method: "POST",
    path: "/v1/plans/use",
    operation: "usePlan",
    summary: "Go back to an earlier plan, on all nodes",
    description: "Kept through restarts; a rule file that is saved afterwards makes a new plan again.",
    query: UsePlanQuery,
    answer: SteeringSchema,
    ask: (questions, query) => questions.usePlan((query as Static<typeof UsePlanQuery>).plan),
  },
  {
    method: "GET",
    path: "/v1/outbox",
    operation: "outbox",
    summary: "Messages that have come to nothing, or nobody knows to what, and how each channel stands",
    description:
      "Of all nodes, the latest first, as far as they are in history, a page at a time; channels are this node's.",
    query: OutboxQuery,
    answer: OutboxSchema,
    ask: (questions, query) => questions.outbox(query as OutboxAsked),
  },
  {
    method: "GET",
    path: "/v1/channels",
    operation: "channels",
    summary: "How channels stand: adapters, what waits, what came of calls, what is paused",
    description: "Channels are this node's, orders are everybody's. Costs next to nothing.",
    answer: ChannelsSchema,
    ask: (questions) => questions.channels(),
  },
  {
    method: "POST",
    path: "/v1/outbox/again",
    operation: "sendAgain",
    summary: "Try such a message once more, or let it go",
    description: "It passes the gates as they are now. One that has come to something meanwhile stays as it is.",
    query: SendAgainQuery,
    answer: OutboxSchema,
    ask(questions, query) {
      const { do: word, message } = query as Static<typeof SendAgainQuery>;
      return questions.sendAgain(message, word);
    },
  },
  {
    method: "POST",
    path: "/v1/orders",
    operation: "order",
    summary: "Pause or resume a trigger or a channel, stop or start all sends, on all nodes",
    description:
      "What would have set a paused trigger off is passed over; what waits for a paused channel goes on waiting. Each shard journals what it heeds.",
    query: OrderQuery,
    answer: SteeringSchema,
    ask(questions, query) {
      const { do: is, trigger, channel } = query as Static<typeof OrderQuery>;
      if (is === "stop" || is === "start") return questions.order({ is });
      if (trigger !== undefined && channel !== undefined)
        return refusal("invalid_field", "`trigger` or `channel`: one of them at a time.");
      if (channel !== undefined) return questions.order({ is, channel });
      return trigger === undefined
        ? refusal("missing_field", "`trigger` or `channel` names which one.")
        : questions.order({ is, trigger });
    },
  },
];

/** @param text as in the query; undefined: now */
function withInstant(
  text: string | undefined,
  ask: (instant: number | undefined) => Promise<unknown>,
): Promise<unknown> | Refusal {
  if (text === undefined) return ask(undefined);
  const instant = /^\d+$/.test(text) ? Number(text) : Date.parse(text);
  // What Date can say; beyond it nothing can be printed.
  if (!Number.isFinite(instant) || Math.abs(instant) > 8.64e15)
    return refusal("invalid_field", "`at` must be a time in ISO 8601, such as 2026-05-04T10:00Z, or ms since 1970.");
  return ask(instant);
}
