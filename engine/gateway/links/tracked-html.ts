/**
 * An e-mail whose opening and whose links are counted: its links lead through the data plane, and a picture of one point
 * stands at its end. Only for who has consented to that (`tracking` of consent.yaml); the caller has asked. Works on what the
 * renderer gives: markup with attributes in double quotes, escaped. Links to the data plane itself, by which one unsubscribes
 * and says what one wants, are left alone. Pure.
 */

import { escapeMarkup } from "./markup.ts";

/** Ways of one message; see message-links.ts. */
export interface MessageTracking {
  readonly open: string;
  /** undefined: the link is left as it is. */
  readonly click: (to: string) => string | undefined;
  /** Beginning of the data plane's own addresses. */
  readonly own: string;
}

const LINK = /(<a\b[^<>]*?\shref=")(https?:\/\/[^"<>]*)(")/gi;
const END = /<\/body\s*>/i;

export function withTracking(html: string, { open, click, own }: MessageTracking): string {
  const linked = html.replace(LINK, (whole, before: string, href: string, after: string) => {
    const to = unescapeMarkup(href);
    const through = to.startsWith(`${own}/`) ? undefined : click(to);
    return through === undefined ? whole : `${before}${escapeMarkup(through)}${after}`;
  });
  const picture = `<img src="${escapeMarkup(open)}" width="1" height="1" alt="" style="display:block;border:0">`;
  return END.test(linked) ? linked.replace(END, (end) => `${picture}${end}`) : linked + picture;
}

const NAMED: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** Of what renderers write; any other reference stays as it is. */
function unescapeMarkup(text: string): string {
  return text.replace(/&(?:#(\d{1,6})|#x([\da-f]{1,5})|(amp|lt|gt|quot|apos));/gi, (whole, decimal, hex, name) => {
    if (name !== undefined) return NAMED[String(name).toLowerCase()] ?? whole;
    const code = decimal !== undefined ? Number(decimal) : Number.parseInt(String(hex), 16);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
