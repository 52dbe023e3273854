/** What `vif outbox` prints, asks and refuses. */
import { expect, it } from "vitest";
import type { OutboxReport } from "../control/outbox-port.ts";
import { nearestName } from "../model/nearest-name.ts";
import { UsageError } from "./command.ts";
import { createAskedClient, createKeptTerminal } from "./command-fixtures.ts";
import { createOutboxCommand, renderOutbox } from "./outbox-command.ts";
import { createStyle } from "./terminal.ts";

const REPORT: OutboxReport = {
  dead: [
    {
      message: "18458fecd6377fd8c1cc8b175eb242b1",
      profile: "9911a221aa4bfd424d1b660e",
      trigger: "order-thanks",
      channel: "email",
      attempts: 10,
      became: "failed unavailable",
      code: "421",
      at: 1_000,
    },
    {
      message: "99458fecd6377fd8c1cc8b175eb242b1",
      profile: "9911a221aa4bfd424d1b660e",
      trigger: "wake-up",
      attempts: 1,
      became: "unknown crash",
      at: 900,
    },
  ],
  channels: [
    {
      channel: "email",
      adapter: "smtp",
      waiting: 3,
      taken: 1,
      paused: false,
      breaker: "open",
      outcomes: { accepted: 12, failed: 2 },
    },
    { channel: "sms", adapter: "recording", waiting: 0, taken: 0, paused: true, breaker: "closed", outcomes: {} },
  ],
};

async function run(...args: readonly string[]) {
  return runOn(REPORT, ...args);
}

async function runOn(report: OutboxReport, ...args: readonly string[]) {
  const { client, asked } = createAskedClient(report);
  const { terminal, text } = createKeptTerminal();
  const code = await createOutboxCommand(async () => client, nearestName).run(args, terminal);
  return { code, asked, text: text() };
}

it("shows each message with what it came to, and how channels stand", () => {
  const text = renderOutbox(REPORT, createStyle(false));
  expect(text).toMatch(/18458fecd637 +order-thanks +email +10 +failed unavailable \(421\)/);
  expect(text).toMatch(/99458fecd637 +wake-up +1 +unknown crash/);
  expect(text).toMatch(/email +smtp +3 +1 +open +12 accepted, 2 failed/);
  expect(text).toMatch(/sms +recording +0 +0 +paused/);
  expect(renderOutbox({ dead: [], channels: [] }, createStyle(false))).toMatch(/Come to nothing\n +none/);
});

it("lists, shows one, and tells the engine to replay or to drop one", async () => {
  expect((await run()).asked).toEqual([["GET", "/v1/outbox", {}]]);
  const shown = await run("show", "18458f");
  expect(shown.asked).toEqual([["GET", "/v1/outbox", { message: "18458f" }]]);
  expect(shown.text).toContain("order-thanks");
  expect((await runOn({ ...REPORT, dead: [] }, "show", "abcdef")).code).toBe(1);
  const replayed = await run("replay", "18458f");
  expect(replayed.asked).toEqual([["POST", "/v1/outbox/again", { do: "replay", message: "18458f" }]]);
  expect(replayed.text).toMatch(/^Message 18458f is tried once more; .*\. Left:\n/);
  expect((await run("drop", "18458f")).text).toMatch(/^Message 18458f is let go of\. Left:\n/);
  const dropped = await run("drop", "18458f", "--json");
  expect(JSON.parse(dropped.text)).toEqual(REPORT);
});

it("refuses what it does not know, and a message that is none", async () => {
  await expect(run("reply", "18458f")).rejects.toThrow(/Did you mean replay/);
  await expect(run("replay")).rejects.toThrow(UsageError);
  await expect(run("drop", "all")).rejects.toThrow(/6 characters/);
});

it("goes on to the next page from where one ended, and lists all as lines of JSON", async () => {
  const page = await runOn({ ...REPORT, next: "900-3-42" }, "--limit", "2");
  expect(page.asked).toEqual([["GET", "/v1/outbox", { limit: "2" }]]);
  expect(page.text).toContain("There are more: vif outbox --after 900-3-42, or --all.");
  expect((await run("--after", "900-3-42")).asked).toEqual([["GET", "/v1/outbox", { after: "900-3-42" }]]);
  const all = await run("--all", "--json");
  expect(all.asked).toEqual([["GET", "/v1/outbox", { limit: "1000" }]]);
  expect(
    all.text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown),
  ).toEqual(REPORT.dead);
});

it("refuses pages that are none", async () => {
  await expect(run("--limit", "0")).rejects.toThrow('--limit is from 1 to 1000, not "0".');
  await expect(run("--after", "yesterday")).rejects.toThrow(/--after is the place that a page ended with/);
  await expect(run("--all", "--limit", "5")).rejects.toThrow(/neither --limit nor --after/);
  await expect(run("replay", "18458f", "--all")).rejects.toThrow(/are of vif outbox list, not of replay/);
});
