/**
 * Who has bought how lately, how often and for how much, of all of history, and whose scores are others than those that were
 * recorded last. Sales and returns are those of the shop and of the tills, their totals exact, of all currencies together;
 * who has become one is one. History is read once, person by person; of a customer three numbers are kept.
 */
import { eventsIn, type History } from "../history/port.ts";
import { type Event, RFM_EVENT } from "../model/event.ts";
import { readTenThousandths } from "../model/field-value.ts";
import type { Instant, ProfileId } from "../model/ids.ts";
import { wantFields } from "../model/json-fields.ts";
import { RETURN_EVENT, SALE_EVENT } from "../model/receipt.ts";
import { decodeEventToFold } from "../model/record-codec.ts";
import { isScored, NO_SCORES, RFM_GROUPS, RFM_TRAIT_NAMES, type RfmScores, type RfmTrait } from "../model/rfm.ts";
import { scoresOf } from "./rfm-scores.ts";

export interface RfmChange {
  readonly profile: ProfileId;
  readonly scores: RfmScores;
}

export interface RfmTotals {
  /** With a purchase. */
  readonly customers: number;
  /** Of all groups, in their order. */
  readonly groups: readonly { readonly group: string; readonly people: number }[];
}

export interface Rfm extends RfmTotals {
  /** In no order that means anything. */
  readonly changes: Iterable<RfmChange>;
}

/**
 * Rejects with HistoryUnavailable.
 * @param traits that are to be recorded: who differs in another one only has not changed
 */
export async function rfmOf(history: Pick<History, "events">, traits: readonly RfmTrait[]): Promise<Rfm> {
  const people = new Customers();
  const past = { names: [SALE_EVENT, RETURN_EVENT, RFM_EVENT] };
  let id: ProfileId | undefined;
  let person = new Person();
  for await (const block of history.events(past))
    for (const { person: next, record } of eventsIn(block)) {
      if (id !== undefined && next !== id) {
        people.add(id, person);
        person = new Person();
      }
      id = next;
      const event = decodeEventToFold(record, (_type, name) => (name === RFM_EVENT ? undefined : TOTAL));
      if (event !== undefined) person.live(event);
    }
  if (id !== undefined) people.add(id, person);
  return people.told(traits);
}

const TOTAL = wantFields(["total"]);

class Person {
  count = 0;
  amount = 0;
  lastAt = Number.NEGATIVE_INFINITY;
  #scored: Pick<Event, "timestamp" | "digest" | "fields"> | undefined;

  get scored(): Readonly<Record<string, unknown>> | undefined {
    return this.#scored?.fields;
  }

  live(event: Event): void {
    const { name, timestamp, fields } = event;
    const total = readTenThousandths(fields["total"]) ?? 0;
    if (name === SALE_EVENT) {
      this.count += 1;
      this.amount += total;
      if (timestamp > this.lastAt) this.lastAt = timestamp;
    } else if (name === RETURN_EVENT) this.amount -= Math.abs(total);
    else if (isScored(event) && (this.#scored === undefined || isLater(event, this.#scored))) this.#scored = event;
  }
}

/** As attributes hold the later one; all are of one source. */
function isLater(a: Pick<Event, "timestamp" | "digest">, b: Pick<Event, "timestamp" | "digest">): boolean {
  return (a.timestamp - b.timestamp || a.digest.high - b.digest.high || a.digest.low - b.digest.low) > 0;
}

/** Those with a purchase come first, as long as they are told. */
class Customers {
  readonly #ids: ProfileId[] = [];
  readonly #lastAt: Instant[] = [];
  readonly #count: number[] = [];
  readonly #amount: number[] = [];
  /** What was recorded last, once each that is different. */
  readonly #recorded: number[] = [];
  readonly #known = new Map<string, number>();
  readonly #different: Readonly<Record<string, unknown>>[] = [];
  /** Have scores, and no purchase any more. */
  readonly #without: { readonly id: ProfileId; readonly recorded: number }[] = [];

  add(id: ProfileId, { count, amount, lastAt, scored }: Person): void {
    const recorded = this.#numberOf(scored ?? NO_SCORES);
    if (count === 0) {
      if (scored !== undefined) this.#without.push({ id, recorded });
      return;
    }
    this.#ids.push(id);
    this.#lastAt.push(lastAt);
    this.#count.push(count);
    this.#amount.push(amount);
    this.#recorded.push(recorded);
  }

  told(traits: readonly RfmTrait[]): Rfm {
    const scores = scoresOf({
      lastAt: Float64Array.from(this.#lastAt),
      count: Float64Array.from(this.#count),
      amount: Float64Array.from(this.#amount),
    });
    const inGroups = new Map<string | null, number>();
    for (let i = 0; i < this.#ids.length; i++) {
      const { group } = scores(i);
      inGroups.set(group, (inGroups.get(group) ?? 0) + 1);
    }
    return {
      customers: this.#ids.length,
      groups: RFM_GROUPS.map((group) => ({ group, people: inGroups.get(group) ?? 0 })),
      changes: this.#changes(scores, traits),
    };
  }

  *#changes(scoresOfOne: (customer: number) => RfmScores, traits: readonly RfmTrait[]): Generator<RfmChange> {
    const isChanged = (scores: RfmScores, recorded: number): boolean =>
      traits.some((trait) => (this.#different[recorded]?.[trait] ?? null) !== scores[trait]);
    for (const [i, profile] of this.#ids.entries()) {
      const scores = scoresOfOne(i);
      if (isChanged(scores, this.#recorded[i] as number)) yield { profile, scores };
    }
    for (const { id: profile, recorded } of this.#without)
      if (isChanged(NO_SCORES, recorded)) yield { profile, scores: NO_SCORES };
  }

  #numberOf(scored: Readonly<Record<string, unknown>>): number {
    const key = JSON.stringify(RFM_TRAIT_NAMES.map((trait) => scored[trait] ?? null));
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.#known.set(key, this.#different.length);
    return this.#different.push(scored) - 1;
  }
}
