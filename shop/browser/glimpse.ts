/** A quick look at a product without leaving the page: a dialog, and an event like that of the product's own page. */
import type { Vif } from "../../sdk/vif.ts";
import { addToCart } from "./cart.ts";
import { factsOf, make } from "./elements.ts";
import type { Facts } from "./elements.ts";
import { pageAddress, priceText, words } from "./session.ts";

export function trackView(vif: Vif, { product, name, category, price, onSale }: Facts): void {
  void vif.track("Product Viewed", { product_id: product, name, category, price, on_sale: onSale });
}

export function createGlimpse(vif: Vif): void {
  const dialog = make("dialog", { "aria-labelledby": "glimpse-name" });
  document.body.append(dialog);
  dialog.addEventListener("click", (click) => {
    if (click.target === dialog) dialog.close();
  });
  document.addEventListener("click", (click) => {
    const button = click.target instanceof Element ? click.target.closest(".look") : null;
    const card = button?.closest<HTMLElement>("[data-product]");
    if (!card) return;
    const facts = factsOf(card);
    fill(dialog, vif, facts);
    dialog.showModal();
    trackView(vif, facts);
  });
}

function fill(dialog: HTMLDialogElement, vif: Vif, facts: Facts): void {
  const close = make("button", { type: "button", class: "close", "aria-label": words.close }, "×");
  close.addEventListener("click", () => dialog.close());
  const add = make("button", { type: "button", class: "button" }, words.add);
  const done = make("span", { role: "status" });
  add.addEventListener("click", () => {
    addToCart(vif, facts);
    done.textContent = words.added;
  });
  const picture = make("img", { src: `/shop/pictures/${facts.product}.svg`, alt: "", width: "320", height: "320" });
  const more = make("a", { href: pageAddress(`p/${facts.product}/`) }, words.open);
  const about = make(
    "div",
    {},
    make("h2", { id: "glimpse-name" }, facts.name),
    make("p", { class: "amount" }, priceText(facts.price)),
    make("div", { class: "actions" }, add, done, more),
  );
  dialog.replaceChildren(close, make("div", { class: "glimpse" }, make("span", { class: "frame" }, picture), about));
}
