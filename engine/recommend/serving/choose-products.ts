/**
 * The products of one strip for one person at one instant: pinned ones first, then by the rule's basis, then by those that
 * stand in for it, until the strip is full. A product is shown only if it may be (in stock, not hidden), if the rule's
 * conditions allow it, and if its category has not had its share. A pure function of profile, event, instant, catalogue and
 * model: asked again it says the same. What it works with is made once and used for every strip.
 */
import { candidatesMax, historyProductsMax } from "../../limits-of-recommending.ts";
import type { EventAtHand } from "../../model/plan.ts";
import type {
  ChooseProducts,
  ProductColumn,
  RecommendationBasis,
  RecommendationSeed,
  RecommendationSet,
} from "../../model/recommendation.ts";
import { productsIn } from "../interactions/gather-interactions.ts";
import { TopProducts } from "../models/top-products.ts";
import type { Candidates, Shop } from "./candidates.ts";
import { createCandidates } from "./candidates.ts";
import { Dealings } from "./dealings.ts";
import { ROOM } from "./product-set.ts";
import { Shelves } from "./shelves.ts";
import { Strip } from "./strip.ts";

export interface Chooser {
  readonly choose: ChooseProducts;
  /** Has ready what the conditions of a set read, so that the first strip need not wait for it. */
  prepare(set: RecommendationSet): void;
}

/** Of what the customer has met: it may be what others are found by. */
const SHOWS_ITS_OWN: ReadonlySet<RecommendationBasis> = new Set(["recently viewed", "in the cart"]);

/** The product that the event is about; of an order or a receipt all that it has. */
function idsAtHand({ fields }: EventAtHand): readonly string[] {
  const id = fields["product_id"];
  if (typeof id === "string") return [id];
  return productsIn(fields)
    .slice(0, historyProductsMax)
    .flatMap((product) => (product.quantity > 0 ? [product.id] : []));
}

export function createChooser(shop: Shop): Chooser {
  const { catalogue } = shop;
  const shelves = new Shelves();
  const candidates = createCandidates(shop, shelves);
  const dealings = new Dealings();
  const strip = new Strip(catalogue);
  const best = new TopProducts(candidatesMax);
  const columnsOf = new WeakMap<RecommendationSet, readonly ProductColumn[]>();
  /** By number of a product that was offered to `best`. */
  let placeOf = new Uint32Array(0);

  function prepare(set: RecommendationSet): readonly ProductColumn[] {
    const known = columnsOf.get(set);
    if (known !== undefined) return known;
    const columns = catalogue.columns(set.words);
    columnsOf.set(set, columns);
    return columns;
  }

  /** @param allows whether a candidate may be shown, of those which the strip may have */
  function fill(found: Candidates, allows: (number: number) => boolean, boost?: (number: number) => number): void {
    best.clear();
    if (boost !== undefined && placeOf.length < catalogue.size) placeOf = new Uint32Array(catalogue.size + ROOM);
    let looked = 0;
    for (let place = 0; place < found.length && looked < candidatesMax && !strip.isFull; place += 1) {
      const number = found.number(place);
      if (!strip.mayHave(number) || (found.onlyNew && dealings.history.has(number))) continue;
      looked += 1;
      if (!allows(number)) continue;
      if (boost === undefined) {
        // Nothing moves them: they come best first as they are.
        strip.add(number, found.why(place));
        continue;
      }
      best.offer(number, found.score(place) * boost(number));
      placeOf[number] = place;
    }
    best.sort();
    for (let place = 0; place < best.length && !strip.isFull; place += 1) {
      const number = best.products[place] as number;
      if (strip.mayHave(number)) strip.add(number, found.why(placeOf[number] as number));
    }
  }

  function seedsBy(seed: RecommendationSeed, event: EventAtHand | undefined): readonly number[] {
    switch (seed) {
      case "product at hand":
        return event === undefined ? [] : [...new Set(idsAtHand(event).flatMap((id) => catalogue.numberOf(id) ?? []))];
      case "cart":
        return dealings.cart.numbers;
      case "last viewed":
        return dealings.viewed.slice(0, 1).map(({ number }) => number);
    }
  }

  function findSeeds(seed: RecommendationSeed | null, event: EventAtHand | undefined): readonly number[] {
    if (seed !== null) return seedsBy(seed, event);
    for (const each of ["product at hand", "cart", "last viewed"] as const) {
      const numbers = seedsBy(each, event);
      if (numbers.length > 0) return numbers;
    }
    return [];
  }

  return {
    prepare,
    choose(set, recommendation, { view, at, event }) {
      const rule = set.all[recommendation];
      if (rule === undefined) throw new RangeError(`there is no recommendation ${recommendation}`);
      shelves.refresh(catalogue, shop.model, at);
      dealings.begin(set.products(view, at), catalogue);
      strip.begin(rule);
      const seeds = findSeeds(rule.seed, event);
      // What is looked at is not to be recommended beside itself; but for those that show just that.
      if (!SHOWS_ITS_OWN.has(rule.basis)) for (const seed of seeds) strip.keepOut(seed);
      const [first] = seeds;
      const { boughtAt, viewedAt, cart } = dealings;
      const known = first !== undefined && catalogue.product(first) !== undefined;
      const hand = { columns: prepare(set), seed: known ? first : -1, boughtAt, viewedAt, inCart: cart.bytes };
      const judge = set.judge(recommendation, { view, at }, hand);
      for (const id of rule.pins) {
        if (strip.isFull) break;
        const number = catalogue.numberOf(id);
        if (number !== undefined && strip.mayHave(number) && judge.allows(number))
          strip.add(number, { basis: "pinned" });
      }
      const boost = rule.boosts.length === 0 ? undefined : judge.boost;
      for (const basis of [rule.basis, ...rule.otherwise]) {
        if (strip.isFull) break;
        fill(candidates.of(basis, { seeds, dealings, at }), judge.allows, boost);
      }
      return { seed: first === undefined ? undefined : catalogue.idOf(first), products: strip.products };
    },
  };
}
