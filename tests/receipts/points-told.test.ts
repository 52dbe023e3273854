/**
 * What a receipt has done to the points follows its ticket by the customer's best channel, with the same numbers: on a
 * running engine with the example brand's rules, once, whatever becomes of the process.
 */
import { describe, expect, it } from "vitest";
import type { WhyReport } from "../../engine/control/profile-port.ts";
import type { OutgoingMessage } from "../../engine/model/message.ts";
import { createEngineOfFile } from "../support/engine-of-file.ts";
import { CONTROL_TOKEN } from "../support/engine-process.ts";
import { recordedMessages } from "../support/recorded-messages.ts";
import { say } from "../support/server-client.ts";
import { postReceipts, receipt } from "../support/till-client.ts";

const engine = await createEngineOfFile("points-told");

const TEMPLATES = ["points-earned", "points-taken-back"];
/** Where it is noon, so that no quiet hour keeps a message. */
const atNoon = (): string => {
  const ahead = 12 - new Date().getUTCHours();
  return `Etc/GMT${ahead > 0 ? "-" : "+"}${Math.abs(ahead)}`;
};

/** @returns what receipts say of their customer */
async function customer(userId: string, traits: Readonly<Record<string, unknown>>): Promise<{ userId: string }> {
  await say(engine, "/v1/identify", { userId, traits: { language: "fr", time_zone: atNoon(), ...traits } });
  return { userId };
}

async function why(userId: string, rule: string): Promise<WhyReport> {
  const response = await fetch(`http://127.0.0.1:${engine.controlPort}/v1/why?who=user%3A${userId}&rule=${rule}`, {
    headers: { authorization: `Bearer ${CONTROL_TOKEN}` },
  });
  return (await response.json()) as WhyReport;
}

/** What has become of each message of a trigger to this customer. */
async function became(userId: string, rule = "points-earned"): Promise<readonly (string | undefined)[]> {
  return ((await why(userId, rule)).fired ?? []).map(({ now }) => now?.became).toSorted();
}

/** Every message about points to one of these addresses. */
async function toldTo(...addresses: readonly string[]): Promise<readonly OutgoingMessage[]> {
  const all = await recordedMessages(engine);
  return all.filter(({ template, address }) => TEMPLATES.includes(template) && addresses.includes(address));
}

const phoneOf = (n: number): string => `+3361200010${n}`;

describe("a receipt of somebody", () => {
  it("is followed by its points and the balance of its ticket, once, by WhatsApp where there is a phone", async () => {
    const phone = phoneOf(1);
    const marie = await customer("told-1", { phone, email: "told-1@example.fr" });
    const sale = receipt({ customer: marie });
    const { answer } = await postReceipts(engine.port, sale);
    expect(answer.points).toEqual({ earned: 25, reversed: 0, balance: 25 });
    expect(answer.print.join(" ")).toContain("25");
    expect((await postReceipts(engine.port, sale)).answer).toMatchObject({ is: "repeated", points: answer.points });
    await expect.poll(() => became("told-1")).toEqual(["accepted"]);
    const another = await postReceipts(engine.port, receipt({ customer: marie, total: 100, lines: [] }));
    expect(another.answer.points?.balance).toBe(125);
    await expect.poll(() => became("told-1")).toEqual(["accepted", "accepted"]);
    // The one after the other: a balance is that of its receipt, whatever has come since.
    expect(await toldTo(phone, "told-1@example.fr")).toMatchObject([
      { channel: "whatsapp", address: phone, template: "points-earned", parts: { variables: ["25", "25"] } },
      { channel: "whatsapp", address: phone, template: "points-earned", parts: { variables: ["100", "125"] } },
    ]);
    const refersTo = { receiptId: sale.receiptId };
    const back = await postReceipts(engine.port, receipt({ customer: marie, kind: "return", refersTo }));
    expect(back.answer.points).toMatchObject({ earned: 0, reversed: 25, balance: 100 });
    await expect.poll(() => became("told-1", "points-taken-back")).toEqual(["accepted"]);
    expect((await toldTo(phone)).at(-1)).toMatchObject({
      channel: "whatsapp",
      template: "points-taken-back",
      parts: { variables: ["25", "100"], text: expect.stringContaining("Points repris par votre retour") },
    });
    expect(await became("told-1")).toHaveLength(2);
  });

  it("goes by the next best where one is refused, and by none where all are", async () => {
    const consent = { "points.whatsapp": "refused" };
    const phone = phoneOf(2);
    const bySms = await customer("told-2", { phone, consent, language: "en" });
    await postReceipts(engine.port, receipt({ customer: bySms }));
    await expect.poll(() => became("told-2")).toEqual(["accepted"]);
    const text = "Saule & Fils: your purchase has earned 25 points, your balance is 25. STOP to end";
    expect(await toldTo(phone)).toMatchObject([{ channel: "sms", parts: { text } }]);

    const byMail = await customer("told-3", { email: "told-3@example.fr", first_name: "Zoé" });
    await postReceipts(engine.port, receipt({ customer: byMail }));
    await expect.poll(() => became("told-3")).toEqual(["accepted"]);
    const [mail] = await toldTo("told-3@example.fr");
    expect(mail).toMatchObject({ channel: "email", parts: { subject: "+25 points sur votre carte" } });
    expect(mail?.links.unsubscribe).toMatch(/^http/);

    const refuses = await customer("told-4", { email: "told-4@example.fr", consent: { points: "refused" } });
    await postReceipts(engine.port, receipt({ customer: refuses }));
    await expect.poll(() => became("told-4")).toEqual(["skipped no_consent"]);
    expect(await toldTo("told-4@example.fr")).toEqual([]);
  });

  it("tells what the engine has counted, whatever the till says of it", async () => {
    const customerOf = await customer("told-5", { email: "told-5@example.fr" });
    const properties = { points_earned: 5_000, points_balance: 9_000 };
    const { answer } = await postReceipts(engine.port, receipt({ customer: customerOf, properties }));
    expect(answer.points).toEqual({ earned: 25, reversed: 0, balance: 25 });
    await expect.poll(async () => (await toldTo("told-5@example.fr")).length).toBe(1);
    const [mail] = await toldTo("told-5@example.fr");
    expect(mail?.parts.is === "email" && mail.parts.text).toMatch(/\+25\b[\s\S]*Solde : 25 points/);
    await engine.drain();
    const { tree } = await why("told-5", "points-earned");
    const read = tree.flatMap(({ values }) => values).filter(({ name }) => name.includes("points_earned"));
    expect(read.map(({ value }) => value)).toEqual(["25"]);
  });

  it("is told once though the process is killed as soon as the till is answered", async () => {
    const killed = await customer("told-6", { email: "told-6@example.fr" });
    const sale = receipt({ customer: killed });
    const { answer } = await postReceipts(engine.port, sale);
    await engine.kill();
    await engine.start();
    expect((await postReceipts(engine.port, sale)).answer).toMatchObject({ is: "repeated", points: answer.points });
    await expect.poll(() => became("told-6"), { timeout: 20_000 }).toHaveLength(1);
    // One that was just being sent may have been sent: it is not sent again.
    await expect
      .poll(() => became("told-6"), { timeout: 20_000 })
      .toEqual([expect.stringMatching(/^(accepted|unknown)/)]);
    expect((await toldTo("told-6@example.fr")).length).toBeLessThanOrEqual(1);
  }, 60_000);
});

describe("a receipt that is followed by nothing", () => {
  it.each([
    ["is nobody's", {}],
    ["has earned nothing", { lines: [{ sku: "card", category: "gift-card", quantity: 1, unitPrice: 25.5 }] }],
  ])("%s", async (title, fields) => {
    const userId = `untold-${title.replaceAll(/\W+/g, "-")}`;
    const email = `${userId}@example.fr`;
    const somebody = await customer(userId, { email });
    const { answer } = await postReceipts(
      engine.port,
      receipt({ ...(title !== "is nobody's" && { customer: somebody }), ...fields }),
    );
    expect(answer.points?.earned ?? 0).toBe(0);
    // What comes after it is told, so nothing is still on its way.
    await postReceipts(engine.port, receipt({ customer: somebody }));
    await expect.poll(() => became(userId)).toEqual(["accepted"]);
    expect(await toldTo(email)).toMatchObject([{ parts: { subject: "+25 points sur votre carte" } }]);
  });
});
