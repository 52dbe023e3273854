/** What is told of one person as of an instant: see profile-questions.ts, which finds them. Pure. */
import { shownFiringsMax } from "../limits.ts";
import { createdAtOfProfile, shardOfProfile } from "../model/ids.ts";
import type { Instant, PlanDigest } from "../model/ids.ts";
import { choiceText, type PlanSource, printCondition } from "../language/port.ts";
import { printPlace } from "../model/place.ts";
import { NO_ORDERS, type Orders } from "../model/orders.ts";
import type { RecommendedProduct } from "../model/recommendation.ts";
import type { FieldType, FieldValue, Plan } from "../model/plan.ts";
import { portrayProfile, viewAsOf } from "../profile/port.ts";
import type { HeldReceipt, Points, Profile } from "../profile/port.ts";
import { messageTold } from "./message-told.ts";
import type { LedgerReport, MessageTold, ProfileReport, StripsReport } from "./profile-port.ts";

/** Products of one strip often have one reason; more than these are said by `...`. */
const SHOWN_REASONS_MAX = 2;

/** A plan in both its forms. */
export interface LoadedPlan {
  readonly digest: PlanDigest;
  /** What it lacks of the past, as `lackingKey` tells it. */
  readonly lacks: string;
  readonly source: PlanSource;
  readonly plan: Plan;
}

/** Whom to tell of, and when. */
export interface Told {
  /** As it is now. */
  readonly profile: Profile;
  /** As it was then; the same one where nothing has happened since. */
  readonly seen: Profile;
  readonly from: "profile" | "history";
  readonly loaded: LoadedPlan;
  readonly at: Instant;
  readonly now: Instant;
}

/** Where what is told differs from what stood then. */
export function caveatsOf({ from, at, now }: Told): string[] {
  if (at > now) return ["That is in the future: as it will be if nothing happens until then."];
  if (from === "profile") return [];
  return ["Told from history by the rules of today: what was decided then may differ."];
}

/** What has become of a message, where it is told as of now. */
export function nowOf(
  { profile, loaded, at, from }: Told,
  message: string,
  orders: Orders,
): { readonly now?: MessageTold } {
  const now = from === "history" ? undefined : messageTold({ profile, plan: loaded.plan, orders, at }, message);
  return now === undefined ? {} : { now };
}

export interface ReportSources {
  readonly shards: number;
  /** What operators have ordered by now. */
  readonly orders?: Orders;
  /** What each recommendation has for this person now; undefined: not asked. */
  readonly strips?: StripsReport["strips"] | undefined;
}

export function profileReport(told: Told, { shards, orders = NO_ORDERS, strips = {} }: ReportSources): ProfileReport {
  const { at, from } = told;
  const { plan, source, digest } = told.loaded;
  const { clock, wakeUp, position, absorbed, identifiers, segments, points, fired, exposures, remembered, profile } =
    portrayProfile(told.profile);
  const { attributes, streams, consents } = portrayProfile(told.seen);
  const view = viewAsOf(told.seen, plan, at);
  const recorded = new Map(segments.map((segment) => [segment.name, segment]));
  const caveats = caveatsOf(told);
  if (from === "history") caveats.push("Identifiers, points, and how often a segment was entered are those of today.");
  return {
    profile,
    at,
    from,
    caveats,
    created: createdAtOfProfile(profile),
    lastChange: clock,
    ...(wakeUp !== undefined && { wakeUp }),
    shard: shardOfProfile(profile, shards),
    position,
    plan: digest,
    absorbed: [...absorbed],
    identifiers: [...identifiers],
    attributes: attributes.map(({ value, ...rest }) => ({
      ...rest,
      ...(value !== undefined && { value: readable(value, rest.type) }),
    })),
    segments: plan.segments.flatMap((name, index) => {
      const known = recorded.get(name);
      const inside = view.inSegment(index);
      if (known === undefined && !inside) return [];
      const since = known !== undefined && known.at <= at && known.inside === inside ? { since: known.at } : {};
      return [{ name, inside, entries: known?.entries ?? 0, ...since }];
    }),
    ledger: ledgerReport(points),
    streams: streams.map(({ folded: _folded, ...rest }) => rest),
    decisions: plan.decide(view, at).map(({ content, show, choice, heldOut }) => {
      const { recommendation } = source.contents.find(({ name }) => name === content)?.choices[choice - 1] ?? {};
      const products = recommendation === undefined ? undefined : strips[recommendation];
      const because = withReasons(reasonOf(source, content, choice), products);
      return {
        content,
        show,
        choice,
        ...(because !== undefined && { because }),
        ...(heldOut !== undefined && { heldOut }),
      };
    }),
    fired: fired
      .filter((firing) => firing.at <= at)
      .slice(-shownFiringsMax)
      .reverse()
      .map((firing) => ({ ...firing, ...nowOf(told, firing.message, orders) })),
    consents: consents.map(({ purpose, channel, answer, at: said, source: by, wording }) => ({
      purpose,
      channel,
      answer,
      at: said,
      source: by,
      ...(wording !== undefined && { wording }),
    })),
    holdouts: exposures.map((each) => ({ ...each })),
    rememberedIds: remembered,
  };
}

export function ledgerReport({ balance, entries, receipts }: Points): LedgerReport {
  return { balance, entries, receipts: receipts.map(receiptReport).reverse() };
}

/** The answer that its till was given has the rest; it was recorded as JSON members. */
function receiptReport({ at, earned, reversed, of, answer }: HeldReceipt): LedgerReport["receipts"][number] {
  const told = JSON.parse(`{${answer}}`) as {
    readonly receiptId: string;
    readonly store: string;
    readonly till: string;
    readonly flags: string[];
    readonly points?: { readonly balance: number; readonly by?: { rule: string; points: number }[] };
  };
  const { receiptId, store, till, flags, points } = told;
  const isReturn = of !== undefined || flags.includes("unmatched_return");
  const kind = isReturn ? "return" : "sale";
  const after = points === undefined ? {} : { balance: points.balance, ...(points.by && { by: points.by }) };
  return { receiptId, store, till, kind, at, earned, reversed, ...after, flags };
}

function readable(value: FieldValue, type: FieldType): string | number | boolean | string[] {
  if (typeof value === "object") return [...value];
  if (typeof value !== "number") return value;
  switch (type) {
    case "money":
      return value / 10_000;
    case "instant":
      return new Date(value).toISOString();
    case "date":
      return new Date(value).toISOString().slice(0, 10);
    case "time":
      return new Date(value).toISOString().slice(11, 19);
    case "percentage":
      return `${value}%`;
    case "duration":
      return `${value / 60_000} minutes`;
    case "place":
      return printPlace(value);
    default:
      return value;
  }
}

/** The condition under which a content shows a choice, or of a segment; undefined when there is none. */
export function reasonOf(source: PlanSource, rule: string, choice?: number): string | undefined {
  const content = source.contents.find(({ name }) => name === rule);
  const chosen = content?.choices[(choice ?? 0) - 1];
  if (chosen !== undefined) return choiceText(printCondition(source, chosen.when), chosen.recommendation);
  const when = source.segments.find(({ name }) => name === rule)?.when;
  return when === undefined ? undefined : printCondition(source, when);
}

/** `recommendation: goes-with-it (bought with Felt hat by 3 customers; in the range)`: with why its products are there. */
export function withReasons(
  because: string | undefined,
  products: readonly Pick<RecommendedProduct, "reason">[] = [],
): string | undefined {
  const reasons = [...new Set(products.map(({ reason }) => reason))];
  if (because === undefined || reasons.length === 0) return because;
  const shown = reasons.slice(0, SHOWN_REASONS_MAX);
  return `${because} (${[...shown, ...(shown.length < reasons.length ? ["..."] : [])].join("; ")})`;
}
