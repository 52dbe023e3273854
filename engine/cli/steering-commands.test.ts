/** What `vif pause` and `vif resume` ask of the engine, and what they refuse before they ask. */
import { expect, it } from "vitest";
import type { SteeringReport } from "../control/steering-port.ts";
import { nearestName } from "../model/nearest-name.ts";
import { createAskedClient, createKeptTerminal } from "./command-fixtures.ts";
import { createSteeringCommands } from "./steering-commands.ts";

const REPORT: SteeringReport = {
  plans: [],
  paused: ["news"],
  pausedChannels: ["sms"],
  stopped: false,
  folders: [],
  pending: [],
};

async function run(name: string, ...args: readonly string[]) {
  const { client, asked } = createAskedClient(REPORT);
  const { terminal, text } = createKeptTerminal();
  const command = createSteeringCommands(async () => client, nearestName).find((each) => each.name === name);
  const code = await command?.run(args, terminal);
  return { code, asked, text: text() };
}

it("pauses and resumes a trigger, or a channel, and says what is paused", async () => {
  const { asked, text } = await run("pause", "news");
  expect(asked).toEqual([["POST", "/v1/orders", { do: "pause", trigger: "news" }]]);
  expect(text).toContain("Paused: news.");
  expect(text).toContain("Channels paused: sms; what is decided for them waits.");
  expect((await run("resume", "--channel", "sms")).asked).toEqual([
    ["POST", "/v1/orders", { do: "resume", channel: "sms" }],
  ]);
});

it("asks nothing when it is not said which, or there is no such channel", async () => {
  await expect(run("pause")).rejects.toThrow("TRIGGER is missing, or --channel NAME.");
  await expect(run("pause", "--channel", "emial")).rejects.toThrow("There is no channel emial. Did you mean email?");
  await expect(run("pause", "news", "--channel", "sms")).rejects.toThrow(/one of them at a time/);
});
