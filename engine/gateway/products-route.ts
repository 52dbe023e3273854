/**
 * `POST /v1/products`: the brand's server says what has changed in its catalogue. A list of products replaces each whole; a
 * list of changes says that one is sold out, hidden or gone. What is acknowledged is in the store that all nodes share, and the next
 * decision of every worker of this node is made by it; other nodes follow within a second.
 */
import { readJson } from "./json-fault.ts";
import { busyRetryAfterMs } from "../limits.ts";
import { productChangesMax, productRequestsMax } from "../limits-of-recommending.ts";
import { StoreUnavailable } from "../model/errors.ts";
import type { Json, JsonObject } from "../model/event.ts";
import type { ChangeOutcome, ProductChange } from "../recommend/port.ts";
import { parseProduct } from "../recommend/port.ts";
import type { HttpRoutes } from "./http-routes.ts";
import { basicKey } from "./keys.ts";
import type { KeyRegistry } from "./keys.ts";
import { problemOf } from "./replies.ts";
import { isProblem } from "./wire-validators.ts";

export type ApplyProducts = (changes: readonly ProductChange[]) => Promise<readonly ChangeOutcome[]>;

export interface ProductsOptions {
  readonly keys: KeyRegistry;
  readonly apply: ApplyProducts;
}

export function addProducts(routes: HttpRoutes, { keys, apply }: ProductsOptions): void {
  let underWay = 0;
  routes.post(
    "/v1/products",
    () => undefined,
    ({ exchange, guard }, body) => {
      const access = keys.authenticate(basicKey(exchange.authorization), exchange.origin);
      if (isProblem(access)) return exchange.refuse(access);
      if (!access.trusted) return exchange.refuse(problemOf("bad_key", undefined, "A server's key is wanted here."));
      const json = readJson(body);
      if (isProblem(json)) return exchange.refuse(json);
      const { products = [], changes = [] } = (json.value ?? {}) as {
        readonly products?: Json;
        readonly changes?: Json;
      };
      if (!Array.isArray(products) || !Array.isArray(changes) || products.length + changes.length === 0)
        return exchange.refuse(
          problemOf("missing_field", "/products", "/products or /changes must be a list, and not an empty one."),
        );
      if (products.length + changes.length > productChangesMax)
        return exchange.refuse(
          problemOf("invalid_field", "/products", `One request has at most ${productChangesMax} products and changes.`),
        );
      const read = [
        ...(products as readonly Json[]).map((product, at) => readProduct(product, `/products/${at}`)),
        ...(changes as readonly Json[]).map((change, at) => readChange(change, `/changes/${at}`)),
      ];
      const sound = read.flatMap(({ change, field }) => (change === undefined ? [] : [{ change, field }]));
      const answer = (outcomes: readonly ChangeOutcome[]): void => {
        const rejected = [
          ...read.flatMap(({ change, field, reason }) => (change === undefined ? [{ field, reason }] : [])),
          ...sound.flatMap(({ field }, at) => (outcomes[at] === "changed" ? [] : [{ field, reason: outcomes[at] }])),
        ];
        const changed = outcomes.filter((outcome) => outcome === "changed").length;
        exchange.send(200, JSON.stringify({ success: true, changed, rejected }));
      };
      if (sound.length === 0) return answer([]);
      if (underWay >= productRequestsMax) return exchange.refuse(problemOf("busy"), { retryAfterMs: busyRetryAfterMs });
      underWay += 1;
      apply(sound.map(({ change }) => change))
        .finally(() => (underWay -= 1))
        .then(
          (outcomes) => guard(() => answer(outcomes)),
          (error: unknown) =>
            guard(() => {
              if (!(error instanceof StoreUnavailable)) throw error;
              exchange.refuse(problemOf("busy"), { retryAfterMs: busyRetryAfterMs });
            }),
        );
    },
  );
}

interface ReadChange {
  readonly field: string;
  readonly change?: ProductChange;
  readonly reason?: string;
}

function readProduct(json: Json, field: string): ReadChange {
  const parsed = parseProduct(json);
  if (parsed.is === "product") return { field, change: { is: "put", product: parsed.product } };
  return { field, reason: parsed.reasons.join("; ") };
}

/** `{id, stock}`, `{id, hidden}` or `{id, removed: true}`. */
function readChange(json: Json, field: string): ReadChange {
  const { id, stock, hidden, removed } = (typeof json === "object" && json !== null ? json : {}) as JsonObject;
  const wanted = "a change is {id, stock}, {id, hidden} or {id, removed: true}";
  if (typeof id !== "string" || id === "") return { field, reason: wanted };
  if (removed === true) return { field, change: { is: "removed", id } };
  if (typeof hidden === "boolean") return { field, change: { is: "hidden", id, hidden } };
  const parsed = stock === undefined ? undefined : parseProduct({ id, title: id, stock });
  if (parsed?.is !== "product") return { field, reason: parsed === undefined ? wanted : parsed.reasons.join("; ") };
  return { field, change: { is: "stock", id, stock: parsed.product.stock } };
}
