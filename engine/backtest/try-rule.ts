/**
 * What a rule would have done: the people of a history live through their events again, one after the other, under a plan
 * that holds this rule alone. Nothing is sent and nothing changes. One person is in memory at a time.
 */
import type { History } from "../history/port.ts";
import { triedPeopleMax } from "../limits.ts";
import { printDuration } from "../language/port.ts";
import { CONSENT_EVENT } from "../model/consent.ts";
import type { Instant, ProfileId } from "../model/ids.ts";
import type { SkippedReason } from "../model/message.ts";
import type { Plan } from "../model/plan.ts";
import type { KeptBack } from "./dispatch-in-time.ts";
import { PersonInTime, type Witness } from "./person-in-time.ts";
import { type Life, readLives } from "./read-lives.ts";
import { fieldsFolded } from "../model/fields-folded.ts";

export interface TriedRule {
  readonly name: string;
  readonly kind: "segment" | "content" | "trigger";
  /** Holds this rule and what it rests on. */
  readonly plan: Plan;
  /** Those that can change anything about it. */
  readonly events: readonly string[];
  /** Of a trigger: those that can change anything about the triggers whose messages press upon its own. */
  readonly rivalEvents?: readonly string[];
}

export interface TrySpan {
  readonly since: Instant;
  readonly until: Instant;
}

/** Events read so far, of how many in all, and of how many people. */
export interface TryProgress {
  readonly events: number;
  readonly eventsAll: number;
  readonly people: number;
}

interface TryTotals extends TrySpan {
  readonly rule: string;
  /** That the rule rests on, up to `until`. */
  readonly events: number;
  /** Whom they are of. */
  readonly people: number;
}

/** A day is UTC's; `inside` as it ended. */
export interface TriedDay {
  readonly day: string;
  readonly entered: number;
  readonly left: number;
  readonly inside: number;
}

export interface SkippedFor {
  readonly reason: SkippedReason;
  readonly messages: number;
  /** Of pressure: by the cap that was full, in words; of those outbid: by the trigger whose message went before. Most first. */
  readonly by?: readonly { readonly name: string; readonly messages: number }[];
}

export type TryReport =
  | (TryTotals & {
      readonly kind: "segment";
      /** People, at `since` and at `until`. */
      readonly insideBefore: number;
      readonly insideNow: number;
      /** Transitions between; one person may have several. */
      readonly entered: number;
      readonly left: number;
      readonly days: readonly TriedDay[];
      /** Some of those inside at `until`, who entered last first. */
      readonly some: readonly ProfileId[];
    })
  | (TryTotals & {
      readonly kind: "trigger";
      /** Messages that it would have set off between. */
      readonly fired: number;
      /** For so many people. */
      readonly reached: number;
      /** Of these messages, those that would have gone out, or would wait for their hour at `until`. */
      readonly sent: number;
      /** Why the others would not, most first. */
      readonly skipped: readonly SkippedFor[];
      /** Messages of other triggers that would not go out for one of this, most first. */
      readonly outbids: readonly { readonly trigger: string; readonly messages: number }[];
      readonly days: readonly { readonly day: string; readonly fired: number }[];
      /** Some of those people, who got one last first. */
      readonly some: readonly ProfileId[];
    })
  | (TryTotals & {
      readonly kind: "content";
      /** What each of the people would be shown at `until`, most first. */
      readonly shows: readonly { readonly show: string; readonly people: number }[];
    });

const DAY_MS = 86_400_000;
const IDENTIFIED = "identified";

/** Rejects with HistoryUnavailable. */
export async function tryRule(
  history: Pick<History, "countEvents" | "events">,
  rule: TriedRule,
  span: TrySpan,
  onProgress: (progress: TryProgress) => void,
): Promise<TryReport> {
  const { plan } = rule;
  const judge = TALLIES[rule.kind](rule, span);
  const isTrigger = rule.kind === "trigger";
  const own = new Set(rule.events);
  // Of messages also what people have said of how they may be written to.
  const names = isTrigger
    ? [...new Set([...rule.events, ...(rule.rivalEvents ?? []), IDENTIFIED, CONSENT_EVENT])]
    : rule.events;
  const eventsAll = await history.countEvents(names);
  let events = 0;
  let people = 0;
  let read = 0;
  let looked = false;
  let counted = false;

  function look(person: PersonInTime): void {
    if (looked) return;
    person.look(span.since);
    looked = true;
    judge.begin(person);
  }

  const witness: Witness = {
    flip: (segment, entered, at) => {
      if (looked) judge.flip(segment, entered, at);
    },
    fire: (decided) => judge.fire(decided),
  };
  const life: Life<PersonInTime> = {
    withIdentifiers: isTrigger,
    fields: fieldsFolded(plan),
    begin(id) {
      looked = false;
      counted = false;
      return new PersonInTime(plan, id, witness, isTrigger ? "as drawn" : "nothing");
    },
    live(person, event) {
      if (own.has(event.name)) {
        events += 1;
        if (!counted) people += 1;
        counted = true;
      }
      if (event.timestamp <= span.since) person.remember(event);
      else {
        look(person);
        person.happen(event);
      }
    },
    onRead(more) {
      read += more;
      onProgress({ events: read, eventsAll, people });
    },
  };
  for await (const person of readLives(history, { names, until: span.until }, life)) {
    look(person);
    person.passUntil(span.until);
    judge.end(person);
  }
  return judge.report({ rule: rule.name, ...span, events, people });
}

interface Tally extends Witness {
  /** A person as of `since`. */
  begin(person: PersonInTime): void;
  /** The same as of `until`. */
  end(person: PersonInTime): void;
  report(totals: TryTotals): TryReport;
}

function createSegmentTally({ name, plan }: TriedRule, { since, until }: TrySpan): Tally {
  const segment = plan.segments.indexOf(name);
  const firstDay = Math.floor(since / DAY_MS);
  const counts = Array.from({ length: Math.floor(until / DAY_MS) - firstDay + 1 }, () => ({ entered: 0, left: 0 }));
  let [insideBefore, insideNow, entered, left] = [0, 0, 0, 0];
  let enteredAt = since;
  const latest = new Latest();

  return {
    fire: () => undefined,
    begin: ({ profile }) => {
      enteredAt = since;
      if (profile.inSegment(segment)) insideBefore += 1;
    },
    flip(index, isEntry, at) {
      if (index !== segment) return;
      const day = counts[Math.floor(at / DAY_MS) - firstDay];
      if (day !== undefined) day[isEntry ? "entered" : "left"] += 1;
      if (isEntry) entered += 1;
      else left += 1;
      enteredAt = at;
    },
    end({ profile }) {
      if (!profile.inSegment(segment)) return;
      insideNow += 1;
      latest.add(profile.id, enteredAt);
    },
    report: (totals) => {
      let inside = insideBefore;
      const days = counts.map((day, index) => {
        inside += day.entered - day.left;
        return { day: dayOf(firstDay + index), ...day, inside };
      });
      return { kind: "segment", ...totals, insideBefore, insideNow, entered, left, days, some: latest.ids };
    },
  };
}

function createTriggerTally({ name }: TriedRule, { since, until }: TrySpan): Tally {
  const firstDay = Math.floor(since / DAY_MS);
  const counts = Array.from({ length: Math.floor(until / DAY_MS) - firstDay + 1 }, () => 0);
  const latest = new Latest();
  const skipped = new Map<SkippedReason, Count>();
  const outbids = new Count();
  let [fired, reached, sent, lastAt] = [0, 0, 0, Number.NEGATIVE_INFINITY];
  return {
    flip: () => undefined,
    begin: () => {
      lastAt = Number.NEGATIVE_INFINITY;
    },
    fire({ at, trigger }) {
      if (trigger !== name) return;
      fired += 1;
      lastAt = Math.max(lastAt, at);
      const day = Math.floor(at / DAY_MS) - firstDay;
      counts[day] = (counts[day] ?? 0) + 1;
    },
    end(person) {
      if (lastAt === Number.NEGATIVE_INFINITY) return;
      reached += 1;
      latest.add(person.profile.id, lastAt);
      for (const message of person.messages(until)) {
        if (message.is === "sent") {
          if (message.trigger === name) sent += 1;
        } else if (message.trigger === name) {
          const count = skipped.get(message.reason) ?? new Count();
          skipped.set(message.reason, count);
          count.add(keptBackBy(message.by));
        } else if (message.by?.rival === name) outbids.add(message.trigger);
      }
    },
    report: (totals) => {
      const days = counts.map((count, index) => ({ day: dayOf(firstDay + index), fired: count }));
      const reasons = [...skipped]
        .map(([reason, { all, most }]) => ({ reason, messages: all, ...(most.length > 0 && { by: most }) }))
        .sort((a, b) => b.messages - a.messages || (a.reason < b.reason ? -1 : 1));
      const beaten = outbids.most.map(({ name: trigger, messages }) => ({ trigger, messages }));
      const what = { fired, reached, sent, skipped: reasons, outbids: beaten };
      return { kind: "trigger", ...totals, ...what, days, some: latest.ids };
    },
  };
}

/** How many there are, and how many of each name. */
class Count {
  all = 0;
  readonly #named = new Map<string, number>();

  add(name: string | undefined): void {
    this.all += 1;
    if (name !== undefined) this.#named.set(name, (this.#named.get(name) ?? 0) + 1);
  }

  get most(): readonly { readonly name: string; readonly messages: number }[] {
    return [...this.#named]
      .map(([name, messages]) => ({ name, messages }))
      .sort((a, b) => b.messages - a.messages || (a.name < b.name ? -1 : 1));
  }
}

/** As `rules/pressure.yaml` says it. */
function keptBackBy({ cap, rival }: KeptBack = {}): string | undefined {
  if (cap === undefined) return rival;
  const { category, channel, count, windowMs } = cap;
  return [
    category,
    channel === undefined ? undefined : `by ${channel}`,
    `at most ${count} per ${printDuration(windowMs)}`,
  ]
    .filter((part) => part !== undefined)
    .join(" ");
}

/** The few whose time is the latest. */
class Latest {
  readonly #kept: { readonly id: ProfileId; readonly at: Instant }[] = [];

  add(id: ProfileId, at: Instant): void {
    if (this.#kept.length === triedPeopleMax && (this.#kept.at(-1)?.at ?? 0) >= at) return;
    const place = this.#kept.findIndex((known) => known.at < at);
    this.#kept.splice(place < 0 ? this.#kept.length : place, 0, { id, at });
    if (this.#kept.length > triedPeopleMax) this.#kept.pop();
  }

  get ids(): readonly ProfileId[] {
    return this.#kept.map(({ id }) => id);
  }
}

function dayOf(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

function createContentTally({ name, plan }: TriedRule, { until }: TrySpan): Tally {
  const shows = new Map<string, number>();
  return {
    begin: () => undefined,
    flip: () => undefined,
    fire: () => undefined,
    end({ profile }) {
      const show = plan.decide(profile, until).find(({ content }) => content === name)?.show;
      if (show !== undefined) shows.set(show, (shows.get(show) ?? 0) + 1);
    },
    report: (totals) => ({
      kind: "content",
      ...totals,
      shows: [...shows].map(([show, people]) => ({ show, people })).sort((a, b) => b.people - a.people),
    }),
  };
}

const TALLIES: Readonly<Record<TriedRule["kind"], (rule: TriedRule, span: TrySpan) => Tally>> = {
  segment: createSegmentTally,
  content: createContentTally,
  trigger: createTriggerTally,
};
