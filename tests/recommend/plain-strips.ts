/**
 * Which products a strip has, by the letter of docs/recommendations.md: every product of the range is looked at as JSON, by
 * the interpreter of conditions, with sorts and lists made anew. The oracle beside which serving is held.
 */
import type { RecommendationSource } from "../../engine/language/recommendations/checked-recommendation.ts";
import { factsAtHand } from "../../engine/language/plan/interpret.ts";
import type { PlanSource } from "../../engine/language/port.ts";
import type { JsonObject } from "../../engine/model/event.ts";
import type { EventAtHand, ProfileView } from "../../engine/model/plan.ts";
import type { ProductReason } from "../../engine/model/product-reason.ts";
import type { RecommendationBasis } from "../../engine/model/recommendation.ts";
import type { Product } from "../../engine/recommend/catalogue/product.ts";
import { isInStock } from "../../engine/recommend/catalogue/product.ts";
import type { LearnedModel } from "../../engine/recommend/models/learned-model.ts";
import type { NeighbourTable } from "../../engine/recommend/models/neighbour-table.ts";
import { NO_PRODUCT } from "../../engine/recommend/models/neighbour-table.ts";

export interface PlainShop {
  readonly source: PlanSource;
  /** By number, ids as `p0`, `p1` ... */
  readonly products: readonly Product[];
  readonly model: LearnedModel;
  /** How often two numbers came together since. */
  readonly live: (kind: "viewed" | "bought", product: number, other: number) => number;
}

export interface Dealing {
  readonly kind: "viewed" | "added" | "removed" | "bought";
  readonly product: number;
  readonly at: number;
}

interface Scored {
  readonly number: number;
  readonly score: number;
  readonly why: ProductReason;
}

const DAY_MS = 86_400_000;

export function plainStrip(
  shop: PlainShop,
  rule: RecommendationSource,
  person: { readonly dealings: readonly Dealing[]; readonly view: ProfileView; readonly at: number },
  event: EventAtHand | undefined,
): { readonly seed: string | undefined; readonly products: readonly { readonly id: string; why: ProductReason }[] } {
  const { source, products } = shop;
  const { dealings, view, at } = person;
  /** Each once, the latest first. */
  const latest = (...kinds: readonly Dealing["kind"][]): readonly Dealing[] =>
    kinds
      .flatMap((kind) => dealings.filter((dealing) => dealing.kind === kind).toSorted((a, b) => b.at - a.at))
      .toSorted((a, b) => b.at - a.at)
      .filter(({ product }, place, all) => all.findIndex((other) => other.product === product) === place);
  const when = (kind: Dealing["kind"], number: number): number | undefined =>
    latest(kind).find(({ product }) => product === number)?.at;
  const cart = latest("added").filter(
    (added) => !["removed", "bought"].some((kind) => (when(kind as "removed", added.product) ?? -1) >= added.at),
  );
  const isHistory = (number: number): boolean =>
    when("bought", number) !== undefined || when("viewed", number) !== undefined || inCart(number);
  const inCart = (number: number): boolean => cart.some(({ product }) => product === number);
  const named = (event?.fields["products"] ?? []) as readonly JsonObject[];
  const atHand = [event?.fields["product_id"], ...named.map(({ product_id: id }) => id)]
    .map((id) => products.findIndex((product) => product.id === id))
    .filter((number, place, all) => number >= 0 && all.indexOf(number) === place);
  const seedsBy = {
    "product at hand": atHand,
    cart: cart.map(({ product }) => product),
    "last viewed": latest("viewed").flatMap(({ product }, place) => (place === 0 ? [product] : [])),
  };
  const seeds =
    rule.seed === null
      ? (Object.values(seedsBy).find((numbers) => numbers.length > 0) ?? [])
      : (seedsBy[rule.seed] ?? []);
  const seed = products[seeds[0] ?? -1];

  const factsOf = (number: number) => {
    const days = (instant: number | undefined) => (instant === undefined ? null : (at - instant) / DAY_MS);
    const fields: JsonObject = {
      product: jsonOf(products[number] as Product),
      seed: seed === undefined ? null : jsonOf(seed),
      bought_days_ago: days(when("bought", number)),
      viewed_days_ago: days(when("viewed", number)),
      in_cart: inCart(number),
    };
    return factsAtHand(source, view, { at, fields });
  };
  const allows = (number: number): boolean => {
    const facts = factsOf(number);
    // What is asked beside an amount of the seed is not asked where the seed has none.
    const parts = rule.only?.kind === "all" ? rule.only.parts : rule.only === null ? [] : [rule.only];
    const isFreed = (part: unknown): boolean =>
      (["price", "was"] as const).some(
        (word) => JSON.stringify(part).includes(`["seed","${word}"]`) && !((seed?.[word] ?? 0) > 0),
      );
    return (
      parts.every((part) => isFreed(part) || facts.holds(part)) && !(rule.exclude !== null && facts.holds(rule.exclude))
    );
  };
  const boost = (number: number): number =>
    rule.boostWhen.reduce(
      (factor, holds, at) => (factsOf(number).holds(holds) ? factor * (rule.boosts[at] ?? 1) : factor),
      1,
    );

  const strip: { readonly number: number; readonly why: ProductReason }[] = [];
  const mayCome = (number: number): boolean => {
    const product = products[number] as Product;
    const [category] = product.categories;
    const sameCategory = strip.filter((each) => products[each.number]?.categories[0] === category).length;
    const isSeed = !["recently viewed", "in the cart"].includes(rule.basis) && seeds.includes(number);
    return (
      !product.hidden &&
      isInStock(product) &&
      !isSeed &&
      strip.every((each) => each.number !== number) &&
      (rule.perCategory === null || category === undefined || sameCategory < rule.perCategory)
    );
  };
  const add = (number: number, why: ProductReason): void => {
    if (strip.length < rule.number && mayCome(number)) strip.push({ number, why });
  };
  const found = (basis: RecommendationBasis): readonly Scored[] =>
    candidates(basis, shop, { seeds, cart: seedsBy.cart, latest, at }).filter(
      ({ number }) =>
        allows(number) && !(["similar to history", "for this session"].includes(basis) && isHistory(number)),
    );

  for (const id of rule.pins) {
    const number = products.findIndex((product) => product.id === id);
    if (number >= 0 && allows(number)) add(number, { basis: "pinned" });
  }
  for (const basis of [rule.basis, ...rule.otherwise])
    found(basis)
      .filter(({ number }) => mayCome(number))
      .map((each) => ({ ...each, score: Math.fround(each.score * boost(each.number)) }))
      .toSorted((a, b) => (rule.boosts.length === 0 ? 0 : b.score - a.score || a.number - b.number))
      .forEach(({ number, why }) => add(number, why));
  return { seed: seed?.id, products: strip.map(({ number, why }) => ({ id: `p${number}`, why })) };
}

function candidates(
  basis: RecommendationBasis,
  { products, model, live }: PlainShop,
  person: {
    readonly seeds: readonly number[];
    readonly cart: readonly number[];
    readonly latest: (...kinds: readonly Dealing["kind"][]) => readonly Dealing[];
    readonly at: number;
  },
): readonly Scored[] {
  const inOrder = (numbers: readonly number[], why: (place: number) => ProductReason = () => ({ basis })) =>
    numbers.map((number, place) => ({ number, score: 1 / (1 + place), why: why(place) }));
  const all = products.map((_, number) => number);
  const popular = [...new Set([...model.popular, ...all])];
  const added = (number: number): number => products[number]?.added ?? 0;
  switch (basis) {
    case "bought together":
    case "viewed together": {
      const kind = basis === "bought together" ? "bought" : "viewed";
      return summed(
        person.seeds.flatMap((seed) => [rowOf(model[kind], seed), rowOfLive(live, kind, seed, products.length)]),
        products,
        { basis, counts: kind === "bought" ? model.bought : undefined },
      );
    }
    case "similar to history":
      return summed(
        person
          .latest("bought", "added", "viewed")
          .map(({ product }, order) => rowOf(model.similar, product, 1 / (1 + order / 4))),
        products,
        { basis },
      );
    case "for this session":
      return summed(
        person
          .latest("viewed")
          .filter((viewed) => viewed.at > person.at - 30 * 60_000)
          .flatMap(({ product }, order) => [
            rowOf(model.viewed, product, 1 / (1 + order)),
            rowOf(model.similar, product, 1 / (1 + order)),
            rowOfLive(live, "viewed", product, products.length, 1 / (1 + order)),
          ]),
        products,
        { basis },
      );
    case "popular":
      return inOrder(popular, (place) => ({ basis: place < model.popular.length ? basis : "in the range" }));
    case "trending":
      return inOrder([...model.trending]);
    case "new":
      return inOrder(
        all.filter((number) => products[number]?.added !== undefined).toSorted((a, b) => added(b) - added(a) || a - b),
      );
    case "recently viewed":
      return inOrder(person.latest("viewed").map(({ product }) => product));
    case "in the cart":
      return inOrder(person.cart);
    case "same category": {
      const category = products[person.seeds[0] ?? -1]?.categories.at(-1);
      return inOrder(
        popular.filter((number) => category !== undefined && products[number]?.categories.includes(category)),
      );
    }
  }
}

interface Row {
  readonly via: number;
  /** By number. */
  readonly scores: ReadonlyMap<number, number>;
}

function rowOf({ width, neighbours, similarities }: NeighbourTable, via: number, weight = 1): Row {
  const scores = new Map<number, number>();
  for (let at = via * width; at < (via + 1) * width && neighbours[at] !== NO_PRODUCT; at += 1)
    scores.set(neighbours[at] as number, weight * (similarities[at] as number));
  return { via, scores };
}

function rowOfLive(live: PlainShop["live"], kind: "viewed" | "bought", via: number, products: number, weight = 1): Row {
  const counts = Array.from({ length: products }, (_, other) => [other, live(kind, via, other)] as const);
  return { via, scores: new Map(counts.flatMap(([other, n]) => (n > 0 ? [[other, weight * (n / (n + 20))]] : []))) };
}

function summed(
  rows: readonly Row[],
  products: readonly Product[],
  { basis, counts }: { readonly basis: RecommendationBasis; readonly counts?: NeighbourTable | undefined },
): readonly Scored[] {
  return products
    .flatMap((_, number): readonly Scored[] => {
      const with_ = rows.flatMap(({ via, scores }) =>
        scores.has(number) ? [{ via, score: scores.get(number) ?? 0 }] : [],
      );
      const score = with_.reduce((sum, each) => Math.fround(sum + each.score), 0);
      const most = Math.max(...with_.map((each) => each.score));
      const via = with_.find((each) => each.score === most)?.via;
      if (via === undefined) return [];
      const place = counts?.neighbours.subarray(via * counts.width, (via + 1) * counts.width).indexOf(number) ?? -1;
      const customers = place < 0 ? 0 : (counts?.counts?.[via * (counts.width ?? 0) + place] ?? 0);
      const product = products[via] as Product;
      const beside = { id: product.id, title: product.title };
      return [{ number, score, why: { basis, with: beside, ...(customers > 0 && { customers }) } }];
    })
    .toSorted((a, b) => b.score - a.score || a.number - b.number);
}

/** A product in the words of conditions. */
function jsonOf(product: Product): JsonObject {
  const { price, was, stock } = product;
  const stores = typeof stock === "object" ? Object.entries(stock) : [];
  return {
    id: product.id,
    brand: product.brand ?? null,
    category: product.categories[0] ?? null,
    categories: product.categories,
    price: price === undefined ? null : price / 10_000,
    was: was === undefined ? null : was / 10_000,
    on_sale: was !== undefined && price !== undefined && was > price,
    margin: product.margin ?? null,
    stock:
      typeof stock === "number" ? stock : stock === undefined ? null : stores.reduce((sum, [, each]) => sum + each, 0),
    stores: stores.flatMap(([store, pieces]) => (pieces > 0 ? [store] : [])),
    added: product.added ?? null,
    attributes: product.attributes,
  };
}
