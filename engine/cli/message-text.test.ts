/** What is said of a message says no more than is known. */
import { expect, it } from "vitest";
import type { MessageTold } from "../control/profile-port.ts";
import { messageText } from "./message-text.ts";

const AT = Date.UTC(2026, 10, 28, 10, 18, 57);
const ENDED = { state: "ended", told: AT } as const;
const CALLED = { ...ENDED, attempts: 1, channel: "email", tried: AT } as const;
const said = (told: MessageTold): string =>
  messageText(told).replaceAll(/\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}/g, "TIME");

it("calls sent what a provider took, and only that", () => {
  expect(said({ ...CALLED, became: "accepted" })).toBe("accepted TIME, by email, sent TIME, tried once");
  expect(said({ ...CALLED, became: "bounced hard", attempts: 2 })).toBe(
    "bounced hard TIME, by email, sent TIME, tried 2 times",
  );
  expect(said({ ...CALLED, became: "failed unavailable" })).toBe(
    "failed unavailable TIME, by email, tried once, at TIME",
  );
  expect(said({ ...CALLED, became: "unknown crash", attempts: 10 })).toBe(
    "unknown crash TIME, by email, tried 10 times, last at TIME",
  );
  expect(said({ ...ENDED, became: "skipped pressure", attempts: 0 })).toBe("skipped pressure TIME");
});

it("says of a page's message that it is on show, not that it was shown", () => {
  expect(said({ ...CALLED, state: "under way", channel: "web" })).toBe("on show since TIME, by web, tried once");
  expect(said({ ...CALLED, channel: "web", became: "accepted" })).toBe("accepted TIME, by web, on show since TIME");
  expect(said({ ...CALLED, channel: "web", became: "unknown no_answer" })).toBe(
    "unknown no_answer TIME, by web, on show since TIME",
  );
  expect(said({ ...CALLED, state: "under way" })).toBe("under way since TIME, by email, tried once");
});
