/**
 * Fills the elements with `data-vif-slot="NAME"` with what is decided for the content NAME, and keeps them so: those that
 * are there, those that come later, and whenever a decision changes. What was shown last is shown again at once on the next
 * page, and a slot of which nothing is known yet stays invisible, in its place, until it is or patience ends: nobody sees
 * one content replaced by another while a page loads. A slot with `data-vif-product="ID"` is about that product: products that
 * were found by another, in another tab or on the page before, are not for it. A message stands in its place until the page is
 * left, and is said to be shown once somebody can see it. Nothing here is ever run as code.
 */
import { keep, recall } from "./memory.ts";
import type { Decision } from "./wire.ts";

interface Shown {
  readonly language: string;
  /** `about`: the product that its products were found by; null: they were found by none. */
  readonly html: Record<string, readonly [show: string, html: string, about?: string | null]>;
}

export interface Slots {
  show(decisions: readonly Decision[]): void;
  /** Nothing more will be known soon: what the page itself has in its slots is shown. */
  reveal(): void;
  /** Another page: messages go, and their places have again what is decided for them. */
  leave(): void;
  /** Forgets what was shown; the slots keep it until something else is decided, but for messages. */
  forget(): void;
}

const SLOT = "data-vif-slot";
const MESSAGE = "data-vif-message";
/** Elements that could run something, or reach beyond their slot; the engine's templates have none. */
const FOREIGN = "script,style,link,meta,base,iframe,frame,object,embed,form";

interface TrustedTypes {
  createPolicy(name: string, rules: { createHTML(text: string): string }): { createHTML(text: string): string };
}

/** @param onShown is told of each message that is shown where somebody sees it */
export function createSlots(language: string, patienceMs: number, onShown: (message: string) => void): Slots {
  const kept = recall<Shown>("slots");
  const shown: Shown["html"] = kept?.language === language ? kept.html : {};
  const filled = new WeakMap<Element, string>();
  /** By their places. The first that comes for a place stays: another waits for the next page. */
  const messages = new Map<string, Decision>();
  const told = new Set<string>();
  const trusted = (window as { readonly trustedTypes?: TrustedTypes }).trustedTypes;
  const policy = trusted?.createPolicy("vif", { createHTML: (text) => text });
  const veil = document.readyState === "loading" ? hideUnknown() : undefined;
  const observer = new MutationObserver((changes) => {
    if (changes.some(({ addedNodes }) => addedNodes.length > 0)) fillAll();
  });
  observer.observe(document, { childList: true, subtree: true });
  if (veil) setTimeout(reveal, patienceMs);
  document.addEventListener("DOMContentLoaded", fillAll);
  fillAll();

  function hideUnknown(): CSSStyleSheet {
    const sheet = new CSSStyleSheet();
    sheet.insertRule(`[${SLOT}]:not([data-vif-show]){visibility:hidden}`);
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
    return sheet;
  }

  function reveal(): void {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((sheet) => sheet !== veil);
  }

  function fillAll(): void {
    for (const slot of document.querySelectorAll(`[${SLOT}]`)) if (isWhole(slot)) fill(slot);
  }

  /** What the page itself has in a slot may not have come yet: it would be put behind what the slot is filled with. */
  function isWhole(slot: Node): boolean {
    if (document.readyState !== "loading") return true;
    for (let node: Node | null = slot; node; node = node.parentNode) if (node.nextSibling) return true;
    return false;
  }

  function fill(slot: Element): void {
    const name = slot.getAttribute(SLOT) ?? "";
    const held = messages.get(name);
    const message = held?.message;
    const [show, html, about] = held === undefined ? (shown[name] ?? []) : [held.show, held.html];
    if (show === undefined || html === undefined) return;
    // A message may look as what stands there already: it is said to be shown all the same.
    if (filled.get(slot) === html && (slot.getAttribute(MESSAGE) ?? undefined) === message) return;
    const product = slot.getAttribute("data-vif-product");
    if (product !== null && about !== undefined && about !== product) return;
    filled.set(slot, html);
    const box = document.createElement("template");
    box.innerHTML = policy ? policy.createHTML(html) : html;
    for (const element of box.content.querySelectorAll("*")) {
      if (element.matches(FOREIGN)) element.remove();
      for (const name of element.getAttributeNames())
        if (/^(on|style$)/.test(name) || /^\s*javascript:/i.test(element.getAttribute(name) ?? ""))
          element.removeAttribute(name);
    }
    const hadFocus = slot.contains(document.activeElement);
    slot.replaceChildren(box.content);
    slot.setAttribute("data-vif-show", show);
    if (message === undefined) slot.removeAttribute(MESSAGE);
    else {
      slot.setAttribute(MESSAGE, message);
      sayShown(message);
    }
    // A keyboard's user goes on from where they were.
    if (hadFocus) slot.querySelector<HTMLElement>("a,button")?.focus();
    slot.dispatchEvent(new CustomEvent("vif:slot", { bubbles: true, detail: { show } }));
  }

  /** A page behind others, or one that is fetched ahead, shows it to nobody yet, and may be left before it does. */
  function sayShown(message: string): void {
    const isHere = [...messages.values()].some((held) => held.message === message);
    if (told.has(message) || !isHere) return;
    if (document.visibilityState !== "visible")
      return document.addEventListener("visibilitychange", () => sayShown(message), { once: true });
    told.add(message);
    onShown(message);
  }

  function leave(): void {
    messages.clear();
    for (const slot of document.querySelectorAll(`[${MESSAGE}]`)) {
      filled.delete(slot);
      slot.replaceChildren();
      slot.removeAttribute(MESSAGE);
      slot.removeAttribute("data-vif-show");
    }
    fillAll();
  }

  return {
    show(decisions) {
      for (const decision of decisions) {
        const { content, show, html, seed, message } = decision;
        if (html === undefined) continue;
        if (message === undefined) shown[content] = seed === undefined ? [show, html] : [show, html, seed];
        else if (!messages.has(content) && !told.has(message)) messages.set(content, decision);
      }
      keep("slots", { language, html: shown });
      fillAll();
      reveal();
    },
    reveal,
    leave,
    forget() {
      leave();
      for (const name of Object.keys(shown)) delete shown[name];
      keep("slots", undefined);
    },
  };
}
