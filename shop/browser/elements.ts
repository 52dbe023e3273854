/** Elements made in one expression. Text is always text: nothing in the shop's scripts reads markup from a string. */

type Child = Node | string | undefined;

export function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string | undefined>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== undefined) element.setAttribute(key, value);
  element.append(...children.filter((child) => child !== undefined));
  return element;
}

export function byId(id: string): HTMLElement | null {
  return document.getElementById(id);
}

/** What a page says of a product, in the attributes of its card. */
export interface Facts {
  readonly product: string;
  readonly name: string;
  readonly category: string;
  readonly price: number;
  readonly onSale: boolean;
}

export function factsOf(element: HTMLElement): Facts {
  const { product = "", name = "", category = "", price, sale } = element.dataset;
  return { product, name, category, price: Number(price), onSale: sale === "true" };
}
