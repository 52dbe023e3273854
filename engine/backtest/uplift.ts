/**
 * What holdouts have kept people from is worth: of everybody who came to a holdout, those who were held out beside those who
 * were not, by what they did afterwards, wherever they did it. History is read once, person by person.
 *
 * People are compared by the group that they were drawn into, whatever became of it (by intention to treat), each from the
 * first time that they came to the holdout, which is told of both groups by the same rule. Somebody who was several
 * profiles is in the group of the one that is left; that the others may have been in the other one makes the difference
 * smaller than it is, never larger, and is counted.
 */
import { eventsIn, type History } from "../history/port.ts";
import { isHeldOut } from "../model/holdout.ts";
import type { JsonObject } from "../model/event.ts";
import type { Instant, ProfileId } from "../model/ids.ts";
import { DAY_MS } from "../model/local-time.ts";
import { RETURN_EVENT, SALE_EVENT } from "../model/receipt.ts";
import { decodeEventToFold, decodeRecord } from "../model/record-codec.ts";
import { type Difference, differenceOfMeans, differenceOfShares, splitChance } from "./uplift-figures.ts";

export interface UpliftQuestion {
  /** What counts as success. */
  readonly event: string;
  /** A property of it that is an amount, as a path: `total`, `cart.total`. */
  readonly value: string;
  /** How long after they came to the holdout: who came later than that before `at` is not counted yet. */
  readonly withinMs: number;
  /** Only who came to it from then on; undefined: everybody. */
  readonly since: Instant | undefined;
  readonly at: Instant;
  /** By what a rule reaches people, of those of which it is known: `trigger NAME`, `content NAME` -> `email`, `till`. */
  readonly channels?: Readonly<Record<string, string>>;
}

/** What is asked where nothing else is said: orders, of the shop and of the tills, and what they come to, less refunds. */
export const UPLIFT = { event: "order_completed", value: "total", withinMs: 30 * DAY_MS } as const;

export interface UpliftGroup {
  readonly people: number;
  /** Of these, who had the event. */
  readonly converted: number;
  /** Sum of its amounts, less what was paid back. */
  readonly value: number;
}

export interface HoldoutUplift extends GroupsUplift {
  readonly holdout: string;
  /** By which its people were drawn; more than one where the rule has changed. */
  readonly percents: readonly number[];
  /** What it keeps people from: `trigger NAME`, `content NAME`. */
  readonly of: readonly string[];
  /** The same of those who came to it first by this rule, and by a rule of this channel; most people first. */
  readonly rules: readonly (GroupsUplift & { readonly by: string; readonly channel?: string })[];
  readonly channels: readonly (GroupsUplift & { readonly channel: string })[];
}

export interface GroupsUplift {
  readonly treated: UpliftGroup;
  readonly heldOut: UpliftGroup;
  /** Treated less held out, in shares of 1; absent where a group has nobody. */
  readonly conversion?: Difference;
  /** The same of the amount of each person; absent where a group is small. */
  readonly value?: Difference;
  /** Came to it too late to be counted yet. */
  readonly pending: number;
  /** Were in both groups, as several profiles or as the rule has changed. */
  readonly both: number;
  /** How likely groups of these sizes are by chance. */
  readonly splitChance: number;
}

export interface Uplift extends UpliftQuestion {
  /** The event whose amounts are taken off: what was paid back within the same time. */
  readonly less: string | undefined;
  /** In the order of names. */
  readonly holdouts: readonly HoldoutUplift[];
}

/** Rejects with HistoryUnavailable. */
export async function upliftOf(history: Pick<History, "events">, question: UpliftQuestion): Promise<Uplift> {
  const tallies = new Map<string, HoldoutTally>();
  const path = question.value.split(".");
  const less = question.event === SALE_EVENT ? RETURN_EVENT : undefined;
  let id: ProfileId | undefined;
  let person = new PersonMeets();
  const end = (): void => {
    if (id !== undefined) person.settle(id, question, tallies);
    person = new PersonMeets();
  };
  for await (const block of history.events({
    names: [question.event, ...(less === undefined ? [] : [less])],
    exposures: true,
  }))
    for (const { person: next, record } of eventsIn(block)) {
      if (next !== id) end();
      id = next;
      const event = decodeEventToFold(record);
      if (event !== undefined) {
        const amount = amountOf(event.fields, path);
        if (event.name === less) person.gaveBack(event.timestamp, Math.abs(amount));
        else person.did(event.timestamp, amount);
      } else {
        const exposed = decodeRecord(record);
        if (exposed.kind === "exposed") person.met(exposed);
      }
    }
  end();
  const { channels = {}, ...asked } = question;
  const holdouts = [...tallies].sort(([a], [b]) => (a < b ? -1 : 1)).map(([holdout, of]) => of.told(holdout, channels));
  return { ...asked, less, holdouts };
}

function amountOf(fields: JsonObject, path: readonly string[]): number {
  let value: unknown = fields;
  for (const name of path) value = typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
  const amount = typeof value === "string" && value !== "" ? Number(value) : value;
  return typeof amount === "number" && Number.isFinite(amount) ? amount : 0;
}

interface Meeting {
  readonly at: Instant;
  readonly percent: number;
  readonly heldOut: boolean;
  readonly by: string;
}

/** One person: what they came to and what they did, in whatever order. */
class PersonMeets {
  readonly #meetings = new Map<string, Meeting[]>();
  readonly #deeds: { readonly at: Instant; readonly amount: number }[] = [];
  readonly #returns: { readonly at: Instant; readonly amount: number }[] = [];

  met({ holdout, ...meeting }: Meeting & { readonly holdout: string }): void {
    const known = this.#meetings.get(holdout);
    if (known === undefined) this.#meetings.set(holdout, [meeting]);
    else known.push(meeting);
  }

  did(at: Instant, amount: number): void {
    this.#deeds.push({ at, amount });
  }

  gaveBack(at: Instant, amount: number): void {
    this.#returns.push({ at, amount });
  }

  settle(id: ProfileId, { withinMs, since, at }: UpliftQuestion, tallies: Map<string, HoldoutTally>): void {
    for (const [holdout, meetings] of this.#meetings) {
      const first = meetings.reduce((earliest, each) => (each.at < earliest.at ? each : earliest));
      if (since !== undefined && first.at < since) continue;
      const tally = tallies.get(holdout) ?? new HoldoutTally();
      tallies.set(holdout, tally);
      if (first.at + withinMs > at) {
        tally.wait(first);
        continue;
      }
      const heldOut = isHeldOut(id, { salt: holdout, percent: first.percent });
      // What brought them there happened before: it is not what came of it.
      const counts = (deed: { readonly at: Instant }): boolean => deed.at > first.at && deed.at <= first.at + withinMs;
      const sumOf = (of: readonly { readonly at: Instant; readonly amount: number }[]): number =>
        of.filter(counts).reduce((sum, { amount }) => sum + amount, 0);
      const deeds = this.#deeds.filter(counts);
      const value = sumOf(deeds) - sumOf(this.#returns);
      tally.count({ first, heldOut, meetings, converted: deeds.length > 0, value });
    }
  }
}

interface Counted {
  readonly first: Meeting;
  readonly heldOut: boolean;
  readonly meetings: readonly Meeting[];
  readonly converted: boolean;
  readonly value: number;
}

/** One holdout in the making: as a whole, and by the rule by which each came to it first, which is drawn as the whole is. */
class HoldoutTally {
  readonly #percents = new Set<number>();
  readonly #of = new Set<string>();
  readonly #whole = new Tally();
  readonly #byRule = new Map<string, Tally>();

  wait({ by }: Meeting): void {
    this.#whole.pending += 1;
    this.#ruleOf(by).pending += 1;
  }

  count(person: Counted): void {
    this.#percents.add(person.first.percent);
    for (const { by } of person.meetings) this.#of.add(by);
    this.#whole.count(person);
    this.#ruleOf(person.first.by).count(person);
  }

  told(holdout: string, channels: Readonly<Record<string, string>>): HoldoutUplift {
    const byChannel = new Map<string, Tally>();
    for (const [by, tally] of this.#byRule) {
      const channel = channels[by];
      if (channel === undefined) continue;
      const sum = byChannel.get(channel) ?? new Tally();
      byChannel.set(channel, sum);
      sum.join(tally);
    }
    const mostFirst = ([a, one]: readonly [string, Tally], [b, other]: readonly [string, Tally]): number =>
      other.people - one.people || (a < b ? -1 : 1);
    return {
      holdout,
      percents: [...this.#percents].sort((a, b) => a - b),
      of: [...this.#of].sort(),
      ...this.#whole.told(),
      rules: [...this.#byRule].sort(mostFirst).map(([by, tally]) => {
        const channel = channels[by];
        return { by, ...(channel !== undefined && { channel }), ...tally.told() };
      }),
      channels: [...byChannel].sort(mostFirst).map(([channel, tally]) => ({ channel, ...tally.told() })),
    };
  }

  #ruleOf(by: string): Tally {
    const known = this.#byRule.get(by) ?? new Tally();
    this.#byRule.set(by, known);
    return known;
  }
}

/** Both groups in the making. */
class Tally {
  pending = 0;
  #both = 0;
  #expected = 0;
  #spread = 0;
  readonly #treated = new GroupSums();
  readonly #heldOut = new GroupSums();

  get people(): number {
    return this.#treated.people + this.#heldOut.people;
  }

  count({ first, heldOut, meetings, converted, value }: Counted): void {
    const chance = first.percent / 100;
    this.#expected += chance;
    this.#spread += chance * (1 - chance);
    if (meetings.some((each) => each.heldOut !== heldOut)) this.#both += 1;
    (heldOut ? this.#heldOut : this.#treated).add(converted, value);
  }

  join(other: Tally): void {
    this.pending += other.pending;
    this.#both += other.#both;
    this.#expected += other.#expected;
    this.#spread += other.#spread;
    this.#treated.join(other.#treated);
    this.#heldOut.join(other.#heldOut);
  }

  told(): GroupsUplift {
    const [treated, heldOut] = [this.#treated, this.#heldOut];
    const conversion = differenceOfShares(treated.converts, heldOut.converts);
    const value = differenceOfMeans(treated, heldOut);
    return {
      treated: treated.told(),
      heldOut: heldOut.told(),
      ...(conversion !== undefined && { conversion }),
      ...(value !== undefined && { value }),
      pending: this.pending,
      both: this.#both,
      splitChance: splitChance(heldOut.people, { expected: this.#expected, spread: this.#spread }),
    };
  }
}

class GroupSums {
  people = 0;
  sum = 0;
  squares = 0;
  #converted = 0;

  add(converted: boolean, value: number): void {
    this.people += 1;
    if (converted) this.#converted += 1;
    this.sum += value;
    this.squares += value * value;
  }

  join(other: GroupSums): void {
    this.people += other.people;
    this.sum += other.sum;
    this.squares += other.squares;
    this.#converted += other.#converted;
  }

  get converts(): { readonly of: number; readonly all: number } {
    return { of: this.#converted, all: this.people };
  }

  told(): UpliftGroup {
    return { people: this.people, converted: this.#converted, value: this.sum };
  }
}
