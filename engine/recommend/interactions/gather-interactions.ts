/**
 * From events, person after person, to who had to do with what: purchases, carts and views, each of its own weight, what is
 * long ago of less, what was sent back of none. Programs and those who cannot be people are left out and counted. Products
 * are numbered as they come; ids that no catalogue knows are learned from all the same.
 */
import type { Event, Json, JsonObject } from "../../model/event.ts";
import type { Instant } from "../../model/ids.ts";
import { isFromProgram, isTooFast } from "./bots.ts";
import type { InteractionMatrix } from "./interaction-matrix.ts";
import { buildMatrix, inSharedMemory } from "./interaction-matrix.ts";

export const LEARNED_EVENTS = ["product_viewed", "product_added", "order_completed", "order_refunded"] as const;
/** What one purchase is worth is 1. */
const VIEW_WEIGHT = 0.2;
const CART_WEIGHT = 0.5;
/** After so long an interaction counts half. Counted from the newest of all: of a past brought in, all would count nothing. */
const HALF_LIFE_MS = 90 * 86_400_000;
/** "Of late", for what is in demand. */
const RECENT_MS = 7 * 86_400_000;

export type LearnedEvent = Pick<Event, "name" | "timestamp" | "fields" | "body">;

export interface GatheredInteractions {
  readonly customers: number;
  /** Left out, as programs or as too fast to be people. */
  readonly programs: number;
  readonly products: readonly string[];
  /** Customers by products: purchases, each once; views, each once; all of them weighed. */
  readonly bought: InteractionMatrix;
  readonly viewed: InteractionMatrix;
  readonly all: InteractionMatrix;
  /** By product: weight of the last week, and of everything before, a week. */
  readonly recent: Float32Array;
  readonly before: Float32Array;
  readonly events: number;
  /** Products that somebody has sent back all of, each once a customer. */
  readonly returned: number;
}

interface Entry {
  readonly product: number;
  readonly at: Instant;
  /** Below 0: given back. */
  readonly weight: number;
  readonly kind: "view" | "cart" | "purchase";
}

class Columns {
  readonly customerOf: number[] = [];
  readonly productOf: number[] = [];
  readonly weightOf: number[] = [];

  add(customer: number, product: number, weight: number): void {
    this.customerOf.push(customer);
    this.productOf.push(product);
    this.weightOf.push(weight);
  }

  /** @param times what all weights are multiplied by; absent, the matrix has no weights */
  matrix(customers: number, products: number, times?: number): InteractionMatrix {
    const [customerOf, productOf] = [Uint32Array.from(this.customerOf), Uint32Array.from(this.productOf)];
    const weightOf = times === undefined ? undefined : Float32Array.from(this.weightOf, (weight) => weight * times);
    return buildMatrix({ customers, products, customerOf, productOf, weightOf }, inSharedMemory);
  }
}

export class InteractionGatherer {
  /** As of when interactions are old. */
  readonly #at: Instant;
  readonly #numbers = new Map<string, number>();
  readonly #ids: string[] = [];
  readonly #bought = new Columns();
  readonly #viewed = new Columns();
  readonly #all = new Columns();
  readonly #recent: number[] = [];
  readonly #before: number[] = [];
  #oldest = Number.POSITIVE_INFINITY;
  #newest = 0;
  #customers = 0;
  #programs = 0;
  #events = 0;
  #returned = 0;

  constructor(at: Instant) {
    this.#at = at;
  }

  /**
   * All events of one person, whatever they are about.
   * @returns false when nothing is learned from them: no products, or no person
   */
  addPerson(events: Iterable<LearnedEvent>): boolean {
    const entries: Entry[] = [];
    let isBot = false;
    for (const event of events) {
      this.#events += 1;
      isBot ||= isFromProgram(event.body);
      entries.push(...this.#entriesOf(event));
    }
    if (entries.length === 0) return false;
    if (isBot || isTooFast(entries.flatMap(({ kind, at }) => (kind === "view" ? [at] : [])))) {
      this.#programs += 1;
      return false;
    }
    this.#addEntries(this.#customers, entries);
    this.#customers += 1;
    return true;
  }

  /** The number that a product has, or gets. */
  productNumber(id: string): number {
    return this.#numberFor(id) as number;
  }

  finish(): GatheredInteractions {
    const [customers, products] = [this.#customers, this.#ids.length];
    const weeksBefore = Math.max(1, (this.#at - RECENT_MS - this.#oldest) / RECENT_MS);
    return {
      customers,
      programs: this.#programs,
      products: this.#ids,
      bought: this.#bought.matrix(customers, products),
      viewed: this.#viewed.matrix(customers, products),
      all: this.#all.matrix(customers, products, 1 / this.#worthAt(this.#newest)),
      recent: Float32Array.from(this.#ids, (_, product) => this.#recent[product] ?? 0),
      before: Float32Array.from(this.#ids, (_, product) => (this.#before[product] ?? 0) / weeksBefore),
      events: this.#events,
      returned: this.#returned,
    };
  }

  #addEntries(customer: number, entries: readonly Entry[]): void {
    const owned = new Map<number, number>();
    for (const { product, kind, weight } of entries)
      if (kind === "purchase") owned.set(product, (owned.get(product) ?? 0) + weight);
    for (const kept of owned.values()) if (kept <= 0) this.#returned += 1;
    for (const { product, kind, weight, at } of entries) {
      if (weight <= 0) continue;
      // What was bought and sent back was looked at for nothing.
      const isReturned = owned.has(product) && (owned.get(product) as number) <= 0;
      if (isReturned) continue;
      this.#all.add(customer, product, weight * this.#worthAt(at));
      if (kind === "purchase") this.#bought.add(customer, product, 1);
      if (kind === "view") this.#viewed.add(customer, product, 1);
      const sums = this.#at - at <= RECENT_MS ? this.#recent : this.#before;
      sums[product] = (sums[product] ?? 0) + weight;
      if (at < this.#oldest) this.#oldest = at;
      if (at > this.#newest) this.#newest = at;
    }
  }

  /** Of what happened then: 1 of now, half of that after each half-life. */
  #worthAt(then: Instant): number {
    return 0.5 ** (Math.max(0, this.#at - then) / HALF_LIFE_MS);
  }

  #entriesOf({ name, fields, timestamp: at }: LearnedEvent): readonly Entry[] {
    switch (name as string) {
      case "product_viewed":
        return this.#single(fields, { at, weight: VIEW_WEIGHT, kind: "view" });
      case "product_added":
        return this.#single(fields, { at, weight: CART_WEIGHT, kind: "cart" });
      case "order_completed":
      case "order_refunded": {
        const isBack = name === ("order_refunded" as string);
        return productsIn(fields).flatMap(({ id, quantity }) => {
          const product = this.#numberFor(id);
          const weight = isBack || quantity < 0 ? -1 : 1;
          return product === undefined ? [] : [{ product, at, weight, kind: "purchase" as const }];
        });
      }
      default:
        return [];
    }
  }

  #single(fields: JsonObject, rest: Omit<Entry, "product">): readonly Entry[] {
    const product = this.#numberFor(idIn(fields));
    return product === undefined ? [] : [{ product, ...rest }];
  }

  #numberFor(id: string | undefined): number | undefined {
    if (id === undefined) return undefined;
    const known = this.#numbers.get(id);
    if (known !== undefined) return known;
    this.#numbers.set(id, this.#ids.length);
    return this.#ids.push(id) - 1;
  }
}

/** As the Segment specification names a product, and as receipts do. */
export function idIn(fields: JsonObject): string | undefined {
  const id = fields["product_id"] ?? fields["productId"] ?? fields["sku"] ?? fields["id"];
  return typeof id === "string" && id !== "" ? id : typeof id === "number" ? String(id) : undefined;
}

export function productsIn(fields: JsonObject): readonly { readonly id: string; readonly quantity: number }[] {
  const products = fields["products"];
  if (!Array.isArray(products)) return [];
  return (products as readonly Json[]).flatMap((product) => {
    if (typeof product !== "object" || product === null || Array.isArray(product)) return [];
    const object = product as JsonObject;
    const id = idIn(object);
    const quantity = object["quantity"];
    return id === undefined ? [] : [{ id, quantity: typeof quantity === "number" ? quantity : 1 }];
  });
}
