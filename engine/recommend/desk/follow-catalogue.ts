/**
 * The catalogue of one node as it follows the line that all nodes share in the store. A change is put there first and takes
 * hold here, as at every node, when it is read back: so all have the same, in the same order, whoever said what. One thing is
 * under way at a time: putting, or looking for what others have put.
 *
 * The line keeps the last of each key, and a product has three: itself, its stock, whether it is hidden. Each sets its part
 * whole, and a product put later sets all three, so that what is read from the beginning comes to the same as what was
 * followed change by change.
 */
import { productChangesMax, productChangesReadMax } from "../../limits-of-recommending.ts";
import type { ChangeLine, KeyedChange, Products } from "../../store/port.ts";
import type { UpTo } from "../catalogue/catalogue-file.ts";
import { readChange, writtenChange } from "../catalogue/catalogue-file.ts";
import type { Catalogue, ChangeOutcome, ProductChange } from "../catalogue/catalogue.ts";

export interface CatalogueFollower {
  /** Reads what is new. Rejects with StoreUnavailable, having taken what it could. */
  look(): Promise<void>;
  /** In force at this node, and durable for all, when it resolves. Rejects with StoreUnavailable: repeat the same. */
  apply(changes: readonly ProductChange[]): Promise<readonly ChangeOutcome[]>;
}

export interface FollowerOptions {
  readonly products: Pick<Products, "put" | "since">;
  readonly catalogue: Catalogue;
  /** What this node's copy holds already. */
  readonly upTo: UpTo | undefined;
  /** Changes that were applied, and how far the line is followed with them. */
  readonly onChanges: (changes: readonly ProductChange[], upTo: UpTo) => void;
  readonly onNote: (note: string) => void;
}

export function createCatalogueFollower({
  products,
  catalogue,
  upTo,
  onChanges,
  onNote,
}: FollowerOptions): CatalogueFollower {
  /** Products that this node has and may have to tell the store of, with their last number; 0: the store never said. */
  const numbers = new Map<string, number>();
  for (const { id } of catalogue.all()) numbers.set(id, upTo?.number ?? 0);
  let followed: UpTo = upTo ?? { line: "", number: 0 };
  let underWay: Promise<unknown> = Promise.resolve();

  function inTurn<T>(task: () => Promise<T>): Promise<T> {
    const done = underWay.then(task);
    underWay = done.catch(() => undefined);
    return done;
  }

  async function follow(): Promise<void> {
    for (;;) {
      const found = await products.since(followed.number, productChangesReadMax);
      const { line = followed.line, last } = found;
      if (followed.line !== line && followed.line !== "") {
        await begin(line);
        continue;
      }
      if (last < followed.number) {
        onNote("recommendations: the store has lost changes of products, and is told of them again");
        const lost = [...numbers].flatMap(([id, number]) => (number > last ? [id] : []));
        followed = { line, number: last };
        await put(lost.map(standing));
        continue;
      }
      take(found, line);
      if (found.changes.length < productChangesReadMax) return;
    }
  }

  /** Another store, or one that was emptied: it says what it knows, and is then told what only this node knows. */
  async function begin(line: string): Promise<void> {
    numbers.forEach((_, id) => numbers.set(id, 0));
    followed = { line, number: 0 };
    await follow();
    await tellUnknown();
  }

  async function tellUnknown(): Promise<void> {
    const unknown = [...numbers].flatMap(([id, number]) => (number === 0 ? [id] : []));
    if (unknown.length === 0) return;
    await put(unknown.map(standing));
    await follow();
  }

  function take({ changes: stored }: ChangeLine, line: string): void {
    const lastRead = stored.at(-1);
    if (lastRead === undefined) return;
    const changes = stored.flatMap(({ bytes }) => readChange(Buffer.from(bytes).toString("utf8")) ?? []);
    // What a later version of this program has written is nothing to this one.
    if (changes.length < stored.length)
      onNote(`recommendations: ${stored.length - changes.length} changes of products in the store cannot be read`);
    const full = changes.filter((change) => catalogue.apply(change) === "catalogue is full").length;
    if (full > 0) onNote(`recommendations: this node has no room for ${full} products of the catalogue`);
    for (const { key, number } of stored) numbers.set(key.slice(KEY_BYTES), number);
    followed = { line, number: lastRead.number };
    onChanges(changes, followed);
  }

  /** A product as this node has it. */
  function standing(id: string): ProductChange {
    const number = catalogue.numberOf(id);
    const product = number === undefined ? undefined : catalogue.product(number);
    return product === undefined ? { is: "removed", id } : { is: "put", product };
  }

  async function put(changes: readonly ProductChange[]): Promise<void> {
    for (let from = 0; from < changes.length; from += productChangesMax)
      await products.put(changes.slice(from, from + productChangesMax).map(keyed));
  }

  return {
    look: () =>
      inTurn(async () => {
        await follow();
        await tellUnknown();
      }),
    apply: (changes) =>
      inTurn(async () => {
        await follow();
        const outcomes = judge(changes, catalogue);
        await put(changes.filter((_, at) => outcomes[at] === "changed"));
        await follow();
        return outcomes;
      }),
  };
}

const KEY_OF: Readonly<Record<ProductChange["is"], string>> = { put: "p:", removed: "p:", stock: "s:", hidden: "h:" };
const KEY_BYTES = 2;

function keyed(change: ProductChange): KeyedChange {
  const id = change.is === "put" ? change.product.id : change.id;
  return { key: `${KEY_OF[change.is]}${id}`, bytes: Buffer.from(JSON.stringify(writtenChange(change))) };
}

/** What each will come to, one after the other, with nothing applied yet. */
function judge(changes: readonly ProductChange[], catalogue: Catalogue): readonly ChangeOutcome[] {
  const isThere = new Map<string, boolean>();
  const fresh = new Set<string>();
  const known = (id: string): boolean => {
    const number = catalogue.numberOf(id);
    return isThere.get(id) ?? (number !== undefined && catalogue.product(number) !== undefined);
  };
  return changes.map((change): ChangeOutcome => {
    if (change.is !== "put") {
      if (!known(change.id)) return "unknown product";
      if (change.is === "removed") isThere.set(change.id, false);
      return "changed";
    }
    const { id } = change.product;
    const needsNumber = catalogue.numberOf(id) === undefined && !fresh.has(id);
    if (needsNumber && catalogue.size + fresh.size >= catalogue.shown.length) return "catalogue is full";
    if (needsNumber) fresh.add(id);
    isThere.set(id, true);
    return "changed";
  });
}
