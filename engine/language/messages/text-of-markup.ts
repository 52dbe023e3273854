/**
 * The text of a till's screen, for a display that shows no markup: a template's own markup with a line for each of its
 * blocks and without its tags, Handlebars' parts left as they are. Made once, of what the checker has passed. Pure.
 */

/** A tag with its quoted attributes, in which a sign of a tag may stand. */
const TAG = /<(?:"(?:\{\{[^}]*\}\}|[^"])*"|'(?:\{\{[^}]*\}\}|[^'])*'|[^>"'])*>/g;
const LINE =
  /^<(?:br|hr|\/?(?:article|aside|blockquote|dd|div|dl|dt|figcaption|figure|footer|h[1-6]|header|li|ol|p|section|ul))\b/;
const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: "\u00a0",
};

export function textOfMarkup(markup: string): string {
  return markup
    .replace(/\s*\n\s*/g, " ")
    .replace(TAG, (tag) => (LINE.test(tag) ? "\n" : ""))
    .replace(
      /&(?:#(\d{1,7})|#x([\da-f]{1,6})|(\w{1,6}));/gi,
      (whole, decimal?: string, hex?: string, name?: string) => {
        if (name !== undefined) return ENTITIES[name] ?? whole;
        const code = decimal === undefined ? Number.parseInt(hex ?? "", 16) : Number(decimal);
        // A brace would be Handlebars' own.
        const isText = code > 0x1f && code <= 0x10ffff && code !== 0x7b && code !== 0x7d;
        return isText ? String.fromCodePoint(code) : whole;
      },
    );
}
