/** A real engine on the example brand's rules: an order becomes a message, recorded as nothing else is configured, and told. */
import { expect, it } from "vitest";
import type { ProfileReport, WhyReport } from "../../engine/control/profile-port.ts";
import { CONTROL_TOKEN } from "../support/engine-process.ts";
import { createEngineOfFile } from "../support/engine-of-file.ts";
import { recordedMessages } from "../support/recorded-messages.ts";
import { say } from "../support/server-client.ts";
import { until } from "../support/waiting.ts";

const engine = await createEngineOfFile("recorded-messages");

async function asked<Report>(path: string): Promise<Report> {
  const response = await fetch(`http://127.0.0.1:${engine.controlPort}${path}`, {
    headers: { authorization: `Bearer ${CONTROL_TOKEN}` },
  });
  return (await response.json()) as Report;
}

it("thanks for an order by e-mail once, and tells when it was decided, sent and accepted", async () => {
  await say(engine, "/v1/identify", { userId: "u1", traits: { email: "marie@example.fr", language: "fr" } });
  const order = {
    messageId: "order-1",
    userId: "u1",
    event: "Order Completed",
    properties: { order_id: "o1", channel: "web", total: 120, currency: "EUR" },
  };
  await say(engine, "/v1/track", order);
  await say(engine, "/v1/track", order);
  let why: WhyReport | undefined;
  await until(
    () => `the message is accepted; ${JSON.stringify(why?.fired)}`,
    async () => {
      why = await asked<WhyReport>("/v1/why?who=user%3Au1&rule=order-thanks");
      return why.fired?.[0]?.now?.state === "ended";
    },
  );
  const [fired, ...others] = why?.fired ?? [];
  expect(others).toEqual([]);
  expect(fired?.now).toMatchObject({ became: "accepted", channel: "email", attempts: 1 });
  const { tried = 0, told = 0 } = fired?.now ?? {};
  expect(tried).toBeGreaterThanOrEqual(fired?.at ?? Number.POSITIVE_INFINITY);
  expect(told).toBeGreaterThanOrEqual(tried);
  const lines = (await recordedMessages(engine)).filter(({ template }) => template === "order-thanks");
  expect(lines).toMatchObject([{ id: fired?.message, attempt: 1, channel: "email", address: "marie@example.fr" }]);
});

it("does not write to somebody of whom it has no address, and says so", async () => {
  await say(engine, "/v1/track", {
    userId: "u2",
    event: "Order Completed",
    properties: { order_id: "o2", channel: "web", total: 40, currency: "EUR" },
  });
  let report: ProfileReport | undefined;
  await until(
    () => `the message has ended; ${JSON.stringify(report?.fired)}`,
    async () => {
      report = await asked<ProfileReport>("/v1/profile?who=user%3Au2");
      return report.fired.some(({ trigger, now }) => trigger === "order-thanks" && now?.state === "ended");
    },
  );
  const fired = report?.fired.find(({ trigger }) => trigger === "order-thanks");
  expect(fired?.now).toMatchObject({ became: "skipped unreachable", attempts: 0 });
  expect((await recordedMessages(engine)).filter(({ id }) => id === fired?.message)).toEqual([]);
});

it.each([
  ["is too long to be one", { first_name: "x".repeat(201) }, "skipped unrenderable first_name: too long"],
  [
    "leads elsewhere",
    { first_name: "Win at https://evil.example" },
    "skipped unrenderable first_name: holds an address",
  ],
  ["would turn a sentence round, or add a line", { first_name: "\u202eZo\u200bé\r\nBcc: x" }, "accepted"],
  ["comes with an address that is none", { email: "a@@b" }, "skipped unreachable"],
])("judges a person whose name %s, alone, and says of which value and why", async (title, traits, became) => {
  const people = [`odd ${title}`, `sound ${title}`].map((name) => name.replaceAll(/\W+/g, "-"));
  const [odd = "", sound = ""] = people;
  await say(engine, "/v1/batch", {
    batch: people.flatMap((userId) => [
      {
        type: "identify",
        messageId: `${userId} is`,
        userId,
        traits: { email: `${userId.slice(0, 20)}@example.fr`, first_name: "Marie", ...(userId === odd && traits) },
      },
      {
        type: "track",
        messageId: `${userId} buys`,
        userId,
        event: "Order Completed",
        properties: { order_id: userId, channel: "web", total: 120, currency: "EUR" },
      },
    ]),
  });
  const thanks = async (userId: string): Promise<string | undefined> => {
    const { fired } = await asked<WhyReport>(`/v1/why?who=user%3A${userId}&rule=order-thanks`);
    return fired?.[0]?.now?.became;
  };
  await expect.poll(() => thanks(odd), { timeout: 20_000 }).toBe(became);
  await expect.poll(() => thanks(sound), { timeout: 20_000 }).toBe("accepted");
  const text = JSON.stringify(await recordedMessages(engine));
  expect(text).not.toMatch(/evil\.example|\u202e|\u200b|x{201}/);
});
