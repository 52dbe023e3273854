/** A word that is there in several languages. Pure. */

/**
 * In the language, else without its country, else in none in particular, else in any.
 * @param texts by language in small letters; "" for one that is in none in particular
 */
export function wordIn(texts: Readonly<Record<string, string>>, language: string): string | undefined {
  const lower = language.toLowerCase();
  return texts[lower] ?? texts[lower.split("-")[0] ?? lower] ?? texts[""] ?? Object.values(texts)[0];
}
