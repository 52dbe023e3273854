import { describe, expect, it } from "vitest";
import { isLoopback, parseConfig } from "./config.ts";
import { parseProviders } from "./config-channels.ts";

const parse = (env: Readonly<Record<string, string>>) => parseConfig({ env, file: undefined, cwd: "/srv", cores: 2 });
const problemsOf = (env: Readonly<Record<string, string>>): string => {
  try {
    parse(env);
    return "";
  } catch (error) {
    return (error as Error).message;
  }
};
const sid = "0123456789abcdef".repeat(2);
const phrase = "a-phrase-of-the-tests";

describe("who carries messages", () => {
  it("is nobody where nothing is said", () => {
    expect(parse({}).providers).toEqual({});
  });

  it("is what the settings say", () => {
    const { providers } = parse({
      VIF_SMTP_URL: "smtp://vif:secret@mail.shop.example:587",
      VIF_EMAIL_FROM: "Saule & Fils <Bonjour@saule.example>",
      VIF_EMAIL_BOUNCES: "bounces@saule.example",
      VIF_DKIM_SELECTOR: "vif",
      VIF_DKIM_KEY: "dkim.pem",
      VIF_TWILIO_ACCOUNT: `AC${sid}`,
      VIF_TWILIO_TOKEN: phrase,
      VIF_SMS_FROM: `MG${sid}`,
      VIF_WHATSAPP_CLOUD_TOKEN: phrase,
      VIF_WHATSAPP_CLOUD_NUMBER: "102290129340398",
      VIF_WHATSAPP_CLOUD_SECRET: phrase,
      VIF_TELEGRAM_TOKEN: `123456789:${"a".repeat(35)}`,
      VIF_WEBHOOK_URL: "https://crm.example/hook",
      VIF_WEBHOOK_SECRET: `whsec_${Buffer.from("a secret of twenty-four b").toString("base64")}`,
    });
    expect(providers).toMatchObject({
      email: {
        from: { name: "Saule & Fils", address: "bonjour@saule.example" },
        bounceTo: "bounces@saule.example",
        allowsPlain: false,
        dkim: { domainName: "saule.example", keySelector: "vif", keyFile: "/srv/dkim.pem" },
      },
      twilio: { accountSid: `AC${sid}`, smsFrom: `MG${sid}` },
      whatsappCloud: { phoneNumberId: "102290129340398" },
      telegram: { token: `123456789:${"a".repeat(35)}`, secret: undefined },
      webhook: { url: "https://crm.example/hook", allowsPrivate: false },
    });
  });

  it("is used as fast, and by as many calls, as is said", () => {
    expect(parse({ VIF_SEND_RATES: "email=20, sms = 0.5", VIF_SEND_CALLS: "email=8" }).providers).toEqual({
      perSecond: { email: 20, sms: 0.5 },
      calls: { email: 8 },
    });
    expect(problemsOf({ VIF_SEND_RATES: "letter=3" })).toMatch(
      /VIF_SEND_RATES names no channel in "letter=3"; they are/,
    );
    expect(problemsOf({ VIF_SEND_RATES: "email=1,email=2" })).toContain("VIF_SEND_RATES names email twice.");
    expect(problemsOf({ VIF_SEND_RATES: "email=0" })).toContain("VIF_SEND_RATES is out of its range for email.");
    expect(problemsOf({ VIF_SEND_CALLS: "email=1.5" })).toContain("VIF_SEND_CALLS is out of its range for email.");
  });

  it("is tried again, and left alone, as is said, within bounds", () => {
    const settings = {
      VIF_SEND_TRIES: "sms=3",
      VIF_SEND_PAUSES: "email=2-7200, sms=30-600",
      VIF_BREAKER_FAILURES: "webhook=20",
      VIF_BREAKER_PAUSES: "sms=5-60",
    };
    expect(parse(settings).providers).toEqual({
      tries: { sms: 3 },
      pauses: { email: { firstMs: 2_000, longestMs: 7_200_000 }, sms: { firstMs: 30_000, longestMs: 600_000 } },
      breakerFailures: { webhook: 20 },
      breakerPauses: { sms: { firstMs: 5_000, longestMs: 60_000 } },
    });
    const refused = { VIF_SEND_TRIES: "21", VIF_SEND_PAUSES: "600-30", VIF_BREAKER_FAILURES: "0" } as const;
    for (const [name, value] of Object.entries(refused))
      expect(problemsOf({ [name]: `sms=${value}` })).toContain(`${name} is out of its range for sms.`);
    for (const value of ["0-5", "5", "5-90000", "1.5-3"])
      expect(problemsOf({ VIF_BREAKER_PAUSES: `sms=${value}` })).toContain(
        "VIF_BREAKER_PAUSES is out of its range for sms.",
      );
    expect(problemsOf({ VIF_SEND_PAUSES: "letter=1-2" })).toMatch(/VIF_SEND_PAUSES names no channel in "letter=1-2"/);
    expect(problemsOf({ VIF_SEND_PAUSES: "sms=1-2,sms=1-2" })).toContain("VIF_SEND_PAUSES names sms twice.");
  });

  it("may be spoken to without TLS on this computer only", () => {
    const of = (smtpUrl: string) =>
      parseProviders({ smtpUrl, emailFrom: "a@b.example" }, isLoopback, (path) => path).providers.email;
    expect(of("smtp://127.0.0.1:2525")?.allowsPlain).toBe(true);
    expect(of("smtp://[::1]:2525")?.allowsPlain).toBe(true);
    expect(of("smtp://localhost:2525")?.allowsPlain).toBe(true);
    expect(of("smtp://10.0.0.1:2525")?.allowsPlain).toBe(false);
  });

  it.each([
    [{ VIF_SMTP_URL: "smtp://mail.example" }, "VIF_SMTP_URL is set, but VIF_EMAIL_FROM is not."],
    [{ VIF_EMAIL_FROM: "a@b.example" }, "VIF_EMAIL_FROM is set, but VIF_SMTP_URL is not."],
    [{ VIF_SMTP_URL: "smtp://m.example", VIF_EMAIL_FROM: "Shop" }, "VIF_EMAIL_FROM is no e-mail address"],
    [
      { VIF_EMAIL_FROM: "a@b.example, c@d.example", VIF_SMTP_URL: "smtp://m.example" },
      "VIF_EMAIL_FROM is no e-mail address",
    ],
    [{ VIF_DKIM_SELECTOR: "vif" }, "VIF_DKIM_SELECTOR is set, but VIF_DKIM_KEY is not."],
    [{ VIF_TWILIO_ACCOUNT: `AC${sid}`, VIF_TWILIO_TOKEN: phrase }, "neither VIF_SMS_FROM nor VIF_WHATSAPP_FROM is"],
    [{ VIF_SMS_FROM: "Saule" }, "VIF_TWILIO_ACCOUNT is not"],
    [{ VIF_WHATSAPP_CLOUD_TOKEN: phrase }, "VIF_WHATSAPP_CLOUD_NUMBER and VIF_WHATSAPP_CLOUD_SECRET are not."],
    [{ VIF_WEBHOOK_URL: "https://crm.example/" }, "VIF_WEBHOOK_SECRET is not."],
    [{ VIF_TELEGRAM_SECRET: phrase }, "VIF_TELEGRAM_SECRET is set, but VIF_TELEGRAM_TOKEN is not."],
    [{ VIF_TELEGRAM_TOKEN: "@the_bot" }, "VIF_TELEGRAM_TOKEN"],
    [{ VIF_TELEGRAM_CHAT: "1" }, "VIF_TELEGRAM_CHAT"],
    [
      { VIF_WEBHOOK_URL: "http://crm.example/", VIF_WEBHOOK_SECRET: `whsec_${"a".repeat(32)}` },
      "VIF_WEBHOOK_URL is without TLS",
    ],
    [
      {
        VIF_TWILIO_ACCOUNT: `AC${sid}`,
        VIF_TWILIO_TOKEN: phrase,
        VIF_WHATSAPP_FROM: "+33756000000",
        VIF_WHATSAPP_CLOUD_TOKEN: phrase,
        VIF_WHATSAPP_CLOUD_NUMBER: "12345",
        VIF_WHATSAPP_CLOUD_SECRET: phrase,
      },
      "WhatsApp messages go one way",
    ],
  ])("%j is told what is missing or wrong", (env, said) => {
    expect(problemsOf(env as Readonly<Record<string, string>>)).toContain(said);
  });

  it("is never printed with its secrets", () => {
    const secrets = {
      VIF_SMTP_URL: "smtp://user:pass word@host",
      VIF_TWILIO_TOKEN: "sec ret of twilio",
      VIF_WHATSAPP_CLOUD_TOKEN: "sec ret of the cloud",
      VIF_WHATSAPP_CLOUD_SECRET: "sec ret of the app",
      VIF_WEBHOOK_SECRET: "sec ret of the hook",
      VIF_TELEGRAM_TOKEN: "sec ret of the bot",
      VIF_TELEGRAM_SECRET: "sec ret of its hook",
    };
    const said = problemsOf(secrets);
    for (const name of Object.keys(secrets)) expect(said).toContain(name);
    expect(said).not.toMatch(/sec ret|pass word/);
  });
});
