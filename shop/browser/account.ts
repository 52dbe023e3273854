/** Logging in and out: the shop's server signs who it is, and the page passes the token on to the engine. */
import type { Vif } from "../../sdk/vif.ts";
import { byId, make } from "./elements.ts";
import { ask, words } from "./session.ts";

const KEY = "shop.person";

export function showPerson(): void {
  const person = localStorage.getItem(KEY);
  const link = byId("account-link");
  if (link !== null) link.textContent = person ?? words.account;
}

export function createAccount(vif: Vif): void {
  const notice = byId("signed-in");
  if (notice === null) return;
  const show = (): void => {
    const person = localStorage.getItem(KEY);
    showPerson();
    notice.hidden = person === null;
    if (person === null) return;
    const out = make("button", { type: "button", class: "plain", id: "sign-out" }, words.signOut);
    out.addEventListener("click", () => {
      localStorage.removeItem(KEY);
      vif.reset();
      show();
    });
    notice.replaceChildren(`${words.signedInAs} ${person}. `, out);
  };
  for (const button of document.querySelectorAll<HTMLElement>("[data-customer]"))
    button.addEventListener("click", () => {
      const { customer = "", person = "" } = button.dataset;
      void signIn(vif, customer, notice).then((isIn) => {
        if (!isIn) return;
        localStorage.setItem(KEY, person);
        show();
        notice.scrollIntoView({ block: "nearest" });
      });
    });
  show();
}

async function signIn(vif: Vif, customer: string, notice: HTMLElement): Promise<boolean> {
  try {
    // Somebody else was here: their visits stay theirs.
    if (localStorage.getItem(KEY) !== null) vif.reset();
    const { userId, token } = await ask<{ readonly userId: string; readonly token: string }>("login", { customer });
    const reply = await vif.identify(userId, { token });
    if (reply.ok) return true;
  } catch {
    // Said below, whatever it was.
  }
  notice.hidden = false;
  notice.textContent = words.signInFailed;
  return false;
}
