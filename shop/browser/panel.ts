/**
 * "Behind the scenes": what the engine knows of this visitor, what it decides, and why, as it happens. The page proves to
 * the shop's server who it is by the visitor's token; the server asks the engine.
 */
import type { Vif } from "../../sdk/vif.ts";
import { make } from "./elements.ts";
import { ask, language, words } from "./session.ts";

interface Insight {
  readonly known: boolean;
  readonly identifiers: readonly { readonly kind: string; readonly value: string }[];
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly segments: readonly string[];
  readonly decisions: readonly {
    readonly content: string;
    readonly show: string;
    /** Its id, of a message that a trigger has sent here. */
    readonly message?: string;
    readonly because?: string;
    readonly products?: readonly { readonly title: string; readonly reason: string }[];
  }[];
}

const OPEN = "shop.panel";
const eventsMax = 6;
/** What changes with no event of this page (a till, a window that ends) is seen by looking again. */
const lookMs = 1_500;

export function createPanel(vif: Vif): void {
  const state = make("p", {});
  const who = make("dl", {});
  const known = make("dl", {});
  const segments = make("ul", { class: "chips" });
  const decided = make("ul", {});
  const happened = make("ul", {});
  const panel = make(
    "aside",
    { class: "panel", id: "panel", "aria-label": words.panel, tabindex: "0" },
    state,
    ...section(words.panelDecided, decided),
    ...section(words.panelEvents, happened),
    ...section(words.panelWho, who),
    ...section(words.panelKnown, known),
    ...section(words.panelSegments, segments),
  );
  const opener = make("button", { type: "button", class: "panel-opener", "aria-controls": "panel" }, words.panel);
  document.body.append(opener, panel);
  let isOpen = localStorage.getItem(OPEN) === "1";
  let shown = "";
  let looking = false;

  function setOpen(open: boolean): void {
    isOpen = open;
    panel.hidden = !open;
    opener.setAttribute("aria-expanded", String(open));
    localStorage.setItem(OPEN, open ? "1" : "0");
    if (open) void look();
  }

  /** Where one is inside the panel or on its button: anywhere else Escape is another's. */
  function close(key: string): void {
    if (key !== "Escape" || !isOpen) return;
    setOpen(false);
    opener.focus();
  }

  async function look(): Promise<void> {
    const { visitorToken } = vif;
    if (!isOpen || document.hidden || looking || visitorToken === undefined) return;
    looking = true;
    try {
      show(await ask<Insight>("panel", { visitorToken, language }));
    } catch {
      // The next look may do better; the state above says whether there is a connection.
    }
    looking = false;
  }

  function show(insight: Insight): void {
    const text = JSON.stringify(insight);
    if (text === shown) return;
    const isFirst = shown === "";
    shown = text;
    who.replaceChildren(
      ...pairs(insight.identifiers.map(({ kind, value }) => [kind === "anonymous" ? words.panelVisitor : kind, value])),
    );
    known.replaceChildren(...pairs(Object.entries(insight.attributes).map(([name, value]) => [name, String(value)])));
    segments.replaceChildren(...orNothing(insight.segments.map((name) => make("li", {}, name))));
    const before = new Map([...decided.children].map((row) => [row.getAttribute("data-row"), row.textContent]));
    decided.replaceChildren(
      ...insight.decisions.map(({ content, show: what, message, because, products = [] }) => {
        const why = because ?? (message === undefined ? words.otherwise : words.ofTrigger);
        const reason = make("div", {}, make("code", {}, why));
        const place = message ?? content;
        const strip = products.map((product) => make("li", {}, product.title, make("small", {}, product.reason)));
        const row = make(
          "li",
          { "data-row": place, "data-content": content, "data-show": what },
          `${content} → `,
          make("strong", {}, what),
          reason,
          products.length === 0 ? undefined : make("ol", {}, ...strip),
        );
        if (!isFirst && before.get(place) !== row.textContent) row.className = "fresh";
        return row;
      }),
    );
  }

  function showLink(): void {
    const dot = make("span", { class: isLinked ? "dot" : "dot off", "aria-hidden": "true" });
    state.replaceChildren(dot, isLinked ? words.panelOnline : words.panelOffline);
  }

  let isLinked = false;
  let hasHappened = false;
  showLink();
  opener.addEventListener("click", () => setOpen(!isOpen));
  panel.addEventListener("keydown", ({ key }) => close(key));
  opener.addEventListener("keydown", ({ key }) => close(key));
  vif.on("link", ({ isOpen: linked }) => {
    isLinked = linked;
    showLink();
    void look();
  });
  vif.on("decisions", () => void look());
  vif.on("reply", ({ event, tookMs }) => {
    const name = String(event["event"] ?? event.type);
    const took = make("span", { class: "took" }, `${tookMs.toFixed(1)} ms`);
    if (!hasHappened) happened.replaceChildren();
    hasHappened = true;
    happened.prepend(make("li", { class: "fresh" }, took, name, detail(event["properties"])));
    while (happened.children.length > eventsMax) happened.lastElementChild?.remove();
    void look();
  });
  setInterval(() => void look(), lookMs);
  happened.append(make("li", {}, words.panelNothing));
  setOpen(isOpen);
}

function section(title: string, content: HTMLElement): readonly HTMLElement[] {
  return [make("h2", {}, title), content];
}

function pairs(rows: readonly (readonly [string, string])[]): readonly Node[] {
  return rows.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]);
}

function orNothing(rows: readonly Node[]): readonly Node[] {
  return rows.length > 0 ? rows : [make("li", {}, words.panelNothing)];
}

/** The one property that tells most. */
function detail(properties: unknown): Node | string {
  const { product_id: product, order_id: order, path } = (properties ?? {}) as Readonly<Record<string, unknown>>;
  const said = product ?? order ?? path;
  return said === undefined ? "" : make("div", {}, make("code", {}, String(said)));
}
