/**
 * The products of one strip for one person at one instant: pinned ones first, then by the rule's basis, then by those that
 * stand in for it, until the strip is full. A product is shown only if it may be (in stock, not hidden), if the rule's
 * conditions allow it, and if its category has not had its share. A pure function of profile, event, instant, catalogue and
 * model: asked again it says the same.
 */
import { candidatesMax } from "../../limits-of-recommending.ts";
import type { Json, JsonObject } from "../../model/event.ts";
import type { Instant } from "../../model/ids.ts";
import type { EventAtHand } from "../../model/plan.ts";
import type { ProductReason } from "../../model/product-reason.ts";
import type {
  ChooseProducts,
  PersonProducts,
  RecommendationBasis,
  RecommendationDefinition,
  RecommendationSeed,
  RecommendedProduct,
} from "../../model/recommendation.ts";
import type { Catalogue } from "../catalogue/catalogue.ts";
import { productFields, shownProduct } from "../catalogue/product-fields.ts";
import type { LearnedModel } from "../models/learned-model.ts";
import { TopProducts } from "../models/top-products.ts";
import type { LiveTogether } from "./live-together.ts";
import { NeighbourSums } from "./neighbour-sums.ts";
import { Shelves } from "./shelves.ts";

const DAY_MS = 86_400_000;

export interface Shop {
  readonly catalogue: Catalogue;
  model: LearnedModel | undefined;
  /** What goes together since the model was learned. */
  readonly live: LiveTogether | undefined;
}

export function createChooser(shop: Shop): ChooseProducts {
  const shelves = new Shelves();
  const sums = new NeighbourSums();
  const best = new TopProducts(candidatesMax);
  return (set, recommendation, { view, at, event }) => {
    const rule = set.all[recommendation];
    if (rule === undefined) throw new RangeError(`there is no recommendation ${recommendation}`);
    shelves.refresh(shop.catalogue, shop.model, at);
    const strip = new Strip(shop.catalogue, rule, set.products(view, at), { event, at });
    const judge = set.judge(recommendation, view, at);
    for (const id of rule.pins) {
      if (strip.isFull) break;
      const number = shop.catalogue.numberOf(id);
      if (number !== undefined && strip.mayHave(number) && judge.allows(strip.fieldsOf(number)))
        strip.add(number, { basis: "pinned" });
    }
    for (const basis of [rule.basis, ...rule.otherwise]) {
      if (strip.isFull) break;
      const candidates = candidatesOf(basis, strip, { shop, shelves, sums });
      best.clear();
      const reasons = new Map<number, () => ProductReason>();
      let looked = 0;
      for (const { number, score, why } of candidates) {
        if (looked >= candidatesMax || strip.isFull) break;
        if (!strip.mayHave(number)) continue;
        looked += 1;
        const fields = strip.fieldsOf(number);
        if (!judge.allows(fields)) continue;
        // Nothing moves them: they come best first as they are.
        if (rule.boosts.length === 0) {
          strip.add(number, why());
          continue;
        }
        best.offer(number, score * judge.boost(fields));
        reasons.set(number, why);
      }
      best.sort();
      for (let place = 0; place < best.length && !strip.isFull; place += 1) {
        const number = best.products[place] as number;
        if (strip.mayHave(number)) strip.add(number, reasons.get(number)?.() ?? { basis });
      }
    }
    return { seed: strip.seeds[0] === undefined ? undefined : strip.idOf(strip.seeds[0]), products: strip.products };
  };
}

interface Candidate {
  readonly number: number;
  /** Above 0. */
  readonly score: number;
  readonly why: () => ProductReason;
}

interface Sources {
  readonly shop: Shop;
  readonly shelves: Shelves;
  readonly sums: NeighbourSums;
}

function candidatesOf(basis: RecommendationBasis, strip: Strip, sources: Sources): Iterable<Candidate> {
  const { shop, shelves, sums } = sources;
  const { model, live } = shop;
  const { viewed, added, bought } = strip.person;
  const beside = (via: number, customers = 0): ProductReason => ({
    basis,
    with: { id: strip.idOf(via), title: shop.catalogue.product(via)?.title ?? {} },
    ...(customers > 0 && { customers }),
  });
  switch (basis) {
    case "bought together":
      sums.begin(shop.catalogue.size);
      for (const seed of strip.seeds) {
        sums.addTable(model?.bought, seed, 1);
        sums.addLive(live?.bought, seed, 1);
      }
      return sums.candidates(beside);
    case "viewed together":
      sums.begin(shop.catalogue.size);
      for (const seed of strip.seeds) {
        sums.addTable(model?.viewed, seed, 1);
        sums.addLive(live?.viewed, seed, 1);
      }
      return sums.candidates((via) => beside(via));
    case "similar to history":
      sums.begin(shop.catalogue.size);
      strip.eachOf([...bought, ...added, ...viewed], (number, order) =>
        sums.addTable(model?.similar, number, 1 / (1 + order / 4)),
      );
      return withoutHistory(sums, strip, (via) => beside(via));
    case "for this session": {
      sums.begin(shop.catalogue.size);
      const session = viewed.filter(({ at }) => at > strip.at - SESSION_MS);
      strip.eachOf(session, (number, order) => {
        sums.addTable(model?.viewed, number, 1 / (1 + order));
        sums.addTable(model?.similar, number, 1 / (1 + order));
        sums.addLive(live?.viewed, number, 1 / (1 + order));
      });
      return withoutHistory(sums, strip, (via) => beside(via));
    }
    case "popular":
      return inOrder(shelves.popular, (place) => ({ basis: place < shelves.bought ? basis : "in the range" }));
    case "trending":
      return inOrder(shelves.trending, () => ({ basis }));
    case "new":
      return inOrder(shelves.newest, () => ({ basis }));
    case "recently viewed":
      return inOrder(strip.numbersOf(viewed), () => ({ basis }));
    case "same category": {
      const [seed] = strip.seeds;
      const category = seed === undefined ? undefined : shop.catalogue.product(seed)?.categories.at(-1);
      return category === undefined ? [] : inOrder(shelves.ofCategory(category), () => ({ basis }));
    }
  }
}

/** A visit is over when nothing has been looked at for so long. */
const SESSION_MS = 30 * 60_000;

function* withoutHistory(sums: NeighbourSums, strip: Strip, say: (via: number) => ProductReason): Iterable<Candidate> {
  for (const candidate of sums.candidates(say)) if (!strip.isHistory(candidate.number)) yield candidate;
}

function* inOrder(numbers: readonly number[], whyAt: (place: number) => ProductReason): Iterable<Candidate> {
  for (let place = 0; place < numbers.length; place += 1)
    yield { number: numbers[place] as number, score: 1 / (1 + place), why: () => whyAt(place) };
}

/** A strip in the making. */
class Strip {
  readonly products: RecommendedProduct[] = [];
  readonly person: PersonProducts;
  readonly at: Instant;
  /** Numbers of the products that others are found by. */
  readonly seeds: readonly number[];
  readonly #catalogue: Catalogue;
  readonly #rule: RecommendationDefinition;
  readonly #taken = new Set<number>();
  readonly #categories = new Map<string, number>();
  readonly #seedFields: Json;
  readonly #boughtAt = new Map<number, Instant>();
  readonly #viewedAt = new Map<number, Instant>();
  readonly #inCart = new Set<number>();

  constructor(
    catalogue: Catalogue,
    rule: RecommendationDefinition,
    person: PersonProducts,
    { event, at }: { readonly event: EventAtHand | undefined; readonly at: Instant },
  ) {
    this.#catalogue = catalogue;
    this.#rule = rule;
    this.person = person;
    this.at = at;
    this.eachMoment(person.bought, (number, when) => this.#boughtAt.set(number, when));
    this.eachMoment(person.viewed, (number, when) => this.#viewedAt.set(number, when));
    const removedAt = new Map<number, Instant>();
    this.eachMoment(person.removed, (number, when) => removedAt.set(number, when));
    this.eachMoment(person.added, (number, when) => {
      const endedAt = Math.max(this.#boughtAt.get(number) ?? -Infinity, removedAt.get(number) ?? -Infinity);
      if (endedAt < when) this.#inCart.add(number);
    });
    this.seeds = this.#findSeeds(rule.seed, event);
    // What is looked at is not to be recommended beside itself.
    if (rule.basis !== "recently viewed") for (const seed of this.seeds) this.#taken.add(seed);
    const first = this.seeds[0] === undefined ? undefined : catalogue.product(this.seeds[0]);
    this.#seedFields = first === undefined ? null : productFields(first);
  }

  get isFull(): boolean {
    return this.products.length >= this.#rule.number;
  }

  mayHave(number: number): boolean {
    if (!this.#catalogue.isShown(number) || this.#taken.has(number)) return false;
    const most = this.#rule.perCategory;
    const category = most === null ? undefined : this.#catalogue.product(number)?.categories[0];
    return most === null || category === undefined || (this.#categories.get(category) ?? 0) < most;
  }

  add(number: number, why: ProductReason): void {
    const product = this.#catalogue.product(number);
    if (product === undefined) return;
    this.#taken.add(number);
    const [category] = product.categories;
    if (category !== undefined) this.#categories.set(category, (this.#categories.get(category) ?? 0) + 1);
    this.products.push(shownProduct(product, why));
  }

  fieldsOf(number: number): JsonObject {
    const product = this.#catalogue.product(number);
    const boughtAt = this.#boughtAt.get(number);
    const viewedAt = this.#viewedAt.get(number);
    return {
      product: product === undefined ? null : this.#catalogue.fieldsOf(number, productFields),
      seed: this.#seedFields,
      bought_days_ago: boughtAt === undefined ? null : (this.at - boughtAt) / DAY_MS,
      viewed_days_ago: viewedAt === undefined ? null : (this.at - viewedAt) / DAY_MS,
      in_cart: this.#inCart.has(number),
    };
  }

  isHistory(number: number): boolean {
    return this.#boughtAt.has(number) || this.#viewedAt.has(number) || this.#inCart.has(number);
  }

  idOf(number: number): string {
    return this.#catalogue.idOf(number) ?? "";
  }

  numbersOf(moments: PersonProducts["viewed"]): number[] {
    return moments.flatMap(({ id }) => this.#catalogue.numberOf(id) ?? []);
  }

  eachMoment(moments: PersonProducts["viewed"], see: (number: number, at: Instant) => void): void {
    for (const { id, at } of moments) {
      const number = this.#catalogue.numberOf(id);
      if (number !== undefined) see(number, at);
    }
  }

  /** Each product once, the latest first. */
  eachOf(moments: PersonProducts["viewed"], see: (number: number, order: number) => void): void {
    const inTime = moments.toSorted((a, b) => b.at - a.at);
    [...new Set(this.numbersOf(inTime))].forEach(see);
  }

  #findSeeds(seed: RecommendationSeed | null, event: EventAtHand | undefined): readonly number[] {
    const found: Readonly<Record<RecommendationSeed, () => readonly number[]>> = {
      "product at hand": () => {
        const id = event?.fields["product_id"];
        const number = typeof id === "string" ? this.#catalogue.numberOf(id) : undefined;
        return number === undefined ? [] : [number];
      },
      cart: () => [...this.#inCart],
      "last viewed": () => this.numbersOf(this.person.viewed).slice(0, 1),
    };
    if (seed !== null) return found[seed]();
    for (const each of ["product at hand", "cart", "last viewed"] as const) {
      const numbers = found[each]();
      if (numbers.length > 0) return numbers;
    }
    return [];
  }
}
