/** By which channel and address a message goes, of those that its rule names: what is known of each of one person. */
import { describe, expect, it } from "vitest";
import { hashText } from "../model/hash.ts";
import type { Channel, Outcome } from "../model/message.ts";
import { NO_ORDERS } from "../model/orders.ts";
import { bindIdentifier, type Profile } from "../profile/port.ts";
import { gate } from "./gates.ts";
import { fire, HOUR_MS, NOON, person, plan, say, sent, verdict } from "./gates-fixtures.ts";

describe("an address", () => {
  const MARIE = hashText("marie@example.fr");
  const PHONE = hashText("+33612345678");

  it.each<[string, Outcome, string]>([
    ["of a mailbox that is gone", { is: "bounced", kind: "hard", code: "5.1.1" }, "skip unreachable"],
    ["whose mailbox was full", { is: "bounced", kind: "soft", code: "5.2.2" }, "go email"],
    ["that the provider knows to be none", { is: "rejected", reason: "bad_address", code: "550" }, "skip unreachable"],
    ["that must not be called", { is: "rejected", reason: "forbidden_address" }, "skip unreachable"],
    ["whose reader has called it spam", { is: "complained" }, "skip unsubscribed"],
    ["whose reader has said no to the provider", { is: "rejected", reason: "unsubscribed" }, "skip unsubscribed"],
    ["that a message of bad content did not reach", { is: "rejected", reason: "content" }, "go email"],
  ])("%s is judged so from the next message on", (_, outcome, expected) => {
    const profile = person();
    say(profile, "granted");
    const waits = fire(profile, "offer");
    sent(profile, "thanks", NOON - HOUR_MS, "email", MARIE, outcome);
    expect(verdict(profile, waits)).toBe(expected);
    // What is owed goes to whoever reads it; not to where nobody does.
    const owed = fire(profile, "thanks");
    expect(verdict(profile, owed)).toBe(expected === "skip unreachable" ? expected : "go email");
  });

  it("that is nobody's leaves the person their other ones, and their other channels", () => {
    const profile = person();
    say(profile, "granted");
    sent(profile, "text", NOON - 2 * 24 * HOUR_MS, "sms", PHONE, { is: "rejected", reason: "bad_address" });
    const news = fire(profile, "news");
    expect(verdict(profile, news)).toBe("go email");
    sent(profile, "thanks", NOON - HOUR_MS, "email", MARIE, { is: "bounced", kind: "hard" });
    expect(verdict(profile, news)).toBe("skip unreachable");
    bindIdentifier(profile, { kind: "email", value: "marie@work.example" }, "bound");
    const told = gate(news, { profile, plan, orders: NO_ORDERS, at: NOON });
    expect(told).toMatchObject({ is: "go", channel: "email", address: "marie@work.example" });
  });
});

describe("the best of several channels", () => {
  const DAY_MS = 24 * HOUR_MS;
  const past = (profile: Profile, channel: Channel, daysAgo: number, outcome: Outcome): void =>
    sent(profile, "thanks", NOON - daysAgo * DAY_MS, channel, 1, outcome);

  it.each<[string, (profile: Profile) => void, string]>([
    ["is the one written first, where nothing else is known", () => undefined, "sms"],
    ["is the one whose messages they open", (profile) => past(profile, "email", 30, { is: "opened" }), "email"],
    [
      "is the one whose links they follow",
      (profile) => past(profile, "email", 30, { is: "clicked", link: undefined }),
      "email",
    ],
    ["is not what they opened long ago", (profile) => past(profile, "email", 91, { is: "opened" }), "sms"],
    ["is not what was merely taken", (profile) => past(profile, "email", 30, { is: "delivered" }), "sms"],
    [
      "is not what they leave alone again and again",
      (profile) => [40, 30, 20].forEach((days) => past(profile, "sms", days, { is: "delivered" })),
      "email",
    ],
    [
      "is still what they left alone twice",
      (profile) => [40, 30].forEach((days) => past(profile, "sms", days, { is: "delivered" })),
      "sms",
    ],
    [
      "is the one written first of two that they open",
      (profile) => (["email", "sms"] as const).forEach((channel) => past(profile, channel, 30, { is: "opened" })),
      "sms",
    ],
    [
      "is none that they have refused, however often they opened it",
      (profile) => {
        past(profile, "email", 30, { is: "opened" });
        say(profile, "refused", "marketing", "email");
      },
      "sms",
    ],
  ])("%s", (_, happened, channel) => {
    const profile = person();
    say(profile, "granted", "marketing", "*", NOON - 100 * DAY_MS);
    happened(profile);
    expect(verdict(profile, fire(profile, "news"))).toBe(`go ${channel}`);
  });
});
