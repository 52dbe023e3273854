/**
 * A real engine whose settings name an SMTP server, and a real server: an order becomes an e-mail in the customer's language, and
 * one that the server refuses at first comes later.
 */
import { expect, it } from "vitest";
import { startSmtpProvider } from "../../channels/email/smtp-provider-fixtures.ts";
import { createEngineOfFile } from "../support/engine-of-file.ts";
import { say } from "../support/server-client.ts";
import { until } from "../support/waiting.ts";

const server = await startSmtpProvider();
const engine = await createEngineOfFile("mail-by-smtp", {
  settings: () => ({
    VIF_SMTP_URL: `smtp://127.0.0.1:${server.port}`,
    VIF_EMAIL_FROM: "Saule & Fils <bonjour@saule.example>",
  }),
});

async function order(userId: string, first_name: string, language: string): Promise<void> {
  await say(engine, "/v1/identify", { userId, traits: { email: `${userId}@example.fr`, first_name, language } });
  await say(engine, "/v1/track", {
    userId,
    messageId: `order-${userId}`,
    event: "Order Completed",
    properties: { order_id: userId, channel: "web", total: 120, currency: "EUR" },
  });
}

const mailTo = (address: string) => server.mails.filter(({ to }) => to.includes(address));

it("sends what a trigger set off to the customer, once, by the server that the settings name", async () => {
  await order("marie", "Zoë <b>", "fr");
  await until("the mail is there", () => mailTo("marie@example.fr").length > 0);
  const [mail, ...others] = mailTo("marie@example.fr");
  expect(others).toEqual([]);
  expect(mail).toMatchObject({ from: "bonjour@saule.example", to: ["marie@example.fr"] });
  const [head = "", body = ""] = (mail?.raw ?? "").split("\r\n\r\n", 2);
  expect(head).toMatch(/^Content-Language: fr\r$/m);
  expect(head).not.toMatch(/^Bcc/im);
  expect(body).toContain("text/plain");
  expect(mail?.raw).not.toContain("{{");
  // In the markup the name is text, in the text it is as it was said, on one line.
  const raw = mail?.raw ?? "";
  const markup = raw.slice(raw.indexOf("text/html"));
  const html = markup.replace(/=\r\n/g, "").replace(/=3D/g, "=");
  expect(html).toContain("&lt;b&gt;");
  expect(html).not.toContain("Zo=C3=AB <b>");
});

it("tries again what the server had no room for", async () => {
  server.become("saying");
  server.reply = { at: "recipient", code: 451, text: "4.3.0 Try later" };
  const before = server.taken;
  await order("paul", "Paul", "en");
  await until("it was tried", () => server.taken > before);
  expect(mailTo("paul@example.fr")).toEqual([]);
  server.become("well");
  await until("it came later", () => mailTo("paul@example.fr").length > 0, 120_000);
  expect(mailTo("paul@example.fr").length).toBe(1);
}, 150_000);
