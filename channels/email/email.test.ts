import { spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createTestFolder, removeTestFolder } from "../../tests/support/test-folder.ts";
import { describeChannel, messageTo } from "../contract.ts";
import { createEmailAdapter, type EmailOptions } from "./adapter.ts";
import { emailRequest } from "./request.ts";
import { type SmtpProvider, startSmtpProvider } from "./smtp-provider-fixtures.ts";

const from = { name: "Saule & Fils", address: "bonjour@saule.example" };
const parts = {
  is: "email",
  subject: "Marie, un cadeau pour votre fête",
  html: "<!doctype html><html><body><p>Bonjour Zoë 😀</p></body></html>",
  text: "Bonjour Zoë 😀",
} as const;
const links = { unsubscribe: "https://v.example/u?t=a.b-c" };
const to = "marie@example.fr";
const corpus = join(process.env["VIF_TEST_DATA"] ?? "../shared/data", "suites/isemail/tests.xml");
const soon = (): AbortSignal => AbortSignal.timeout(30_000);

function optionsFor(provider: Pick<SmtpProvider, "port">, more: Partial<EmailOptions> = {}): EmailOptions {
  return { url: `smtp://127.0.0.1:${provider.port}`, from, allowsPlain: true, connectionsMax: 3, ...more };
}

/** Headers of a message as it came, unfolded, by name in small letters. */
function headersOf(raw: string): Readonly<Record<string, string>> {
  const [head = ""] = raw.split("\r\n\r\n");
  const lines = head.replace(/\r\n[ \t]+/g, " ").split("\r\n");
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 2)]),
  );
}

describeChannel<SmtpProvider>({
  name: "email",
  start: () => startSmtpProvider(),
  open: (provider) => createEmailAdapter(optionsFor(provider)),
  openNowhere: () => createEmailAdapter(optionsFor({ port: 9 })),
  message: () => messageTo(to, parts, { links }),
  badAddresses: [
    "",
    "marie",
    "marie@example",
    "a@b.example, c@d.example",
    "a@b.example\r\nRCPT TO:<c@d.example>",
    '"a b"@c.example',
  ],
  more(given) {
    it("sends both parts, a way out by one click, and an id that a bounce brings back", async () => {
      const { adapter, provider } = given();
      const before = provider.mails.length;
      await adapter.deliver(messageTo(to, parts, { links, attempt: 2 }), soon());
      const [mail] = provider.mails.slice(before);
      const headers = headersOf(mail?.raw ?? "");
      expect(mail).toMatchObject({ from: "bonjour@saule.example", to: [to] });
      expect(headers).toMatchObject({
        from: '"Saule & Fils" <bonjour@saule.example>',
        to,
        "message-id": "<p1.0123456789abcdef0123456789abcdef.c2lnbmF0dXJl.2@saule.example>",
        "list-unsubscribe": "<https://v.example/u?t=a.b-c>",
        "list-unsubscribe-post": "List-Unsubscribe=One-Click",
        "content-language": "fr",
        "mime-version": "1.0",
      });
      expect(headers["content-type"]).toMatch(/^multipart\/alternative/);
      expect(mail?.raw).toContain("Content-Type: text/plain; charset=utf-8");
      expect(mail?.raw).toContain("Content-Type: text/html; charset=utf-8");
    });

    it("keeps its connections for the next messages", async () => {
      const { adapter, provider } = given();
      await adapter.deliver(messageTo(to, parts), soon());
      const before = provider.connections;
      for (let n = 0; n < 5; n++) await adapter.deliver(messageTo(to, parts), soon());
      expect(provider.connections).toBe(before);
    });

    it.each([
      ["sender", 530, "5.7.0 Authentication required", { is: "failed", reason: "credentials" }],
      ["sender", 421, "4.3.2 Going down", { is: "failed", reason: "unavailable" }],
      ["recipient", 550, "5.1.1 No such user", { is: "rejected", reason: "bad_address", code: "550 5.1.1" }],
      ["recipient", 550, "Unknown user", { is: "rejected", reason: "bad_address", code: "550" }],
      ["recipient", 550, "5.2.1 Mailbox disabled", { is: "rejected", reason: "bad_address" }],
      ["recipient", 550, "5.7.1 Not wanted", { is: "rejected", reason: "blocked" }],
      ["recipient", 450, "4.2.0 Greylisted", { is: "failed", reason: "unavailable" }],
      ["recipient", 451, "4.7.1 Slow down", { is: "throttled" }],
      ["recipient", 552, "5.2.2 Mailbox full", { is: "failed", reason: "unavailable" }],
      ["message", 554, "5.7.1 Spam", { is: "rejected", reason: "blocked" }],
      ["message", 552, "5.3.4 Too big", { is: "rejected", reason: "content" }],
      ["message", 550, "Looks like spam", { is: "rejected", reason: "blocked" }],
      ["message", 451, "4.3.0 Try later", { is: "failed", reason: "unavailable" }],
    ] as const)("at the %s, %i %s is told as what it is, and kept by nobody", async (at, code, text, outcome) => {
      const { adapter, provider } = given();
      provider.become("saying");
      provider.reply = { at, code, text };
      const kept = provider.mails.length;
      expect(await adapter.deliver(messageTo(to, parts), soon())).toMatchObject(outcome);
      expect(provider.mails.length).toBe(kept);
    });

    it.each(["recipient", "message"] as const)("a server that hangs up at the %s", async (at) => {
      const { adapter, provider } = given();
      provider.become("drops");
      provider.dropsAt = at;
      // Until it has asked for the message nothing can have been sent.
      expect(await adapter.deliver(messageTo(to, parts), soon())).toMatchObject(
        at === "recipient" ? { is: "failed", reason: "unavailable" } : { is: "unknown", reason: "connection_lost" },
      );
      provider.dropsAt = "message";
    });

    it("signs with DKIM, the way out too", async () => {
      const { provider } = given();
      const { privateKey } = generateKeyPairSync("rsa", {
        modulusLength: 2048,
        publicKeyEncoding: { type: "spki", format: "pem" },
        privateKeyEncoding: { type: "pkcs8", format: "pem" },
      });
      const dkim = { domainName: "saule.example", keySelector: "vif", privateKey };
      const adapter = createEmailAdapter(optionsFor(provider, { dkim }));
      const before = provider.mails.length;
      await adapter.deliver(messageTo(to, parts, { links }), soon());
      await adapter.close();
      const signature = headersOf(provider.mails[before]?.raw ?? "")["dkim-signature"] ?? "";
      expect(signature).toMatch(/d=saule\.example/);
      expect(signature.replace(/\s/g, "").toLowerCase()).toMatch(/h=[^;]*list-unsubscribe:list-unsubscribe-post/);
    });

    it("says nothing in the clear to a server that offers no TLS, unless it may", async () => {
      const { provider } = given();
      const adapter = createEmailAdapter(optionsFor(provider, { allowsPlain: false }));
      const before = provider.taken;
      expect(await adapter.deliver(messageTo(to, parts), soon())).toMatchObject({
        is: "failed",
        reason: "unreachable",
      });
      expect(provider.taken).toBe(before);
      await adapter.close();
    });
  },
});

const noOpenssl = spawnSync("openssl", ["version"]).status === 0 ? undefined : "openssl is not installed";

describe.skipIf(noOpenssl !== undefined)("e-mail over TLS", () => {
  it("goes to a server whose certificate is trusted, and to no other; with a password that is right, and no other", async () => {
    const folder = createTestFolder("smtp-tls");
    const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
    const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
    const make = spawnSync("openssl", [
      "req",
      "-x509",
      "-newkey",
      "rsa:2048",
      "-nodes",
      "-days",
      "2",
      "-keyout",
      key,
      "-out",
      cert,
      ...subject,
    ]);
    expect(make.status).toBe(0);
    const authority = readFileSync(cert, "utf8");
    const provider = await startSmtpProvider({
      key: readFileSync(key),
      cert: authority,
      authOptional: false,
      onAuth: ({ username, password }, _session, done) =>
        username === "vif" && password === "right" ? done(null, { user: "vif" }) : done(new Error("Invalid")),
    });
    const deliver = async (password: string, more: Partial<EmailOptions>) => {
      const url = `smtp://vif:${password}@localhost:${provider.port}`;
      const adapter = createEmailAdapter(optionsFor(provider, { url, allowsPlain: false, ...more }));
      const outcome = await adapter.deliver(messageTo(to, parts), soon());
      await adapter.close();
      return outcome;
    };
    expect(await deliver("right", { authority })).toMatchObject({ is: "accepted" });
    expect(await deliver("right", {})).toMatchObject({ is: "failed", reason: "unreachable" });
    expect(await deliver("wrong", { authority })).toMatchObject({ is: "failed", reason: "credentials" });
    expect(provider.mails.length).toBe(1);
    await provider.close();
    removeTestFolder(folder);
  });
});

describe("headers", () => {
  it("hold one line each and nobody else, whatever is in a subject", () => {
    const naughty = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.string({ unit: fc.constantFrom("\r", "\n", "B", "c", ":", " ", "\u2028", "\u0000", "a@b.example") }),
    );
    fc.assert(
      fc.property(naughty, (subject) => {
        const request = emailRequest(messageTo(to, { ...parts, subject }, { links }), { from });
        if ("is" in request) return;
        const texts = [request.subject, request.messageId, ...Object.values(request.headers)];
        // oxlint-disable-next-line no-control-regex
        for (const text of texts) expect(text).not.toMatch(/[\r\n\u0000]/);
        expect(request.envelope.to).toBe(to);
      }),
    );
  });

  it.skipIf(!existsSync(corpus))("name one address, or none is made: the isemail corpus", () => {
    const tests = [...readFileSync(corpus, "utf8").matchAll(/<address>([^]*?)<\/address>/g)];
    const unescape = (text: string): string =>
      text
        .replace(/&#x24([0-9a-f]{2});/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
        .replace(/&#x([0-9a-f]+);/gi, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)))
        .replace(/&lt;/g, "<")
        .replace(/&gt;/g, ">")
        .replace(/&quot;/g, '"')
        .replace(/&amp;/g, "&");
    expect(tests.length).toBeGreaterThan(160);
    let made = 0;
    for (const [, text = ""] of tests) {
      const address = unescape(text);
      const request = emailRequest(messageTo(address, parts), { from });
      if ("is" in request) {
        expect(request).toEqual({ is: "rejected", reason: "bad_address" });
        continue;
      }
      made += 1;
      expect(request.envelope.to).toBe(address);
      // Of these nothing could add a recipient, a command or a header.
      expect(address).toMatch(/^[^\s,;:<>()"\\[\]@]+@[^\s,;:<>()"\\[\]@]+$/);
    }
    expect(made).toBeGreaterThan(10);
  });

  it("promise one click only where it is over https", () => {
    const request = emailRequest(messageTo(to, parts, { links: { unsubscribe: "http://v.example/u" } }), { from });
    expect("is" in request ? {} : request.headers).not.toHaveProperty("List-Unsubscribe-Post");
  });
});
