/** From the settings of channels to who carries messages: what belongs together is there together, or is told. Pure. */
import type { SettingValues } from "./settings.ts";
import { type Channel, CHANNELS, isChannel } from "./model/message.ts";
import { parseIdentifier } from "./model/identifier-rules.ts";
import { attemptsMost } from "./limits-of-delivery.ts";
import type { EmailSettings, Pauses, ProviderSettings } from "./model/provider-settings.ts";

export interface ParsedProviders {
  readonly providers: ProviderSettings;
  readonly problems: readonly string[];
}

type Values = Partial<SettingValues>;

/** @param pathOf where a file is that is written so */
export function parseProviders(
  values: Values,
  isLoopback: (host: string) => boolean,
  pathOf: (written: string) => string,
): ParsedProviders {
  const problems: string[] = [];
  const keyFile = values.dkimKey === undefined ? undefined : pathOf(values.dkimKey);
  const email = parseEmail({ ...values, ...(keyFile !== undefined && { dkimKey: keyFile }) }, isLoopback, problems);
  const { twilioAccount, twilioToken, smsFrom, whatsappFrom } = values;
  const { whatsappCloudToken, whatsappCloudNumber, whatsappCloudSecret, webhookUrl, webhookSecret } = values;
  const { telegramToken, telegramSecret } = values;
  problems.push(
    ...whole({ VIF_TWILIO_ACCOUNT: twilioAccount, VIF_TWILIO_TOKEN: twilioToken }),
    ...whole({
      VIF_WHATSAPP_CLOUD_TOKEN: whatsappCloudToken,
      VIF_WHATSAPP_CLOUD_NUMBER: whatsappCloudNumber,
      VIF_WHATSAPP_CLOUD_SECRET: whatsappCloudSecret,
    }),
    ...whole({ VIF_WEBHOOK_URL: webhookUrl, VIF_WEBHOOK_SECRET: webhookSecret }),
  );
  if (twilioAccount === undefined && (smsFrom !== undefined || whatsappFrom !== undefined))
    problems.push("VIF_SMS_FROM or VIF_WHATSAPP_FROM is set, but VIF_TWILIO_ACCOUNT is not.");
  if (twilioAccount !== undefined && smsFrom === undefined && whatsappFrom === undefined)
    problems.push("VIF_TWILIO_ACCOUNT is set, but neither VIF_SMS_FROM nor VIF_WHATSAPP_FROM is.");
  if (whatsappFrom !== undefined && whatsappCloudToken !== undefined)
    problems.push("VIF_WHATSAPP_FROM and VIF_WHATSAPP_CLOUD_TOKEN are both set; WhatsApp messages go one way.");
  if (values.whatsappCloudVerify !== undefined && whatsappCloudToken === undefined)
    problems.push("VIF_WHATSAPP_CLOUD_VERIFY is set, but VIF_WHATSAPP_CLOUD_TOKEN is not.");
  if (telegramSecret !== undefined && telegramToken === undefined)
    problems.push("VIF_TELEGRAM_SECRET is set, but VIF_TELEGRAM_TOKEN is not.");
  if (webhookUrl?.startsWith("http:") === true && values.webhookPrivate !== true)
    problems.push("VIF_WEBHOOK_URL is without TLS; allowed: https, or VIF_WEBHOOK_PRIVATE for a system of your own.");
  const perSecond = ofChannels("VIF_SEND_RATES", values.sendRates, isRate, problems);
  const calls = ofChannels("VIF_SEND_CALLS", values.sendCalls, isCalls, problems);
  const providers: ProviderSettings = {
    perSecond,
    calls,
    tries: ofChannels("VIF_SEND_TRIES", values.sendTries, isTries, problems),
    pauses: pausesOfChannels("VIF_SEND_PAUSES", values.sendPauses, problems),
    breakerFailures: ofChannels("VIF_BREAKER_FAILURES", values.breakerFailures, isCalls, problems),
    breakerPauses: pausesOfChannels("VIF_BREAKER_PAUSES", values.breakerPauses, problems),
    email,
    twilio:
      twilioAccount === undefined || twilioToken === undefined
        ? undefined
        : { accountSid: twilioAccount, authToken: twilioToken, smsFrom, whatsappFrom },
    whatsappCloud:
      whatsappCloudToken === undefined || whatsappCloudNumber === undefined || whatsappCloudSecret === undefined
        ? undefined
        : {
            token: whatsappCloudToken,
            phoneNumberId: whatsappCloudNumber,
            appSecret: whatsappCloudSecret,
            verifyToken: values.whatsappCloudVerify,
          },
    telegram: telegramToken === undefined ? undefined : { token: telegramToken, secret: telegramSecret },
    webhook:
      webhookUrl === undefined || webhookSecret === undefined
        ? undefined
        : { url: webhookUrl, secret: webhookSecret, allowsPrivate: values.webhookPrivate ?? false },
  };
  return { providers, problems };
}

const isRate = (value: number): boolean => value >= 0.01 && value <= 100_000;
const isCalls = (value: number): boolean => Number.isInteger(value) && value >= 1 && value <= 1_000;

const isTries = (value: number): boolean => Number.isInteger(value) && value >= 1 && value <= attemptsMost;
const isPause = (seconds: number): boolean => seconds >= 1 && seconds <= 86_400;

/** `email=20, sms=5`: a number for each channel that is named. */
function ofChannels(
  name: string,
  written: string | undefined,
  isAllowed: (value: number) => boolean,
  problems: string[],
): Readonly<Partial<Record<Channel, number>>> | undefined {
  const parse = (text: string): number | undefined => {
    const value = /^\d{1,6}(?:\.\d{1,3})?$/.test(text) ? Number(text) : Number.NaN;
    return isAllowed(value) ? value : undefined;
  };
  return eachChannel({ name, written, parse, problems });
}

/** `email=2-7200`: seconds, the first and the longest pause. */
function pausesOfChannels(
  name: string,
  written: string | undefined,
  problems: string[],
): Readonly<Partial<Record<Channel, Pauses>>> | undefined {
  const parse = (text: string): Pauses | undefined => {
    const [, first, longest] = /^(\d{1,5})-(\d{1,5})$/.exec(text) ?? [];
    const [from, to] = [Number(first), Number(longest)];
    return isPause(from) && isPause(to) && from <= to ? { firstMs: from * 1_000, longestMs: to * 1_000 } : undefined;
  };
  return eachChannel({ name, written, parse, problems });
}

function eachChannel<Value>({
  name,
  written,
  parse,
  problems,
}: {
  readonly name: string;
  readonly written: string | undefined;
  /** undefined: it is not allowed. */
  readonly parse: (text: string) => Value | undefined;
  readonly problems: string[];
}): Readonly<Partial<Record<Channel, Value>>> | undefined {
  if (written === undefined) return undefined;
  const found: Partial<Record<Channel, Value>> = {};
  for (const part of written.split(",")) {
    const [, channel = "", text = ""] = /^\s*([a-z]+)\s*=\s*([\d.-]+)\s*$/.exec(part) ?? [];
    const value = parse(text);
    if (!isChannel(channel))
      problems.push(`${name} names no channel in ${JSON.stringify(part.trim())}; they are ${CHANNELS.join(", ")}.`);
    else if (found[channel] !== undefined) problems.push(`${name} names ${channel} twice.`);
    else if (value === undefined) problems.push(`${name} is out of its range for ${channel}.`);
    else found[channel] = value;
  }
  return found;
}

/** All of them, or none. */
function whole(settings: Readonly<Record<string, string | undefined>>): readonly string[] {
  const names = Object.keys(settings);
  const missing = names.filter((name) => settings[name] === undefined);
  if (missing.length === 0 || missing.length === names.length) return [];
  const present = names.find((name) => settings[name] !== undefined);
  return [`${present} is set, but ${missing.join(" and ")} ${missing.length === 1 ? "is" : "are"} not.`];
}

function parseEmail(
  { smtpUrl, emailFrom, emailReplyTo, emailBounces, dkimSelector, dkimKey }: Values,
  isLoopback: (host: string) => boolean,
  problems: string[],
): EmailSettings | undefined {
  problems.push(
    ...whole({ VIF_SMTP_URL: smtpUrl, VIF_EMAIL_FROM: emailFrom }),
    ...whole({ VIF_DKIM_SELECTOR: dkimSelector, VIF_DKIM_KEY: dkimKey }),
  );
  const address = (name: string, text: string | undefined): string | undefined => {
    if (text === undefined) return undefined;
    const parsed = parseIdentifier("email", text);
    if ("value" in parsed) return parsed.value;
    problems.push(`${name} is no e-mail address: ${parsed.problem}.`);
    return undefined;
  };
  // `Shop <hello@shop.example>`, or the address alone.
  const [, name = "", within] = /^\s*"?([^"<>]*?)"?\s*<([^<>]*)>\s*$/.exec(emailFrom ?? "") ?? [];
  const from = address("VIF_EMAIL_FROM", within ?? emailFrom);
  const replyTo = address("VIF_EMAIL_REPLY_TO", emailReplyTo);
  const bounceTo = address("VIF_EMAIL_BOUNCES", emailBounces);
  if (smtpUrl !== undefined && (!URL.canParse(smtpUrl) || new URL(smtpUrl).hostname === ""))
    problems.push("VIF_SMTP_URL names no host; allowed: `smtps://user:password@host:465`.");
  else if (smtpUrl !== undefined && from !== undefined) {
    const domainName = from.slice(from.lastIndexOf("@") + 1);
    const dkim =
      dkimSelector === undefined || dkimKey === undefined
        ? undefined
        : { domainName, keySelector: dkimSelector, keyFile: dkimKey, privateKey: "" };
    const allowsPlain = isLoopback(new URL(smtpUrl).hostname.replace(/^\[|\]$/g, ""));
    return { url: smtpUrl, from: { name, address: from }, replyTo, bounceTo, allowsPlain, dkim };
  }
  return undefined;
}
