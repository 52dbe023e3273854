/**
 * Recommendations as a plan has them, and as a decision carries them. A plan says by which bases products are found and what
 * must hold of each; which products that are is the recommend room's, which has the catalogue and what was learned.
 */
import type { Instant } from "./ids.ts";
import type { EventAtHand, FieldType, FieldValue, ProfileView } from "./plan.ts";
import type { ProductReason } from "./product-reason.ts";

export const RECOMMENDATION_BASES = [
  "bought together",
  "viewed together",
  "similar to history",
  "for this session",
  "popular",
  "trending",
  "recently viewed",
  "new",
  "same category",
  "in the cart",
] as const;

export type RecommendationBasis = (typeof RECOMMENDATION_BASES)[number];

/** Which product of the moment others are found by. */
export const RECOMMENDATION_SEEDS = ["product at hand", "cart", "last viewed"] as const;
export type RecommendationSeed = (typeof RECOMMENDATION_SEEDS)[number];

export interface RecommendationDefinition {
  readonly name: string;
  readonly basis: RecommendationBasis;
  /** null: the first of them that there is. */
  readonly seed: RecommendationSeed | null;
  /** How many products at most. */
  readonly number: number;
  /** At most so many of one category; null: any. */
  readonly perCategory: number | null;
  /** By what places are filled that the basis leaves empty, in this order. */
  readonly otherwise: readonly RecommendationBasis[];
  /** Ids of products that stand first. */
  readonly pins: readonly string[];
  /** By what each boost multiplies. */
  readonly boosts: readonly number[];
}

/** A product that a person had to do with, and when last. */
export interface ProductMoment {
  readonly id: string;
  readonly at: Instant;
}

/** What is kept of a person's dealings with products, the latest first; a product as often as it was dealt with. */
export interface PersonProducts {
  readonly viewed: readonly ProductMoment[];
  readonly added: readonly ProductMoment[];
  /** Taken out of the cart again. */
  readonly removed: readonly ProductMoment[];
  readonly bought: readonly ProductMoment[];
}

/** What conditions read of every product; besides these, attributes that the brand declares: `attributes.colour`. */
export const PRODUCT_WORDS = {
  id: "text",
  brand: "text",
  category: "text",
  categories: "list",
  price: "money",
  was: "money",
  on_sale: "boolean",
  margin: "percentage",
  stock: "number",
  stores: "list",
  added: "instant",
} as const satisfies Readonly<Record<string, FieldType>>;

/** A word of a product: `price`, or `attributes.colour`. */
export interface ProductWord {
  readonly name: string;
  readonly type: FieldType;
}

/** The values of one word by the products' numbers; what is unknown is NaN among numbers, and else undefined. */
export interface ProductColumn {
  readonly values: Float64Array | readonly (FieldValue | undefined)[];
}

/** What conditions on products read beside the profile, by numbers of products, for one person at one instant. */
export interface ProductsAtHand {
  /** One for each of a set's words. */
  readonly columns: readonly ProductColumn[];
  /** The product that others are found by; -1: none. */
  readonly seed: number;
  /** NaN: never. */
  readonly boughtAt: Float64Array;
  readonly viewedAt: Float64Array;
  /** 1: in the cart. */
  readonly inCart: Uint8Array;
}

/** Judges products by their numbers, for one person at one instant; good until the next is asked for. */
export interface ProductJudge {
  /** Whether it may be shown. */
  allows(product: number): boolean;
  /** What its score is multiplied by. */
  boost(product: number): number;
}

export interface RecommendationSet {
  readonly all: readonly RecommendationDefinition[];
  /** What the conditions of all of them read of products. */
  readonly words: readonly ProductWord[];
  products(view: ProfileView, at: Instant): PersonProducts;
  /** @param recommendation index into `all` */
  judge(
    recommendation: number,
    person: { readonly view: ProfileView; readonly at: Instant },
    hand: ProductsAtHand,
  ): ProductJudge;
}

/** Products of one recommendation, best first. */
export interface ChosenProducts {
  /** Id of the product that they were found by, where there is one. */
  readonly seed: string | undefined;
  readonly products: readonly RecommendedProduct[];
}

/** Finds the products of one recommendation for one person at one instant; none where there are none to show. */
export type ChooseProducts = (
  set: RecommendationSet,
  recommendation: number,
  moment: { readonly view: ProfileView; readonly at: Instant; readonly event: EventAtHand | undefined },
) => ChosenProducts;

/** A product as a decision carries it. */
export interface RecommendedProduct {
  readonly id: string;
  /** By language; "" for those that are in none in particular. */
  readonly title: Readonly<Record<string, string>>;
  /** Integers of 1/10,000. */
  readonly price?: number;
  readonly was?: number;
  readonly currency?: string;
  readonly brand?: string;
  readonly image?: string;
  readonly link?: Readonly<Record<string, string>>;
  /** Why it is there, in English: "bought with Court trainers by 132 customers". */
  readonly reason: string;
  readonly why: ProductReason;
}
