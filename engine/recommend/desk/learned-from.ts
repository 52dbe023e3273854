/** What a long job has learned from, and what of it was odd: told with every answer, so that a poor model has its reason. */
import { basketProductsMax, purchasersMax } from "../../limits-of-recommending.ts";
import type { GatheredInteractions } from "../interactions/gather-interactions.ts";
import { degreesOf } from "../interactions/interaction-matrix.ts";
import { countCustomers } from "../models/popularity.ts";
import type { Range } from "./range-of-catalogue.ts";

export interface LearnedFrom {
  readonly events: number;
  readonly customers: number;
  /** That anybody had to do with. */
  readonly products: number;
  /** Left out as no people. */
  readonly programs: number;
  readonly purchases: number;
  /** Bought by somebody and sent back: no preference. */
  readonly returned: number;
  /** Customers with more products than are learned from one. */
  readonly largeCustomers: number;
  /** Products of more customers than a product's neighbours are found by. */
  readonly crowdedProducts: number;
  /** Products of the catalogue. */
  readonly catalogue: number;
  /** Products that the catalogue does not have: learned from, and never shown. */
  readonly unknownProducts: number;
}

export function learnedFrom(gathered: GatheredInteractions, range: Range): LearnedFrom {
  const { events, customers, products, programs, bought, all, returned } = gathered;
  const known = range.known(products);
  const counts = countCustomers(all);
  return {
    events,
    customers,
    products: counts.filter((count) => count > 0).length,
    programs,
    purchases: bought.entries.length,
    returned,
    largeCustomers: degreesOf(all).filter((count) => count > basketProductsMax).length,
    crowdedProducts: counts.filter((count) => count > purchasersMax).length,
    catalogue: range.size,
    unknownProducts: counts.filter((count, product) => count > 0 && known[product] === 0).length,
  };
}
