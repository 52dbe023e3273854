/** Gates: of one person, at one instant, by one plan, whether a message goes, waits or is skipped, and why. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { soundPlan } from "../language/compile/sound-rules-fixtures.ts";
import type { Slot } from "../model/ids.ts";
import { createProfileId } from "../model/ids.ts";
import type { Channel, VisitedChannel } from "../model/message.ts";
import { NO_ORDERS, type Orders } from "../model/orders.ts";
import { EVERYTHING, isHeldOut } from "../model/holdout.ts";
import { shareOf } from "../model/share.ts";
import {
  applyAttempt,
  applyEvent,
  applyTransition,
  bindIdentifier,
  createProfile,
  type Profile,
  type WaitingMessage,
} from "../profile/port.ts";
import { createEvent } from "../profile/profile-fixtures.ts";
import { gate, outbidWith, takenBack } from "./gates.ts";
import { fire, HOUR_MS, NOON, person, plan, say, sent, verdict } from "./gates-fixtures.ts";

describe("consent", () => {
  it("that nobody was asked for is what consent.yaml says of the unasked; what is owed asks for none", () => {
    const profile = person();
    expect(verdict(profile, fire(profile, "offer"))).toBe("skip no_consent");
    expect(verdict(profile, fire(profile, "text"))).toBe("go sms");
    expect(verdict(profile, fire(profile, "thanks"))).toBe("go email");
  });

  it("counts by purpose and channel as it stands when the message is due", () => {
    const profile = person();
    const offer = fire(profile, "offer");
    say(profile, "granted");
    expect(verdict(profile, offer)).toBe("go email");
    say(profile, "refused", "marketing", "email", NOON);
    expect(verdict(profile, offer)).toBe("skip no_consent");
    say(profile, "refused", "*", "sms", NOON);
    expect(verdict(profile, fire(profile, "text"))).toBe("skip no_consent");
  });
});

describe("reachability", () => {
  it("is an address that is proved, and has not turned out to be nobody's", () => {
    const profile = createProfile(createProfileId(0 as Slot, 1, 1), plan);
    expect(verdict(profile, fire(profile, "thanks"))).toBe("skip unreachable");
    bindIdentifier(profile, { kind: "email", value: "a@example.fr" }, "unproved");
    expect(verdict(profile, fire(profile, "thanks"))).toBe("skip unreachable");
    bindIdentifier(profile, { kind: "email", value: "a@example.fr" }, "pending");
    expect(verdict(profile, fire(profile, "thanks"))).toBe("wait 2026-01-15T12:00:00.250Z its address");
    bindIdentifier(profile, { kind: "email", value: "a@example.fr" }, "bound");
    expect(verdict(profile, fire(profile, "thanks"))).toBe("go email");
  });
});

describe("a condition that must still hold", () => {
  it("ends the message of who has left the segment again", () => {
    const profile = person();
    const welcome = fire(profile, "welcome");
    expect(verdict(profile, welcome)).toBe("skip condition");
    profile.attributes = [{ index: 0, value: "Paris", stamp: { timestamp: 1, source: "s", high: 0, low: 0 } }];
    applyTransition(profile, "parisian", true, 1, NOON);
    expect(verdict(profile, welcome)).toBe("go email");
    applyTransition(profile, "parisian", false, 1, NOON);
    expect(verdict(profile, welcome)).toBe("skip condition");
  });
});

describe("a page and a till", () => {
  const at = (profile: Profile, waiting: WaitingMessage, here: readonly VisitedChannel[], when = NOON): string => {
    const of = gate(waiting, { profile, plan, orders: NO_ORDERS, at: when, here });
    return of.is === "go" ? `go ${of.channel}` : of.is === "wait" ? `wait ${of.because}` : `skip ${of.reason}`;
  };
  function visitor(): Profile {
    const profile = person();
    bindIdentifier(profile, { kind: "anonymous", value: "a1" }, "bound");
    return profile;
  }

  it("are open while the customer is there; the message waits for that until it expires", () => {
    const profile = visitor();
    const [shown, told] = [fire(profile, "shown"), fire(profile, "told")];
    expect([at(profile, shown, []), at(profile, told, ["web"])]).toEqual(["wait a visit", "wait a receipt"]);
    expect(verdict(profile, shown)).toBe("wait 2026-01-17T12:00:00.001Z a visit");
    // Where its rule says nothing, 30 days.
    expect(verdict(profile, told)).toBe("wait 2026-02-14T12:00:00.001Z a receipt");
    expect(at(profile, told, ["loyalty"])).toBe("go loyalty");
    expect(at(profile, shown, ["web"], NOON + 49 * HOUR_MS)).toBe("skip expired");
    say(profile, "refused", "club", "web");
    expect([at(profile, shown, []), at(profile, shown, ["web"])]).toEqual(["skip no_consent", "skip no_consent"]);
  });

  it("are taken for a way like others at that moment, and waited for where there is no other", () => {
    const profile = visitor();
    const message = fire(profile, "seen-or-sent");
    expect([at(profile, message, ["web"]), at(profile, message, [])]).toEqual(["go web", "go email"]);
    const unknown = createProfile(createProfileId(0 as Slot, 1, 2), plan);
    bindIdentifier(unknown, { kind: "anonymous", value: "a2" }, "bound");
    expect(at(unknown, fire(unknown, "seen-or-sent"), [])).toBe("wait a visit");
  });

  it("are waited for by who is not known there yet, and may come", () => {
    const cardOnly = createProfile(createProfileId(0 as Slot, 1, 3), plan);
    bindIdentifier(cardOnly, { kind: "card", value: "4001" }, "bound");
    const [shown, either] = [fire(cardOnly, "shown"), fire(cardOnly, "seen-or-sent")];
    expect([at(cardOnly, shown, []), at(cardOnly, either, [])]).toEqual(["wait a visit", "wait a visit"]);
    bindIdentifier(cardOnly, { kind: "anonymous", value: "a3" }, "bound");
    expect(at(cardOnly, shown, ["web"])).toBe("go web");
  });

  it("hold back nobody's message, and have none taken from them, before the customer comes", () => {
    const profile = visitor();
    const [told, kept] = [fire(profile, "told"), fire(profile, "below")];
    const view = { profile, plan, orders: NO_ORDERS, at: NOON };
    expect(at(profile, kept, [])).toBe("go email");
    expect(outbidWith(kept, view)).toEqual([]);
    expect(at(profile, kept, ["loyalty"])).toBe("skip outbid");
    expect(outbidWith(told, { ...view, here: ["loyalty"] })).toEqual([kept]);
  });

  it("show one message in a place at a time", () => {
    const profile = visitor();
    const [first, second] = [fire(profile, "shown"), fire(profile, "shown")];
    const { message, trigger } = first;
    const attempt = {
      kind: "attempt",
      profile: profile.id,
      message,
      trigger,
      channel: "web",
      attempt: 1,
      to: 1,
    } as const;
    applyAttempt(profile, attempt, NOON);
    expect(at(profile, second, ["web"])).toBe("wait its place");
    expect(at(profile, fire(profile, "shown-there"), ["web"])).toBe("wait its place");
    const held = profile.agenda.waiting.find((each) => each.message === message) as WaitingMessage;
    expect(takenBack(held, { profile, plan, orders: NO_ORDERS, at: NOON })).toBeUndefined();
    say(profile, "refused", "club", "web");
    expect(takenBack(held, { profile, plan, orders: NO_ORDERS, at: NOON })).toBe("no_consent");
  });
});

describe("pressure", () => {
  it("holds back what is over a cap until the window lets go of the first, and counts no message that never went out", () => {
    const profile = person();
    say(profile, "granted", "marketing", "*", NOON - 9 * 24 * HOUR_MS);
    sent(profile, "offer", NOON - 8 * 24 * HOUR_MS);
    sent(profile, "offer", NOON - 6 * 24 * HOUR_MS);
    sent(profile, "offer", NOON - 2 * HOUR_MS, "email", 1, { is: "failed", reason: "unreachable" });
    const offer = fire(profile, "offer");
    expect(verdict(profile, offer)).toBe("go email");
    sent(profile, "offer", NOON - HOUR_MS);
    expect(verdict(profile, offer)).toBe("skip pressure");
    expect(verdict(profile, offer, NOON + 24 * HOUR_MS)).toBe("go email");
  });

  it("of one channel leaves the next best", () => {
    const profile = person();
    say(profile, "granted");
    sent(profile, "text", NOON - HOUR_MS, "sms");
    expect(verdict(profile, fire(profile, "news"))).toBe("go email");
  });
});

describe("quiet hours", () => {
  it("are waited for by the customer's own clock, to their end, but never beyond the message's own", () => {
    const profile = person();
    const night = Date.UTC(2026, 0, 15, 22);
    const text = fire(profile, "text", night);
    expect(verdict(profile, text, night)).toBe("wait 2026-01-16T07:00:00.000Z quiet hours");
    expect(verdict(profile, text, Date.UTC(2026, 0, 16, 6, 59, 59))).toBe("wait 2026-01-16T07:00:00.000Z quiet hours");
    expect(verdict(profile, text, Date.UTC(2026, 0, 16, 7))).toBe("go sms");
  });

  it.each([
    ["America/Toronto", "wait 2026-01-15T13:00:00.000Z quiet hours"],
    ["Asia/Tokyo", "wait 2026-01-15T23:00:00.000Z quiet hours"],
    ["Europe/Lisbon", "go sms"],
    // The brand's, where noon in UTC is one in the afternoon.
    ["Middle-earth/Shire", "go sms"],
  ])("are over at noon in UTC for somebody in %s or not: %s", (zone, said) => {
    const profile = person();
    const stamp = { timestamp: 1, source: "s", high: 0, low: 0 };
    profile.attributes = [{ index: plan.zone.attribute ?? -1, value: zone, stamp }];
    expect(verdict(profile, fire(profile, "text"))).toBe(said);
  });
});

describe("time and operators", () => {
  it("expire a message, and hold one that is paused or stopped", () => {
    const profile = person();
    say(profile, "granted");
    const news = fire(profile, "news");
    expect(verdict(profile, news, NOON + 12 * HOUR_MS)).toMatch(/^go/);
    expect(verdict(profile, news, NOON + 12 * HOUR_MS + 1)).toBe("skip expired");
    const paused = { ...NO_ORDERS, paused: ["news"] };
    expect(verdict(profile, news, NOON, paused)).toBe("wait 2026-01-15T12:01:00.000Z paused");
    expect(verdict(profile, news, NOON, { ...NO_ORDERS, stopped: true })).toBe("wait 2026-01-15T12:01:00.000Z stopped");
    // To be told of when it expires, and not a minute later.
    expect(verdict(profile, news, NOON + 12 * HOUR_MS, paused)).toBe("wait 2026-01-16T00:00:00.001Z paused");
  });

  it("hold what would go by a paused channel, unless another one is left to it", () => {
    const profile = person();
    say(profile, "granted");
    const news = fire(profile, "news");
    const offer = fire(profile, "offer", NOON - HOUR_MS);
    const orders = (...pausedChannels: readonly Channel[]): Orders => ({ ...NO_ORDERS, pausedChannels });
    expect(verdict(profile, offer, NOON, orders("sms"))).toBe("go email");
    expect(verdict(profile, offer, NOON, orders("email"))).toBe("wait 2026-01-15T12:01:00.000Z paused");
    const alone = person();
    say(alone, "granted");
    expect(verdict(alone, fire(alone, "news"), NOON, orders("sms"))).toBe("go email");
    expect(verdict(alone, fire(alone, "news"), NOON, orders("sms", "email"))).toMatch(/^wait .* paused$/);
    expect(verdict(profile, news, NOON + 12 * HOUR_MS + 1, orders("sms", "email"))).toBe("skip expired");
    // Whoever does not want it is told so at once, not when the channel is resumed.
    const refused = person();
    say(refused, "refused");
    expect(verdict(refused, fire(refused, "offer"), NOON, orders("email"))).toBe("skip no_consent");
  });
});

describe("arbitration", () => {
  it("waits a minute for others, as long as its rule says, or, of what is owed, for nobody", () => {
    const profile = person();
    expect(fire(profile, "offer").due).toBe(NOON + 60_000);
    expect(fire(profile, "below").due).toBe(NOON + 5 * 60_000);
    expect(fire(profile, "thanks").due).toBe(NOON);
  });

  it("sends the one of highest priority of a category, whichever was decided first", () => {
    const profile = person();
    say(profile, "granted");
    const news = fire(profile, "news");
    const offer = fire(profile, "offer", NOON + 1);
    expect(verdict(profile, news, NOON + 1)).toBe("skip outbid");
    expect(verdict(profile, offer, NOON + 1)).toBe("go email");
  });

  it("is not lost against one that may not be sent itself, nor against one of another category", () => {
    const profile = person();
    say(profile, "granted", "marketing", "sms");
    const news = fire(profile, "news");
    fire(profile, "offer", NOON + 1);
    fire(profile, "thanks", NOON + 1);
    expect(verdict(profile, news, NOON + 1)).toBe("go sms");
  });
});

describe("a holdout", () => {
  it("keeps out whom its salt draws, always the same, and nobody else", () => {
    fc.assert(
      fc.property(fc.nat(2 ** 30), (n) => {
        const profile = createProfile(createProfileId(0 as Slot, 5, n), plan);
        bindIdentifier(profile, { kind: "email", value: "a@example.fr" }, "bound");
        const isOut = shareOf(profile.id, "spring") < 40;
        expect(verdict(profile, fire(profile, "kept"))).toBe(isOut ? "skip holdout" : "go email");
      }),
    );
  });

  const keptOut = (isOut: boolean): Profile => {
    for (;;) {
      const profile = person();
      if (isHeldOut(profile.id, { salt: "spring", percent: 40 }) === isOut) return profile;
    }
  };
  const exposures = (profile: Profile, waiting: WaitingMessage, of = plan) => {
    const told = gate(waiting, { profile, plan: of, orders: NO_ORDERS, at: NOON });
    return told.is === "wait" ? [] : (told.exposures ?? []).map(({ salt, heldOut, by }) => [salt, heldOut, by]);
  };

  it("is asked last, so that who is held out and who is not have passed the same gates", () => {
    for (const isOut of [true, false]) {
      const profile = keptOut(isOut);
      const kept = fire(profile, "kept");
      expect(exposures(profile, kept)).toEqual([["spring", isOut, "trigger kept"]]);
      say(profile, "refused", "club");
      expect(verdict(profile, kept)).toBe("skip no_consent");
      expect(exposures(profile, kept)).toEqual([]);
    }
  });

  it("leaves the way free for others that compete: who is held out is sent what they would be without that rule", () => {
    for (const isOut of [true, false]) {
      const profile = keptOut(isOut);
      fire(profile, "kept");
      const below = fire(profile, "below", NOON + 1);
      expect(verdict(profile, below, NOON + 1)).toBe(isOut ? "go email" : "skip outbid");
    }
  });

  it("of everything keeps from all that is not owed, before a rule's own is asked", () => {
    const { sending } = plan;
    if (sending === undefined) throw new Error("there are rules of sending");
    const of = { ...plan, sending: { ...sending, holdout: { percent: 50, salt: EVERYTHING } } };
    for (let n = 0; n < 40; n++) {
      const profile = person();
      const isOut = isHeldOut(profile.id, { percent: 50, salt: EVERYTHING });
      const kept = fire(profile, "kept");
      const first = [[EVERYTHING, isOut, "trigger kept"]];
      const own = ["spring", isHeldOut(profile.id, { percent: 40, salt: "spring" }), "trigger kept"];
      expect(exposures(profile, kept, of)).toEqual(isOut ? first : [...first, own]);
      const thanks = fire(profile, "thanks");
      const told = gate(thanks, { profile, plan: of, orders: NO_ORDERS, at: NOON });
      expect(told).toMatchObject({ is: "go", exposures: [] });
    }
  });
});

describe("free words of WhatsApp", () => {
  const template = (words: string): string => `---\nen: ${words}\n---\n`;
  const rules = (words: string) => ({
    "events/seen.yaml": "event: seen\n",
    "consent.yaml": "purposes:\n  marketing: {channels: [email, whatsapp], unasked: allowed}\n",
    "triggers/hello.yaml": "trigger: hello\non: seen\nsend: {template: hello, by: [whatsapp, email]}\n",
    "../templates/whatsapp/hello.hbs": template(words),
    "../templates/email/hello.hbs": `${template("{subject: Hello, preheader: You, text: Hello}")}<mjml><mj-body><mj-section><mj-column><mj-text>{{t.text}} <a href="{{link.unsubscribe}}">no more</a></mj-text></mj-column></mj-section></mj-body></mjml>\n`,
  });
  const free = "{text: Hello. STOP ends this}";

  it.each([
    ["go while the customer has written less than 24 hours ago", free, 23.9, "whatsapp"],
    ["make way for the next channel from then on", free, 24, "email"],
    ["make way where the customer has never written", free, undefined, "email"],
    [
      "that are approved go at any time",
      "{twilio: HX5f1c9d7e2b4a4c6e8f0a1b2c3d4e5f61, text: Hello. STOP}",
      undefined,
      "whatsapp",
    ],
  ])("%s", (_, words, hoursAgo, channel) => {
    const of = soundPlan(rules(words));
    const profile = createProfile(createProfileId(0 as Slot, 0, 1), of);
    bindIdentifier(profile, { kind: "phone", value: "+33612345678" }, "bound");
    bindIdentifier(profile, { kind: "email", value: "marie@example.fr" }, "bound");
    if (hoursAgo !== undefined)
      applyEvent(
        profile,
        createEvent("reply", NOON - hoursAgo * HOUR_MS, { name: "whatsapp_replied", fields: {} }),
        NOON,
      );
    const waiting = fire(profile, "hello", NOON, of);
    expect(gate(waiting, { profile, plan: of, orders: NO_ORDERS, at: NOON })).toMatchObject({ is: "go", channel });
  });
});
