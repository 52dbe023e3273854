/** The visitor's word on being adapted to: asked once where the brand wants it asked, and changed in the footer. */
import type { Vif } from "../../sdk/vif.ts";
import { byId, make } from "./elements.ts";
import { words } from "./session.ts";

export function createPrivacy(vif: Vif): void {
  const place = byId("privacy");
  if (place === null) return;
  let question: HTMLElement | undefined;

  const choice = (agreed: boolean, kind: string): HTMLElement => {
    const button = make("button", { type: "button", class: kind }, agreed ? words.agree : words.refuse);
    button.addEventListener("click", () => {
      vif.consent(agreed);
      show();
    });
    return button;
  };

  function show(): void {
    const { permission } = vif;
    const isTracked = permission === "granted";
    place?.replaceChildren(isTracked ? words.trackedYes : words.trackedNo, " ", choice(!isTracked, "plain"));
    if (permission === "asked" && question === undefined) {
      const buttons = make("div", {}, choice(true, "button"), choice(false, "button"));
      question = make("section", { class: "consent", "aria-label": words.privacy }, make("p", {}, words.ask), buttons);
      document.body.append(question);
    } else if (permission !== "asked") {
      question?.remove();
      question = undefined;
    }
  }

  vif.on("permission", show);
  show();
}
