/** `POST /v1/products` in OpenAPI: what a product may say of itself, and the three changes that a product knows. */
import { productChangesMax } from "../limits-of-recommending.ts";
import type { Described } from "./described-schemas.ts";

const text: Described = { type: "string" };
const amount: Described = { type: "number", minimum: 0, description: "In units of the currency, as 49.95." };
const byLanguage = (description: string): Described => ({
  description: `${description}; by language (\`{"en": ..., "fr": ...}\`) where there are several.`,
  oneOf: [text, { type: "object", additionalProperties: text }],
});
const STOCK: Described = {
  description: 'Pieces, or pieces by store: `{"lyon-1": 3}`. Without it there is always some.',
  oneOf: [{ type: "number" }, { type: "object", additionalProperties: { type: "number" } }],
};

export const PRODUCT: Described = {
  type: "object",
  required: ["id", "title"],
  additionalProperties: false,
  properties: {
    id: text,
    title: byLanguage("As it is shown"),
    price: amount,
    was: { ...amount, description: "The price before, where it is reduced." },
    currency: { ...text, pattern: "^[A-Z]{3}$" },
    category: text,
    categories: { type: "array", items: text },
    brand: text,
    image: { ...text, description: "Begins with `/` or `https://`." },
    link: byLanguage("Begins with `/` or `https://`"),
    stock: STOCK,
    hidden: { type: "boolean" },
    added: { ...text, description: "A day or a moment, as 2026-11-28." },
    margin: { type: "number", minimum: -1000, maximum: 100, description: "Percent of the price." },
    attributes: { type: "object", description: "Texts, numbers, true and false, or lists of texts, by name." },
  },
};

const id = { id: text };
const CHANGE: Described = {
  oneOf: [
    { type: "object", required: ["id", "stock"], properties: { ...id, stock: STOCK } },
    { type: "object", required: ["id", "hidden"], properties: { ...id, hidden: { type: "boolean" } } },
    { type: "object", required: ["id", "removed"], properties: { ...id, removed: { const: true } } },
  ],
};

const REPLY: Described = {
  type: "object",
  properties: {
    success: { const: true },
    changed: { type: "integer" },
    rejected: {
      type: "array",
      items: { type: "object", properties: { field: text, reason: text } },
    },
  },
};

export function productPaths(responses: Described): Described {
  const list = (items: Described): Described => ({ type: "array", maxItems: productChangesMax, items });
  const schema = { type: "object", properties: { products: list(PRODUCT), changes: list(CHANGE) } };
  return {
    "/v1/products": {
      post: {
        operationId: "products",
        summary:
          "Products that replace what is known of them, and changes of single ones; by a server's key. What is answered is in force, on other nodes within a second.",
        requestBody: { required: true, content: { "application/json": { schema } } },
        responses: {
          "200": {
            description: "How many were changed; those that were not, each with its place and the reason.",
            content: { "application/json": { schema: REPLY } },
          },
          ...responses,
        },
      },
    },
  };
}
