/** The cart: the browser's own, kept in localStorage; the engine hears of what goes in and of the order. */
import type { Vif } from "../../sdk/vif.ts";
import { byId, make } from "./elements.ts";
import type { Facts } from "./elements.ts";
import { pageAddress, priceText, words } from "./session.ts";

interface CartLine extends Facts {
  readonly quantity: number;
}

const KEY = "shop.cart";

function readCart(): readonly CartLine[] {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "[]") as readonly CartLine[];
  } catch {
    return [];
  }
}

function writeCart(lines: readonly CartLine[]): void {
  localStorage.setItem(KEY, JSON.stringify(lines));
  showCount();
}

function totalOf(lines: readonly CartLine[]): number {
  return lines.reduce((sum, { price, quantity }) => sum + price * quantity, 0);
}

export function showCount(): void {
  const count = readCart().reduce((sum, { quantity }) => sum + quantity, 0);
  const place = byId("cart-count");
  if (place === null) return;
  place.textContent = String(count);
  place.hidden = count === 0;
}

export function addToCart(vif: Vif, facts: Facts): void {
  const lines = readCart();
  const known = lines.find(({ product }) => product === facts.product);
  const rest = lines.filter((line) => line !== known);
  writeCart([...rest, { ...facts, quantity: (known?.quantity ?? 0) + 1 }]);
  const { product, category, price } = facts;
  void vif.track("Product Added", { product_id: product, category, price, quantity: 1 });
}

export function showCart(vif: Vif): void {
  const place = byId("cart");
  if (place === null) return;
  const lines = readCart();
  if (lines.length === 0) {
    const link = make("a", { class: "button", href: pageAddress("") }, words.cartGo);
    place.replaceChildren(make("p", {}, words.cartEmpty), make("p", {}, link));
    return;
  }
  const rows = lines.map((line) => {
    const change = (quantity: number): void => {
      writeCart(lines.flatMap((each) => (each !== line ? [each] : quantity === 0 ? [] : [{ ...each, quantity }])));
      showCart(vif);
      const total = totalOf(readCart());
      const { product, category, price } = line;
      if (quantity === 0) void vif.track("Product Removed", { product_id: product, category, price });
      void vif.track("Cart Updated", { cart: { total, quantity: readCart().length } });
    };
    // As many as there are, however often the button was pressed.
    const numbers = Array.from({ length: Math.max(9, line.quantity) }, (_, index) => String(index + 1));
    const select = make(
      "select",
      { "aria-label": `${words.quantity}: ${line.name}` },
      ...numbers.map((number) => make("option", { value: number }, number)),
    );
    select.value = String(line.quantity);
    select.addEventListener("change", () => change(Number(select.value)));
    const remove = make("button", { type: "button", class: "plain", "aria-label": `${words.remove} ${line.name}` });
    remove.textContent = words.remove;
    remove.addEventListener("click", () => change(0));
    const picture = make("img", { src: `/shop/pictures/${line.product}.svg`, alt: "", width: "84", height: "84" });
    const name = make("a", { href: pageAddress(`p/${line.product}/`) }, line.name);
    const about = make("div", {}, name, make("div", { class: "price" }, priceText(line.price)));
    return make("li", { class: "row" }, picture, about, select, remove);
  });
  const order = make("button", { type: "button", class: "button", id: "order" }, words.order);
  const said = make("p", { role: "status" });
  order.addEventListener("click", () => {
    order.disabled = true;
    order.textContent = words.ordering;
    void placeOrder(vif, lines, said);
  });
  const sum = make("p", { class: "sum" }, words.total, make("strong", {}, priceText(totalOf(lines))));
  place.replaceChildren(make("ul", { class: "rows" }, ...rows), sum, order, said);
}

/** On to the thanks as soon as the order is durable; without a connection it is kept, and said. */
async function placeOrder(vif: Vif, lines: readonly CartLine[], said: HTMLElement): Promise<void> {
  const number = `W-${Date.now().toString(36).toUpperCase()}`;
  const sent = vif.track("Order Completed", {
    order_id: number,
    total: totalOf(lines),
    channel: "web",
    quantity: lines.reduce((sum, { quantity }) => sum + quantity, 0),
    categories: [...new Set(lines.map(({ category }) => category))],
    products: lines.map(({ product, name, quantity, price }) => ({ product_id: product, name, quantity, price })),
  });
  const late = new Promise<"late">((resolve) => setTimeout(() => resolve("late"), 3_000));
  writeCart([]);
  if ((await Promise.race([sent, late])) === "late") {
    said.textContent = words.orderFailed;
    return;
  }
  sessionStorage.setItem("shop.order", number);
  location.assign(pageAddress("order/"));
}

export function showOrder(): void {
  const place = byId("order-number");
  if (place !== null) place.textContent = sessionStorage.getItem("shop.order");
}
