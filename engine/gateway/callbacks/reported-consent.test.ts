import { describe, expect, it } from "vitest";
import { enterConsents } from "../../model/consent.ts";
import type { Consents } from "../../model/consent.ts";
import { consentSaidBy } from "./reported-consent.ts";
import type { SaidByReport } from "./reported-consent.ts";

const PURPOSES = ["marketing", "club"];

function entered(consents: Consents, said: SaidByReport["consent"], at: number, source: string): Consents {
  const statements = Object.entries(said).map(([key, answer]) => {
    const [purpose = "", channel = ""] = key.split(".");
    return { purpose, channel, answer, at, since: at, source, wording: undefined };
  });
  return enterConsents(consents, statements);
}

const reported = (outcome: "unsubscribed" | "resubscribed" | "complained", consents: Consents) =>
  consentSaidBy(outcome, { consents, channel: "sms", purposes: PURPOSES });

/** The consents after a report, as an event of it would leave them. */
function after(outcome: "unsubscribed" | "resubscribed" | "complained", consents: Consents, at: number): Consents {
  const said = reported(outcome, consents);
  return said === undefined ? consents : entered(consents, said.consent, at, said.source);
}

describe("STOP", () => {
  it("is about every purpose by that channel, those that are not declared yet too", () => {
    expect(reported("unsubscribed", [])?.consent).toEqual({ "*.sms": "refused" });
  });

  it("said again says nothing new", () => {
    expect(reported("unsubscribed", after("unsubscribed", [], 1))).toBeUndefined();
  });

  it("is heeded again by who has consented since", () => {
    const back = entered(after("unsubscribed", [], 1), { "marketing.sms": "granted" }, 2, "page");
    expect(reported("unsubscribed", back)?.consent).toEqual({ "*.sms": "refused", "marketing.sms": "refused" });
  });
});

describe("START", () => {
  it("gives back what was granted when STOP was said, and nothing else", () => {
    const before = entered([], { "marketing.sms": "granted", "club.email": "granted" }, 1, "page");
    expect(reported("resubscribed", after("unsubscribed", before, 2))?.consent).toEqual({ "marketing.sms": "granted" });
  });

  it("grants nothing to who was never asked, and nothing that was refused by other means", () => {
    expect(reported("resubscribed", after("unsubscribed", [], 1))).toBeUndefined();
    expect(reported("resubscribed", entered([], { "marketing.sms": "refused" }, 1, "page"))).toBeUndefined();
    expect(reported("resubscribed", [])).toBeUndefined();
  });

  it("does not undo what was said on the page after STOP", () => {
    const stopped = after("unsubscribed", entered([], { "marketing.sms": "granted" }, 1, "page"), 2);
    expect(reported("resubscribed", entered(stopped, { "*.*": "refused" }, 3, "preference page"))).toBeUndefined();
  });

  it("does not undo a complaint", () => {
    const complained = after("complained", entered([], { "marketing.sms": "granted" }, 1, "page"), 2);
    expect(reported("resubscribed", complained)).toBeUndefined();
  });
});
