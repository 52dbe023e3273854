/**
 * What sequences promise, held against the journals alone: a view after which nobody ordered in time sets `left` off when
 * that time is over, however late it is worked off, and a view that an order followed in time sets `followed` off; each
 * once, whoever has become one with whom meanwhile, and nothing else does.
 */
import type { Event } from "../../engine/model/event.ts";
import type { Instant, ProfileId } from "../../engine/model/ids.ts";
import type { DurableBatch } from "./ledger.ts";
import type { Model } from "./model.ts";
import type { FinalState } from "./oracle.ts";
import { FOLLOWED_MS, LEFT_MS } from "./sample-rules.ts";
import { recordsOf } from "./trigger-oracle.ts";

/** A wake-up is worked off this long after it is due, once everything rests. */
const LATE_MS_MAX = 5_000;
const KINDS = ["left", "followed"] as const;
type Kind = (typeof KINDS)[number];

/** Older completions set nothing off. */
const OLD_MS = 7 * 24 * 3_600_000;

interface Completion {
  readonly kind: Kind;
  readonly profile: ProfileId;
  readonly at: Instant;
}

type Applied = Model["applied"][number];

interface Found {
  readonly fired: readonly Completion[];
  readonly owed: readonly Completion[];
  readonly problems: readonly string[];
}

/** When somebody viewed and ordered. */
interface Past {
  readonly views: Instant[];
  readonly orders: Instant[];
}

export function checkSequences({ ledger, reads }: FinalState, model: Model): readonly string[] {
  // Whoever has lost records for good may decide again what they held.
  if (ledger.excusedRecords > 0) return [];
  const found = ledger.journals.map(checkShard);
  const fired = found.flatMap((each) => each.fired);
  const owed = [...found.flatMap((each) => each.owed), ...joined(ledger.journals, model)];
  const problems = found.flatMap((each) => each.problems);
  const keyOf = ({ kind, profile, at }: Completion): string => `${kind} ${model.rootOf(profile)} ${at}`;
  for (const completion of fired) {
    const { kind, profile, at } = completion;
    const root = model.rootOf(profile);
    if (!model.torn.has(root) && !hasCause(completion, pastOf([...(model.people.get(root)?.values() ?? [])])))
      problems.push(`${kind} fired for ${profile} of ${at} without a cause`);
  }
  const done = new Set(fired.map(keyOf));
  for (const { profile, instants } of reads) {
    if (profile === undefined || model.rootOf(profile) !== profile || model.torn.has(profile)) continue;
    const { orders } = pastOf([...(model.people.get(profile)?.values() ?? [])]);
    for (const completion of owed) {
      const { kind, at } = completion;
      if (model.rootOf(completion.profile) !== profile || done.has(keyOf(completion))) continue;
      // An order that came to be known later, of whomever this person turned out to be, may have been in time.
      const isOpen = kind === "left" && (at > instants[0] - LATE_MS_MAX || isBroken(orders, at));
      if (!isOpen) problems.push(`${kind} never fired for ${completion.profile} of ${at}`);
    }
  }
  return [...new Set(problems)];
}

/** A view of the one whom another turned out to be, and an order of that other, with the plan at work in both their shards. */
function joined(journals: FinalState["ledger"]["journals"], model: Model): readonly Completion[] {
  const plannedAt = journals.map((journal) => firstPlan(journal));
  const isPlanned = ({ shard, position }: Applied): boolean =>
    position > (plannedAt[shard] ?? Number.POSITIVE_INFINITY);
  const known = model.applied.filter(isPlanned);
  const end = Math.max(...journals.flatMap((journal) => journal.map(({ batch }) => batch.instant)));
  const found: Completion[] = [];
  for (const order of known.filter(({ event }) => event.name === "order_completed")) {
    const root = model.rootOf(order.profile);
    const at = order.event.timestamp;
    const views = known.filter(
      ({ event, profile }) =>
        event.name === "product_viewed" &&
        profile !== order.profile &&
        (profile === root || order.profile === root) &&
        model.rootOf(profile) === root &&
        at >= event.timestamp &&
        at - event.timestamp <= FOLLOWED_MS,
    );
    if (views.length > 0 && at > end - OLD_MS) found.push({ kind: "followed", profile: root, at });
  }
  return found;
}

function firstPlan(journal: readonly DurableBatch[]): number {
  for (const { batch } of journal) {
    const index = batch.records.findIndex(({ kind }) => kind === "plan");
    if (index >= 0) return batch.firstPosition + index;
  }
  return Number.POSITIVE_INFINITY;
}

/** What each profile's own records make of it: less than it knows, as what it has absorbed is told elsewhere. */
function checkShard(journal: readonly DurableBatch[]): Found {
  const pasts = new Map<ProfileId, Past>();
  const fired: Completion[] = [];
  const owed: Completion[] = [];
  const problems: string[] = [];
  let hasPlan = false;
  for (const { record } of recordsOf(journal)) {
    if (record.kind === "plan") hasPlan = true;
    else if (record.kind === "event") {
      const { profile, event } = record;
      const past = pasts.get(profile) ?? { views: [], orders: [] };
      pasts.set(profile, past);
      const before = new Set(followed(past));
      add(past, event);
      if (!hasPlan) continue;
      if (event.name === "product_viewed") owed.push({ kind: "left", profile, at: event.timestamp + LEFT_MS });
      for (const at of followed(past)) if (!before.has(at)) owed.push({ kind: "followed", profile, at });
    } else if (record.kind === "decided") {
      const kind = KINDS.find((each) => each === record.trigger);
      if (kind === undefined) continue;
      const { profile, at } = record;
      fired.push({ kind, profile, at });
      if (kind === "left" && isBroken(pasts.get(profile)?.orders ?? [], at))
        problems.push(`left fired for ${profile} of ${at}, who had ordered in time`);
    }
  }
  return { fired, owed, problems };
}

function add({ views, orders }: Past, { name, timestamp }: Pick<Event, "name" | "timestamp">): void {
  if (name === "product_viewed") views.push(timestamp);
  if (name === "order_completed") orders.push(timestamp);
}

function pastOf(applied: readonly { readonly event: Event }[]): Past {
  const past: Past = { views: [], orders: [] };
  for (const { event } of applied) add(past, event);
  return past;
}

/** The orders that followed a view in time. */
function followed({ views, orders }: Past): readonly Instant[] {
  return orders.filter((order) => views.some((view) => view <= order && order - view <= FOLLOWED_MS));
}

function isBroken(orders: readonly Instant[], over: Instant): boolean {
  return orders.some((order) => order > over - LEFT_MS && order <= over);
}

function hasCause({ kind, at }: Completion, past: Past): boolean {
  return kind === "left" ? past.views.includes(at - LEFT_MS) : followed(past).includes(at);
}
