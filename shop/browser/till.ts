/** The till: touch products, choose a loyalty card, take the payment, and read what the engine has answered. */
import { byId, factsOf, make } from "./elements.ts";
import type { Facts } from "./elements.ts";
import { ask, countText, language, priceText, words } from "./session.ts";

interface Answer {
  readonly tookMs: number;
  readonly receiptId: string;
  readonly points?: { readonly earned: number; readonly reversed: number; readonly balance: number };
  readonly print: readonly string[];
  readonly show: readonly string[];
  readonly flags: readonly string[];
}

const basket = new Map<string, { readonly facts: Facts; quantity: number }>();

function change(facts: Facts, by: number): void {
  // Who is rung up next does not read what the one before was told.
  if (basket.size === 0) byId("answer")?.replaceChildren();
  const line = basket.get(facts.product) ?? { facts, quantity: 0 };
  line.quantity += by;
  if (line.quantity > 0) basket.set(facts.product, line);
  else basket.delete(facts.product);
  show();
}

function total(): number {
  return [...basket.values()].reduce((sum, { facts, quantity }) => sum + facts.price * quantity, 0);
}

function payButton(): HTMLButtonElement | null {
  return document.querySelector<HTMLButtonElement>("#ring-up button[type=submit]");
}

function show(): void {
  const lines = [...basket.values()].map(({ facts, quantity }) => {
    const less = make("button", { type: "button", "aria-label": `${words.less} ${facts.name}` }, "−");
    less.addEventListener("click", () => change(facts, -1));
    return make("li", {}, less, make("span", {}, `${quantity} × ${facts.name}`), priceText(facts.price * quantity));
  });
  byId("lines")?.replaceChildren(...(lines.length > 0 ? lines : [make("li", { class: "quiet" }, words.tillEmpty)]));
  const sum = byId("sum");
  if (sum !== null) sum.textContent = priceText(total());
  const pay = payButton();
  if (pay !== null) pay.disabled = lines.length === 0;
}

async function pay(): Promise<void> {
  const place = byId("answer");
  const card = (byId("card") as HTMLSelectElement | null)?.value;
  const lines = [...basket.values()].map(({ facts, quantity }) => ({ product: facts.product, quantity }));
  place?.replaceChildren(make("p", {}, words.tillPaying));
  const button = payButton();
  if (button !== null) button.disabled = true;
  try {
    const answer = await ask<Answer>("till", { card: card || undefined, language, lines });
    place?.replaceChildren(paper(answer));
    place?.scrollIntoView({ block: "nearest" });
    basket.clear();
  } catch (error) {
    place?.replaceChildren(make("p", { class: "notice" }, `${words.tillFailed}: ${(error as Error).message}`));
  }
  show();
}

function paper({ receiptId, tookMs, points, print, show: screen, flags }: Answer): HTMLElement {
  const two = (name: string, value: string): HTMLElement =>
    make("p", { class: "two" }, make("span", {}, name), make("span", {}, value));
  const block = (title: string, lines: readonly string[], kind?: string): readonly Node[] =>
    lines.length === 0
      ? []
      : [make("h3", {}, title), make("div", { class: kind }, ...lines.map((text) => make("p", {}, text)))];
  const sold = [...basket.values()].map(({ facts, quantity }) =>
    two(`${quantity} × ${facts.name}`, priceText(facts.price * quantity)),
  );
  return make(
    "div",
    { class: "paper" },
    make("h3", {}, `${words.tillReceipt} ${receiptId}`),
    ...sold,
    two(words.total, priceText(total())),
    ...(points === undefined
      ? []
      : [two(words.tillPoints, `+${countText(points.earned)}`), two(words.tillBalance, countText(points.balance))]),
    ...block(words.tillPrint, print, "printed"),
    ...block(words.tillShow, screen, "screen"),
    ...block(words.tillFlags, flags),
    two(words.tillAnswer, `${tookMs.toFixed(1)} ms`),
  );
}

document.addEventListener("click", (click) => {
  const key = click.target instanceof Element ? click.target.closest<HTMLElement>(".keys button") : null;
  if (key !== null) change(factsOf(key), 1);
});
byId("ring-up")?.addEventListener("submit", (submit) => {
  submit.preventDefault();
  void pay();
});
show();
