/**
 * A worker's side of recommendations: the catalogue as the node's desk tells it, the model in force, and what goes together
 * just now. Stock, models and live pairs lie in memory that all workers of the node share; a change is seen by the next
 * decision.
 */
import { Catalogue } from "../catalogue/catalogue.ts";
import type { ProductChange } from "../catalogue/catalogue.ts";
import type { LearnedModel } from "../models/learned-model.ts";
import { isFromProgram } from "../interactions/bots.ts";
import { idIn, productsIn } from "../interactions/gather-interactions.ts";
import type { Event } from "../../model/event.ts";
import { LatestEntries } from "../../model/latest-entries.ts";
import type { ChooseProducts } from "../../model/recommendation.ts";
import type { Plan } from "../../model/plan.ts";
import type { Shop } from "./candidates.ts";
import { type Chooser, createChooser } from "./choose-products.ts";
import type { LiveTogether } from "./live-together.ts";
import { countTogether } from "./live-together.ts";

/** What the desk tells every worker, in one order for all. */
export type ToFloor =
  | { readonly is: "shared"; readonly shown: Uint8Array; readonly live: LiveTogether }
  /** Ids that get the next numbers. */
  | { readonly is: "numbers"; readonly ids: readonly string[] }
  | { readonly is: "changes"; readonly changes: readonly ProductChange[] }
  | { readonly is: "model"; readonly model: LearnedModel };

export interface Floor {
  receive(message: ToFloor): void;
  /** Counts what is looked at and bought together; not by programs. */
  happened(event: Pick<Event, "name" | "fields" | "identifiers" | "timestamp" | "body">): void;
  /** The plan, deciding with products. */
  serve(plan: Plan): Plan;
}

const SESSION_MS = 30 * 60_000;
const SESSION_PRODUCTS = 5;
/** Visitors whose last products are remembered: those of some minutes. */
const SESSIONS_MAX = 10_000;

export function createFloor(): Floor {
  let shop: Shop | undefined;
  let chooser: Chooser | undefined;
  const choose: ChooseProducts = (set, recommendation, moment) =>
    chooser?.choose(set, recommendation, moment) ?? { seed: undefined, products: [] };
  const sessions = new LatestEntries<string, { at: number; readonly products: number[] }>(SESSIONS_MAX);

  function look(visitor: string, product: number, at: number): void {
    const before = sessions.get(visitor);
    const session = before !== undefined && at - before.at < SESSION_MS ? before : { at, products: [] };
    if (shop?.live !== undefined) for (const other of session.products) countTogether(shop.live.viewed, product, other);
    session.at = at;
    if (!session.products.includes(product)) session.products.push(product);
    if (session.products.length > SESSION_PRODUCTS) session.products.shift();
    sessions.set(visitor, session);
  }

  return {
    receive(message) {
      switch (message.is) {
        case "shared":
          shop = { catalogue: new Catalogue(message.shown, "follows"), model: undefined, live: message.live };
          chooser = createChooser(shop);
          return;
        case "numbers":
          for (const id of message.ids) shop?.catalogue.numberFor(id);
          return;
        case "changes":
          for (const change of message.changes) shop?.catalogue.apply(change);
          return;
        case "model":
          if (shop !== undefined) shop.model = message.model;
      }
    },
    happened({ name, fields, identifiers, timestamp, body }) {
      if (shop?.live === undefined) return;
      const { catalogue, live } = shop;
      if ((name as string) === "product_viewed") {
        const id = idIn(fields);
        const product = id === undefined ? undefined : catalogue.numberOf(id);
        const visitor = identifiers[0]?.value;
        if (product !== undefined && visitor !== undefined && !isFromProgram(body)) look(visitor, product, timestamp);
      } else if ((name as string) === "order_completed") {
        const bought = productsIn(fields).flatMap(({ id, quantity }) =>
          quantity > 0 ? (catalogue.numberOf(id) ?? []) : [],
        );
        const few = [...new Set(bought)].slice(0, 20);
        for (const [at, product] of few.entries())
          for (const other of few.slice(at + 1)) countTogether(live.bought, product, other);
      }
    },
    serve(plan) {
      if (plan.recommendations === undefined) return plan;
      chooser?.prepare(plan.recommendations);
      return {
        ...plan,
        decide: (view, at, event) => plan.decide(view, at, event, choose),
        strips: (moment) => plan.strips?.(moment, choose) ?? {},
        messageProducts: (template, moment) => plan.messageProducts?.(template, moment, choose),
      };
    },
  };
}
