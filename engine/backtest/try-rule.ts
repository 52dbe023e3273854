/**
 * What a rule would have done: the people of a history live through their events again, one after the other, under a plan
 * that holds this rule alone. Nothing is sent and nothing changes. One person is in memory at a time.
 */
import { eventsIn, type History } from "../history/port.ts";
import { triedPeopleMax } from "../limits.ts";
import type { Instant, ProfileId } from "../model/ids.ts";
import type { Plan } from "../model/plan.ts";
import { decodeEventToFold } from "../model/record-codec.ts";
import { type Flip, PersonInTime } from "./person-in-time.ts";

export interface TriedRule {
  readonly name: string;
  readonly kind: "segment" | "content";
  /** Holds this rule and what it rests on. */
  readonly plan: Plan;
  /** Those that can change anything about it. */
  readonly events: readonly string[];
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
      readonly kind: "content";
      /** What each of the people would be shown at `until`, most first. */
      readonly shows: readonly { readonly show: string; readonly people: number }[];
    });

const DAY_MS = 86_400_000;

/** Rejects with HistoryUnavailable. */
export async function tryRule(
  history: Pick<History, "countEvents" | "events">,
  rule: TriedRule,
  span: TrySpan,
  onProgress: (progress: TryProgress) => void,
): Promise<TryReport> {
  const { plan } = rule;
  const judge = rule.kind === "segment" ? createSegmentTally(rule, span) : createContentTally(rule, span);
  const eventsAll = await history.countEvents(rule.events);
  let events = 0;
  let people = 0;
  let read = 0;
  let person: PersonInTime | undefined;
  let looked = false;

  function begin(id: ProfileId): void {
    people += 1;
    looked = false;
    person = new PersonInTime(plan, id, (segment, entered, at) => {
      if (looked) judge.flip(segment, entered, at);
    });
  }

  function look(of: PersonInTime): void {
    if (looked) return;
    of.look(span.since);
    looked = true;
    judge.begin(of);
  }

  function end(): void {
    if (person === undefined) return;
    look(person);
    person.passUntil(span.until);
    judge.end(person);
  }

  for await (const block of history.events({ names: rule.events })) {
    for (const { person: id, record: bytes } of eventsIn(block)) {
      read += 1;
      const event = decodeEventToFold(bytes);
      // What happens later than anybody asks about has not happened yet.
      if (event === undefined || event.timestamp > span.until) continue;
      if (person?.profile.id !== id) {
        end();
        begin(id);
      }
      events += 1;
      if (person === undefined) continue;
      if (event.timestamp <= span.since) person.remember(event);
      else {
        look(person);
        person.happen(event);
      }
    }
    onProgress({ events: read, eventsAll, people });
  }
  end();
  return judge.report({ rule: rule.name, ...span, events, people });
}

interface Tally {
  /** A person as of `since`. */
  begin(person: PersonInTime): void;
  readonly flip: Flip;
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
  const last: { readonly id: ProfileId; readonly at: Instant }[] = [];

  return {
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
      if (last.length === triedPeopleMax && (last.at(-1)?.at ?? 0) >= enteredAt) return;
      const place = last.findIndex(({ at }) => at < enteredAt);
      last.splice(place < 0 ? last.length : place, 0, { id: profile.id, at: enteredAt });
      if (last.length > triedPeopleMax) last.pop();
    },
    report: (totals) => {
      let inside = insideBefore;
      const days = counts.map((day, index) => {
        inside += day.entered - day.left;
        return { day: new Date((firstDay + index) * DAY_MS).toISOString().slice(0, 10), ...day, inside };
      });
      const some = last.map(({ id }) => id);
      return { kind: "segment", ...totals, insideBefore, insideNow, entered, left, days, some };
    },
  };
}

function createContentTally({ name, plan }: TriedRule, { until }: TrySpan): Tally {
  const shows = new Map<string, number>();
  return {
    begin: () => undefined,
    flip: () => undefined,
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
