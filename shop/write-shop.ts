/** The example shop as files: pages in two languages, pictures, and what its backend in the engine knows of both. */
import { CUSTOMERS, LANGUAGES, PRODUCTS } from "./catalogue.ts";
import type { Product } from "./catalogue.ts";
import { renderPages } from "./pages.ts";
import { ICON, drawProduct, drawScenes } from "./pictures.ts";

/** @returns contents by path below dist/shop/; the styles and the scripts come from elsewhere */
export function writeShop(): Readonly<Record<string, string>> {
  const palettes = Object.fromEntries(PRODUCTS.map(({ id, palette }) => [id, palette]));
  const pictures = [
    ...PRODUCTS.map(({ id, drawing, palette }) => [id, drawProduct(drawing, palette)] as const),
    ...Object.entries(drawScenes(palettes)),
  ];
  const products = PRODUCTS.map(({ id, category, name, price }) => ({ id, category, name: name.en, price }));
  return {
    ...Object.fromEntries(pictures.map(([name, svg]) => [`pictures/${name}.svg`, svg])),
    "icon.svg": ICON,
    ...renderPages(),
    "products.json": JSON.stringify(PRODUCTS.map(catalogued)),
    "shop.json": JSON.stringify({ customers: CUSTOMERS, products }),
  };
}

/** As the engine's catalogue takes products in: what recommendations are made of. */
function catalogued({ id, category, name, price, was }: Product): object {
  return {
    id,
    title: name,
    price,
    ...(was !== undefined && { was }),
    currency: "EUR",
    categories: [category],
    stock: { online: 40, "paris-marais": 6, "lyon-1": 4 },
    image: `/shop/pictures/${id}.svg`,
    link: Object.fromEntries(LANGUAGES.map((language) => [language, `/shop/${language}/p/${id}/`])),
  };
}
