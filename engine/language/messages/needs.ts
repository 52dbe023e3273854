/**
 * What a message needs: values that it shows and that no `{{#if}}` around them has asked for. Where one is not known the
 * sentence would have a hole; such a message is not sent, and its outcome names the field.
 */
import { PRODUCTS } from "../recommendations/product-values.ts";
import { isOfEvent, SHOWN_PREFIX } from "../templates/event-shown.ts";
import type { ParsedMarkup, TemplateNode } from "../templates/handlebars-tree.ts";

export interface Need {
  readonly field: string;
  /** Conditions under which it is shown at all. */
  readonly when: readonly { readonly name: string; readonly holds: boolean }[];
}

/** Of a template in one language. @param word what stands for `{{t.KEY}}`; undefined: nothing */
export function needsOf(
  nodes: readonly TemplateNode[],
  word: (key: string) => ParsedMarkup | undefined,
): readonly Need[] {
  return needsIn(withWords(nodes, word));
}

function withWords(
  nodes: readonly TemplateNode[],
  word: (key: string) => ParsedMarkup | undefined,
): readonly TemplateNode[] {
  return nodes.flatMap((node): readonly TemplateNode[] => {
    if (node.is === "value" && node.name.startsWith("t.")) return word(node.name.slice(2))?.nodes ?? [];
    if (node.is !== "block") return [node];
    return [{ ...node, parts: withWords(node.parts, word), otherwise: withWords(node.otherwise, word) }];
  });
}

/** Words and links are always there. */
function isField(name: string): boolean {
  return name !== "this" && (isOfEvent(name) || !name.includes("."));
}

function needsIn(nodes: readonly TemplateNode[]): readonly Need[] {
  const needs = new Map<string, Need>();
  const visit = (parts: readonly TemplateNode[], when: Need["when"]): void => {
    for (const node of parts) {
      if (node.is === "value" && isField(node.name)) {
        const isAsked = when.some(({ name, holds }) => holds && name === node.name);
        if (!isAsked) needs.set(JSON.stringify([node.name, when]), { field: node.name, when });
      }
      // What a product lacks is left out of its place; a block of no products shows nothing.
      if (node.is !== "block" || (node.kind === "each" && node.name === PRODUCTS)) continue;
      const holds = node.kind !== "unless";
      visit(node.parts, [...when, { name: node.name, holds }]);
      visit(node.otherwise, [...when, { name: node.name, holds: !holds }]);
    }
  };
  visit(nodes, []);
  return [...needs.values()];
}

/** The first field that is needed and not known. */
export function firstLacking(needs: readonly Need[], values: Readonly<Record<string, unknown>>): string | undefined {
  for (const { field, when } of needs) {
    if (valueOf(values, field) !== undefined) continue;
    if (when.every(({ name, holds }) => isTrue(valueOf(values, name)) === holds)) return field;
  }
  return undefined;
}

/** Of the profile, or, behind `event.`, of the event that set the message off. */
export function valueOf(values: Readonly<Record<string, unknown>>, name: string): unknown {
  if (!isOfEvent(name)) return values[name];
  const event = values["event"] as Readonly<Record<string, unknown>> | undefined;
  return event?.[name.slice(SHOWN_PREFIX.length)];
}

/** As Handlebars' `if` sees it. */
function isTrue(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}
