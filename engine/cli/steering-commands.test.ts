/** What `vif pause` and `vif resume` ask of the engine, and what they refuse before they ask. */
import { expect, it } from "vitest";
import type { SteeringReport } from "../control/steering-port.ts";
import { nearestName } from "../model/nearest-name.ts";
import type { EngineClient } from "./engine-client.ts";
import { createSteeringCommands } from "./steering-commands.ts";
import { createStyle } from "./terminal.ts";

const REPORT: SteeringReport = {
  plans: [],
  paused: ["news"],
  pausedChannels: ["sms"],
  stopped: false,
  folders: [],
  pending: [],
};

async function run(name: string, ...args: readonly string[]) {
  const asked: unknown[] = [];
  const lines: string[] = [];
  const client = {
    ask: async (...question: readonly unknown[]) => {
      asked.push(question);
      return { is: "answer", answer: REPORT };
    },
  } as unknown as EngineClient;
  const style = createStyle(false);
  const say = (text: string): void => void lines.push(text);
  const terminal = { out: say, err: say, outStyle: style, errStyle: style, columns: undefined };
  const command = createSteeringCommands(async () => client, nearestName).find((each) => each.name === name);
  const code = await command?.run(args, terminal);
  return { code, asked, text: lines.join("\n") };
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
