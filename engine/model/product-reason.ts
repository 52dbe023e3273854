/**
 * Why a product is in a strip: by which basis, beside which product, by how many customers. A decision carries it as values,
 * so that a page can say it in its own words; ours are English and French, and English where neither is asked for. Pure.
 */
import type { RecommendationBasis } from "./recommendation.ts";
import { wordIn } from "./words-by-language.ts";

export interface ProductReason {
  /** `pinned`: the rule names it; `in the range`: nothing is known of it but that the shop has it. */
  readonly basis: RecommendationBasis | "pinned" | "in the range";
  /** The product that has led to it. */
  readonly with?: { readonly id: string; readonly title: Readonly<Record<string, string>> };
  /** So many have bought both. */
  readonly customers?: number;
}

type Say = (title: string, customers: number) => string;

const ENGLISH: Readonly<Record<ProductReason["basis"], Say>> = {
  "bought together": (title, customers) =>
    `bought with ${title}${customers === 0 ? "" : ` by ${customers} ${customers === 1 ? "customer" : "customers"}`}`,
  "viewed together": (title) => `looked at with ${title}`,
  "similar to history": (title) => `goes with ${title}, bought or looked at before`,
  "for this session": (title) => `goes with ${title}, looked at in this visit`,
  popular: () => "bought by many",
  trending: () => "in demand of late",
  "recently viewed": () => "looked at lately",
  new: () => "new in the range",
  "same category": () => "of the same category",
  "in the cart": () => "in the cart",
  pinned: () => "pinned by the rule",
  "in the range": () => "in the range",
};

const FRENCH: typeof ENGLISH = {
  "bought together": (title, customers) =>
    `acheté avec ${title}${customers === 0 ? "" : ` par ${customers} ${customers === 1 ? "client" : "clients"}`}`,
  "viewed together": (title) => `regardé avec ${title}`,
  "similar to history": (title) => `va avec ${title}, déjà acheté ou regardé`,
  "for this session": (title) => `va avec ${title}, regardé pendant cette visite`,
  popular: () => "souvent acheté",
  trending: () => "très demandé en ce moment",
  "recently viewed": () => "regardé récemment",
  new: () => "nouveau dans la gamme",
  "same category": () => "du même rayon",
  "in the cart": () => "dans le panier",
  pinned: () => "choisi par la règle",
  "in the range": () => "dans la gamme",
};

/** @param language as pages name theirs, such as `fr-BE` */
export function sayReason(why: ProductReason, language: string): string {
  const { basis, with: other, customers = 0 } = why;
  const title = other === undefined ? "" : (wordIn(other.title, language) ?? other.id);
  return (/^fr\b/i.test(language) ? FRENCH : ENGLISH)[basis](title, customers);
}
