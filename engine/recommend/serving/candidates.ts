/**
 * The products that a basis finds, best first: neighbours of products of the moment or of the person, or an order of the
 * range as it is. What may be shown of them is the strip's business.
 */
import type { Instant } from "../../model/ids.ts";
import type { ProductReason } from "../../model/product-reason.ts";
import type { RecommendationBasis } from "../../model/recommendation.ts";
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { LearnedModel } from "../models/learned-model.ts";
import type { Dealings } from "./dealings.ts";
import type { LiveTogether } from "./live-together.ts";
import { NeighbourSums } from "./neighbour-sums.ts";
import type { Shelves } from "./shelves.ts";

/** Products by place, from 0 on, best first; good until others are asked for. */
export interface Candidates {
  readonly length: number;
  number(place: number): number;
  /** Above 0. */
  score(place: number): number;
  why(place: number): ProductReason;
  /** What the person has, or had to do with, is none of them. */
  readonly onlyNew: boolean;
}

/** By what the candidates of one strip are found. */
export interface Moment {
  readonly seeds: readonly number[];
  readonly dealings: Dealings;
  readonly at: Instant;
}

export interface Shop {
  readonly catalogue: Catalogue;
  model: LearnedModel | undefined;
  /** What goes together since the model was learned. */
  readonly live: LiveTogether | undefined;
}

/** A visit is over when nothing has been looked at for so long. */
const SESSION_MS = 30 * 60_000;

export function createCandidates(shop: Shop, shelves: Shelves) {
  const { catalogue } = shop;
  const sums = new NeighbourSums();

  function neighbours(basis: RecommendationBasis, onlyNew: boolean): Candidates {
    sums.finish();
    return {
      length: sums.length,
      number: (place) => sums.number(place),
      score: (place) => sums.score(place),
      why(place) {
        const { via, customers } = sums.strongest(sums.number(place));
        const beside = { id: catalogue.idOf(via) ?? "", title: catalogue.product(via)?.title ?? {} };
        return { basis, with: beside, ...(basis === "bought together" && customers > 0 && { customers }) };
      },
      onlyNew,
    };
  }

  return {
    of(basis: RecommendationBasis, { seeds, dealings, at }: Moment): Candidates {
      const { model, live } = shop;
      switch (basis) {
        case "bought together":
        case "viewed together": {
          const kind = basis === "bought together" ? "bought" : "viewed";
          sums.begin(catalogue.size);
          for (const seed of seeds) {
            sums.addTable(model?.[kind], seed, 1);
            sums.addLive(live?.[kind], seed, 1);
          }
          return neighbours(basis, false);
        }
        case "similar to history":
          sums.begin(catalogue.size);
          for (const [order, number] of dealings.inTime().entries())
            sums.addTable(model?.similar, number, 1 / (1 + order / 4));
          return neighbours(basis, true);
        case "for this session": {
          sums.begin(catalogue.size);
          const session = dealings.viewed.filter((viewed) => viewed.at > at - SESSION_MS);
          for (const [order, { number }] of session.entries()) {
            const weight = 1 / (1 + order);
            sums.addTable(model?.viewed, number, weight);
            sums.addTable(model?.similar, number, weight);
            sums.addLive(live?.viewed, number, weight);
          }
          return neighbours(basis, true);
        }
        case "popular":
          return inOrder(shelves.popular, (place) => ({ basis: place < shelves.bought ? basis : "in the range" }));
        case "trending":
          return inOrder(shelves.trending, () => ({ basis }));
        case "new":
          return inOrder(shelves.newest, () => ({ basis }));
        case "recently viewed":
          return inOrder(
            dealings.viewed.map(({ number }) => number),
            () => ({ basis }),
          );
        case "in the cart":
          return inOrder(dealings.cart.numbers, () => ({ basis }));
        case "same category": {
          const [seed] = seeds;
          const category = seed === undefined ? undefined : catalogue.product(seed)?.categories.at(-1);
          return inOrder(category === undefined ? [] : shelves.ofCategory(category), () => ({ basis }));
        }
      }
    },
  };
}

function inOrder(numbers: ArrayLike<number>, why: (place: number) => ProductReason): Candidates {
  return {
    length: numbers.length,
    number: (place) => numbers[place] as number,
    score: (place) => 1 / (1 + place),
    why,
    onlyNew: false,
  };
}
