/**
 * Scores of neighbours of several products, summed, the best first. Its arrays are as long as the catalogue and are cleared
 * by what was touched, so that a strip costs its candidates and not the catalogue. Which product says most for a candidate
 * is looked up for the few that are shown.
 */
import type { NeighbourTable } from "../models/neighbour-table.ts";
import { NO_PRODUCT } from "../models/neighbour-table.ts";
import { TopProducts } from "../models/top-products.ts";
import { candidatesMax } from "../../limits-of-recommending.ts";
import type { LiveTable } from "./live-together.ts";
import { liveCountOf, liveEnd, LIVE_WIDTH } from "./live-together.ts";
import { ROOM } from "./product-set.ts";

/** Some times what a strip shows. */
const FEW = 32;

interface Source {
  readonly product: number;
  readonly weight: number;
  readonly table: NeighbourTable | undefined;
  readonly live: LiveTable | undefined;
}

export class NeighbourSums {
  #sums = new Float32Array(0);
  #touched = new Uint32Array(0);
  #count = 0;
  readonly #sources: Source[] = [];
  readonly #few = new TopProducts(FEW);
  readonly #many = new TopProducts(candidatesMax);
  #best = this.#few;

  begin(products: number): void {
    for (let at = 0; at < this.#count; at += 1) this.#sums[this.#touched[at] as number] = 0;
    this.#count = 0;
    this.#sources.length = 0;
    if (this.#sums.length >= products) return;
    this.#sums = new Float32Array(products + ROOM);
    this.#touched = new Uint32Array(products + ROOM);
  }

  addTable(table: NeighbourTable | undefined, product: number, weight: number): void {
    if (table === undefined || product >= table.products) return;
    this.#sources.push({ product, weight, table, live: undefined });
    const { width, neighbours, similarities } = table;
    const end = (product + 1) * width;
    for (let at = product * width; at < end; at += 1) {
      const other = neighbours[at] as number;
      if (other === NO_PRODUCT) return;
      this.#add(other, weight * (similarities[at] as number));
    }
  }

  /** A pair that is seen now says as much as one that was learned, once it has been seen a few times. */
  addLive(live: LiveTable | undefined, product: number, weight: number): void {
    if (live === undefined) return;
    this.#sources.push({ product, weight, table: undefined, live });
    const end = liveEnd(product);
    for (let at = end - LIVE_WIDTH; at < end; at += 1) {
      const other = live[at] ?? 0;
      if (other !== 0) this.#add(other - 1, weight * liveScore(live[at + LIVE_WIDTH] as number));
    }
  }

  #add(other: number, score: number): void {
    if (other >= this.#sums.length || !(score > 0)) return;
    const sum = this.#sums[other] as number;
    if (sum === 0) this.#touched[this.#count++] = other;
    this.#sums[other] = sum + score;
  }

  /** To be called when all is added. */
  finish(): void {
    this.#select(this.#few);
  }

  get length(): number {
    return Math.min(this.#count, candidatesMax);
  }

  /** The highest is at 0; good until the next `begin`. */
  number(place: number): number {
    // Nearly every strip is full after a few: only one that is not has the others sorted too.
    if (place >= FEW && this.#best === this.#few) this.#select(this.#many);
    return this.#best.products[place] as number;
  }

  score(place: number): number {
    return this.#best.scores[place] as number;
  }

  /** The product that says most for it, the first of several; and how many customers have both, where they were counted. */
  strongest(number: number): { readonly via: number; readonly customers: number } {
    let most = 0;
    let via = 0;
    for (const source of this.#sources) {
      const score = scoreOf(source, number);
      if (score <= most) continue;
      most = score;
      via = source.product;
    }
    const counted = this.#sources.find(({ product, table }) => product === via && table?.counts !== undefined)?.table;
    const at = counted === undefined ? -1 : placeIn(counted, via, number);
    return { via, customers: at < 0 ? 0 : (counted?.counts?.[at] ?? 0) };
  }

  #select(best: TopProducts): void {
    best.clear();
    for (let at = 0; at < this.#count; at += 1) {
      const product = this.#touched[at] as number;
      best.offer(product, this.#sums[product] as number);
    }
    best.sort();
    this.#best = best;
  }
}

function scoreOf({ product, weight, table, live }: Source, number: number): number {
  if (live !== undefined) return weight * liveScore(liveCountOf(live, product, number));
  const at = table === undefined ? -1 : placeIn(table, product, number);
  return at < 0 ? 0 : weight * (table?.similarities[at] as number);
}

function placeIn({ width, neighbours }: NeighbourTable, product: number, number: number): number {
  const end = (product + 1) * width;
  for (let at = product * width; at < end; at += 1) if (neighbours[at] === number) return at;
  return -1;
}

function liveScore(count: number): number {
  return count / (count + 20);
}
