/** Why a rule says what it says of one person as of an instant: its tree, with the events behind each value. Pure. */
import { explainedEventsMax } from "../limits.ts";
import { type Explanation, explainRule, type PlanSource } from "../language/port.ts";
import { isHeldOut } from "../model/holdout.ts";
import type { Event, EventName } from "../model/event.ts";
import type { Instant } from "../model/ids.ts";
import { NO_ORDERS, type Orders } from "../model/orders.ts";
import type { Plan } from "../model/plan.ts";
import { SALE_EVENT } from "../model/receipt.ts";
import { TRANSACTIONAL } from "../model/sending.ts";
import { contributionsOf, portrayProfile, viewAsOf } from "../profile/port.ts";
import type { Profile } from "../profile/port.ts";
import type { StripsReport, WhyReport } from "./profile-port.ts";
import { caveatsOf, ledgerReport, nowOf, type Told } from "./profile-report.ts";
import { choiceLines, recommendationTree, STRIPS_UNKNOWN } from "./recommended-lines.ts";
import { refusal } from "./refusal.ts";
import type { Refusal } from "./refusal.ts";

export interface WhySources {
  /** What operators have ordered by now. */
  readonly orders?: Orders | undefined;
  /** The latest event of the name that the rule is about, where there is one: see `eventOfRule`. */
  readonly event?: Pick<Event, "name" | "timestamp" | "fields"> | undefined;
  /** What each recommendation has for this person now; undefined: not known. */
  readonly strips?: StripsReport["strips"] | undefined;
}

/** The event of which a rule may read properties: that which sets a trigger off, or a sale that earns. */
export function eventOfRule(source: PlanSource, rule: string): EventName | undefined {
  const { loyalty } = source;
  if (loyalty?.name === rule || loyalty?.bonuses?.some(({ name }) => name === rule) === true) return SALE_EVENT;
  const trigger = source.triggers?.find(({ name }) => name === rule.replace(/^trigger:/, ""));
  return trigger?.on.is === "event" ? (trigger.on.event as EventName) : undefined;
}

export function whyReport(
  told: Told,
  rule: string,
  { orders = NO_ORDERS, event, strips }: WhySources = {},
): WhyReport | Refusal {
  const { at, from } = told;
  const profile = told.seen;
  const { plan, source, digest } = told.loaded;
  const explained = explainRule(source, rule, { view: viewAsOf(profile, plan, at), at, fields: event?.fields });
  if (explained === undefined) {
    const tree = recommendationTree(source, rule, strips);
    if (tree === undefined) return refusal("not_found", `There is no rule of the name ${JSON.stringify(rule)}.`);
    const caveats = [...caveatsOf(told), ...(strips === undefined ? [STRIPS_UNKNOWN] : [])];
    const holds = strips === undefined ? {} : { holds: tree.length > 0 };
    return { profile: profile.id, rule, at, from, plan: digest, caveats, kind: "recommendation", ...holds, tree };
  }
  const known = portrayProfile(told.profile).segments.find(({ name }) => name === explained.name);
  const caveats = caveatsOf(told);
  if (plan.warming?.includes(explained.name) === true)
    caveats.push(
      "This rule waits: the past that it reads is being gathered from history. Until then it decides nothing.",
    );
  const isLater = known !== undefined && known.at > at;
  if (isLater)
    caveats.push(`On record it was ${known.inside ? "entered" : "left"} later, and no earlier record is told.`);
  const flatten = (explanation: Explanation, depth: number): WhyReport["tree"] => [
    lineOf(explanation, { profile, at, depth }),
    ...explanation.parts.flatMap((part) => flatten(part, depth + 1)),
  ];
  const what = { profile: profile.id, rule, at, from, plan: digest, caveats };
  if (explained.kind === "segment") {
    const recorded = isLater ? undefined : known && { inside: known.inside, entries: known.entries, since: known.at };
    return {
      ...what,
      kind: "segment",
      holds: explained.when.holds,
      ...(recorded !== undefined && { recorded }),
      tree: flatten(explained.when, 0),
    };
  }
  if (explained.kind === "loyalty") {
    const tree = explained.bonuses.flatMap(({ says, when }): WhyReport["tree"] => {
      const [first, ...rest] = when === undefined ? [] : flatten(when, 0);
      const always = { depth: 0, text: "always", holds: true, values: [] };
      return [{ ...(first ?? always), show: says }, ...rest];
    });
    if (readsEvent(tree))
      caveats.push(
        event === undefined ? "What it reads of a sale is not known here, where none is at hand." : saidOf(event),
      );
    return { ...what, kind: "loyalty", ledger: ledgerReport(portrayProfile(told.profile).points), tree };
  }
  if (explained.kind === "trigger") {
    const { name, when, on } = explained;
    const fired = portrayProfile(told.profile).fired.filter((firing) => firing.trigger === name && firing.at <= at);
    const { atMost } = plan.triggers?.all.find((trigger) => trigger.name === name) ?? {};
    const counted = atMost === undefined ? [] : fired.filter((firing) => firing.at > at - atMost.windowMs);
    const earliest = atMost === undefined ? undefined : counted.at(-atMost.count);
    if (atMost !== undefined && earliest !== undefined)
      caveats.push(
        `It has fired as often as it may (${atMost.count}), and does not again before ${new Date(earliest.at + atMost.windowMs).toISOString()}.`,
      );
    if (orders.stopped) caveats.push("All sends are stopped: no trigger fires until `vif sends start`.");
    const { by } = plan.triggers?.all.find((trigger) => trigger.name === name)?.intent ?? { by: [] };
    const out = heldOutOf(plan, name, profile.id);
    if (out !== undefined) caveats.push(`The holdout \`${out}\` keeps this person out: they are never sent it.`);
    for (const channel of by.filter((each) => orders.pausedChannels.includes(each)))
      caveats.push(`${channel} is paused: nothing goes out by it until \`vif resume --channel ${channel}\`.`);
    if (orders.paused.includes(name)) caveats.push(`It is paused: it does not fire until \`vif resume ${name}\`.`);
    const tree = [on, when].flatMap((part) => (part === undefined ? [] : flatten(part, 0)));
    const isOpen = readsEvent(tree) && event === undefined;
    if (isOpen) caveats.push("What it reads of the event that sets it off is not known here, where none is at hand.");
    else if (event !== undefined && readsEvent(tree)) caveats.push(saidOf(event));
    return {
      ...what,
      kind: "trigger",
      ...(!isOpen && { holds: when?.holds ?? true }),
      fired: fired.map((firing) => ({
        at: firing.at,
        message: firing.message,
        ...nowOf(told, firing.message, orders),
      })),
      tree,
    };
  }
  const kept = plan.decide(viewAsOf(profile, plan, at), at).find(({ content }) => content === rule)?.heldOut;
  if (kept !== undefined)
    caveats.push(`The holdout \`${kept}\` keeps this person out: they are shown what is shown otherwise.`);
  const { otherwise = "", choices = [] } = source.contents.find(({ name }) => name === rule) ?? {};
  if (strips === undefined && choices.some(({ recommendation }) => recommendation !== undefined))
    caveats.push(STRIPS_UNKNOWN);
  // A choice without a product to show is passed over.
  const found = choices.map(({ recommendation }) => choiceLines(recommendation, strips));
  const held = explained.choices.findIndex(({ when }, index) => when.holds && found[index]?.[0]?.holds !== false);
  const tree = explained.choices.flatMap(({ show, when }, index) => {
    const products = found[index] ?? [];
    // That a choice is everybody's says nothing beside its products.
    const condition = products.length > 0 && when.text === "true" ? [] : flatten(when, 0);
    const [first, ...rest] = [...condition, ...products];
    return first === undefined ? [] : [{ ...first, show }, ...rest];
  });
  tree.push({ depth: 0, show: otherwise, text: "otherwise", holds: held === -1, values: [] });
  const shows = kept === undefined ? (explained.choices[held]?.show ?? otherwise) : otherwise;
  return { ...what, kind: "content", shows, tree };
}

function saidOf({ name, timestamp }: Pick<Event, "name" | "timestamp">): string {
  return `What it reads of the event is of the latest ${name}, of ${new Date(timestamp).toISOString()}, from history.`;
}

function readsEvent(tree: WhyReport["tree"]): boolean {
  return tree.some(({ values }) => values.some((read) => read.name.startsWith("event.")));
}

/** The holdout that keeps a person from what a trigger sends. */
function heldOutOf({ triggers, sending }: Plan, name: string, profile: string): string | undefined {
  const intent = triggers?.all.find((trigger) => trigger.name === name)?.intent;
  const everything = intent?.category === TRANSACTIONAL ? undefined : sending?.holdout;
  return [everything, intent?.holdout].find((holdout) => holdout !== undefined && isHeldOut(profile, holdout))?.salt;
}

function lineOf(
  { text, holds, values }: Explanation,
  { profile, at, depth }: { readonly profile: Profile; readonly at: Instant; readonly depth: number },
): WhyReport["tree"][number] {
  return {
    depth,
    text,
    holds,
    values: values.map(({ name, value, aggregate, steps }) => {
      const behind =
        aggregate === undefined ? [] : contributionsOf(profile, aggregate, { at, most: explainedEventsMax });
      return {
        name,
        ...(value !== undefined && { value }),
        ...underWayOf({ profile, at }, aggregate, steps),
        ...(behind.length > 0 && {
          events: behind.map(({ at: when, value: worth = "" }) => ({ at: when, value: worth })),
        }),
      };
    }),
  };
}

function underWayOf(
  { profile, at }: { readonly profile: Profile; readonly at: Instant },
  aggregate: number | undefined,
  steps: readonly string[] | undefined,
): Pick<WhyReport["tree"][number]["values"][number], "underWay"> {
  const found = aggregate === undefined || steps === undefined ? undefined : profile.sequenceUnderWay(aggregate, at);
  if (found === undefined || steps === undefined) return {};
  const { came, until } = found;
  const awaited = steps[came.length] ?? "";
  return { underWay: { came: came.map((then, n) => ({ step: steps[n] ?? "", at: then })), awaited, until } };
}
