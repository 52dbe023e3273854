/**
 * Marks that stand for Handlebars' parts and for addresses while MJML works on a template: words of letters and digits that
 * it leaves as they are. What was marked is known by its number, and put back where its mark has come to stand.
 */
import type { EmailAddress } from "./compile-emails.ts";

export interface Marks {
  /** The markup with its parts and addresses marked. @param prefix of its words: `layout.` or nothing */
  mark(markup: string, prefix: string): string;
  /** The mark of one part. */
  of(part: string): string;
  isBlock(mark: string): boolean;
  restore(text: string): string;
  readonly addresses: readonly EmailAddress[];
  /** What the marks of a source stand for, as one text. */
  state(): string;
}

const PARTS = /\{\{!--[\s\S]*?--\}\}|\{\{[^}]*\}\}/g;
/** `{{t.link}}` or a fixed address, in full. */
const ADDRESSES = /\b(href|src|background-url)="([^"]*)"/g;

export function createMarks(): Marks {
  const parts: string[] = [];
  const addresses: EmailAddress[] = [];

  function of(part: string): string {
    const known = parts.indexOf(part);
    return `vifq${known < 0 ? parts.push(part) - 1 : known}q`;
  }

  function addressMark(address: EmailAddress): string {
    const text = JSON.stringify(address);
    const known = addresses.findIndex((each) => JSON.stringify(each) === text);
    return `vifa${known < 0 ? addresses.push(address) - 1 : known}q`;
  }

  return {
    addresses,
    state: () => JSON.stringify([parts, addresses]),
    of,
    mark(markup, prefix) {
      const withAddresses = markup.replace(ADDRESSES, (found, attribute: string, address: string) => {
        const word = /^\{\{\s*t\.(\S+?)\s*\}\}$/.exec(address)?.[1];
        if (word !== undefined) return `${attribute}="${addressMark({ is: "word", key: prefix + word })}"`;
        if (address.includes("{{")) return found;
        return `${attribute}="${addressMark({ is: "text", text: address })}"`;
      });
      return withAddresses.replace(PARTS, (part) =>
        part.startsWith("{{!") ? "" : of(part.replace(/^(\{\{[^}]*?\b)t\./, `$1t.${prefix}`)),
      );
    },
    isBlock: (mark) => /^\{\{[#/]|^\{\{\s*else/.test(parts[Number(mark.slice(4, -1))] ?? ""),
    restore: (text) =>
      text
        .replace(/vifq(\d+)q/g, (_, index: string) => parts[Number(index)] ?? "")
        .replace(/vifa(\d+)q/g, "{{address.[$1]}}"),
  };
}
