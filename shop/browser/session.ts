/** What every part of the shop's script needs: the language of the page, its words, prices, and the shop's own backend. */
import type { Language } from "../catalogue.ts";
import { WORDS, formatPrice } from "../words.ts";

export const language = (document.documentElement.lang === "fr" ? "fr" : "en") satisfies Language;
export const words = WORDS[language];

export function priceText(amount: number): string {
  return formatPrice(language, amount);
}

export function countText(count: number): string {
  return new Intl.NumberFormat(language).format(count);
}

/** Address of a page of the shop in the page's language. */
export function pageAddress(path: string): string {
  return `/shop/${language}/${path}`;
}

/** A question to the shop's own server. @throws Error where it refuses or cannot be reached */
export async function ask<Answer>(path: string, question: unknown): Promise<Answer> {
  const response = await fetch(`/shop/api/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(question),
  });
  const answer = (await response.json()) as Answer & { readonly problem?: { readonly message: string } };
  if (!response.ok) throw new Error(answer.problem?.message ?? String(response.status));
  return answer;
}
