/**
 * The storefront's script. In the head, before anything is painted: the layout that this visitor had last. Once the page is
 * there: the cart, quick looks, the account, the panel. The page layout is a decision without a template, read as a
 * framework would; the slots need nothing from here, since the SDK fills them.
 */
import type { Decision, Vif } from "../../sdk/vif.ts";
import { createAccount, showPerson } from "./account.ts";
import { addToCart, showCart, showCount, showOrder } from "./cart.ts";
import { byId, factsOf } from "./elements.ts";
import { createGlimpse, trackView } from "./glimpse.ts";
import { createPanel } from "./panel.ts";
import { createPrivacy } from "./privacy.ts";
import { words } from "./session.ts";

const { vif } = window as unknown as { readonly vif: Vif };
const LAYOUT = "shop.layout";

function layOut(layout: string): void {
  document.documentElement.dataset["layout"] = layout;
  localStorage.setItem(LAYOUT, layout);
}

layOut(localStorage.getItem(LAYOUT) ?? "layout-classic");
vif.on("decisions", (decisions: readonly Decision[]) => {
  const layout = decisions.find(({ content }) => content === "page-layout");
  if (layout !== undefined) layOut(layout.show);
});

document.addEventListener("DOMContentLoaded", () => {
  showCount();
  showPerson();
  showCart(vif);
  showOrder();
  createGlimpse(vif);
  createAccount(vif);
  createPrivacy(vif);
  createPanel(vif);
  const product = document.querySelector<HTMLElement>("article[data-product]");
  if (product === null) return;
  const facts = factsOf(product);
  trackView(vif, facts);
  byId("buy")?.addEventListener("submit", (submit) => {
    submit.preventDefault();
    addToCart(vif, facts);
    const done = document.querySelector(".done");
    if (done !== null) done.textContent = words.added;
  });
});
