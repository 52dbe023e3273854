/** Settings of who carries messages: a part of the table in settings.ts, which says what its columns mean. */
import { Type } from "typebox";

const Text = Type.String({ minLength: 1, maxLength: 300 });
const Phrase = Type.String({ minLength: 16, maxLength: 1_000, pattern: "^[\\x21-\\x7e]+$" });
const none = "none";

/** `email=20, sms=0.5` */
const OfChannels = Type.String({ minLength: 1, maxLength: 300 });

export const CHANNEL_SETTINGS = {
  smtpUrl: {
    env: "VIF_SMTP_URL",
    schema: Type.String({ pattern: "^smtps?://[^\\s/]+/?$", maxLength: 1_000 }),
    initial: "none: e-mails are recorded in the data folder",
    allowed: "`smtps://user:password@host:465` or `smtp://user:password@host:587`",
    meaning: "Who carries e-mails. Without TLS only to this computer. Needs VIF_EMAIL_FROM.",
  },
  emailFrom: {
    env: "VIF_EMAIL_FROM",
    schema: Text,
    initial: none,
    allowed: "an address, or a name with one: `Shop <hello@shop.example>`",
    meaning: "Who e-mails come from.",
  },
  emailReplyTo: {
    env: "VIF_EMAIL_REPLY_TO",
    schema: Text,
    initial: "the sender",
    allowed: "an e-mail address",
    meaning: "Where answers to e-mails go.",
  },
  emailBounces: {
    env: "VIF_EMAIL_BOUNCES",
    schema: Text,
    initial: "the sender",
    allowed: "an e-mail address",
    meaning: "Where e-mails that cannot be delivered come back to.",
  },
  dkimSelector: {
    env: "VIF_DKIM_SELECTOR",
    schema: Type.String({ pattern: "^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,61}[A-Za-z0-9])?$" }),
    initial: "none: e-mails are not signed here",
    allowed: "the name before `._domainkey.` of the sender's domain",
    meaning: "Signs e-mails by DKIM. Needs VIF_DKIM_KEY.",
  },
  dkimKey: {
    env: "VIF_DKIM_KEY",
    schema: Type.String({ minLength: 1, maxLength: 4_096 }),
    initial: none,
    allowed: "a file with a private key in PEM",
    meaning: "What DKIM signs with.",
  },
  twilioAccount: {
    env: "VIF_TWILIO_ACCOUNT",
    schema: Type.String({ pattern: "^AC[0-9a-fA-F]{32}$" }),
    initial: "none: SMS are recorded in the data folder",
    allowed: "an account SID, `AC...`",
    meaning: "Who carries SMS, and WhatsApp messages. Needs VIF_TWILIO_TOKEN.",
  },
  twilioToken: {
    env: "VIF_TWILIO_TOKEN",
    schema: Phrase,
    initial: none,
    allowed: "the account's auth token",
    meaning: "Proves us to Twilio, and Twilio's callbacks to us.",
  },
  smsFrom: {
    env: "VIF_SMS_FROM",
    schema: Type.String({ pattern: "^(MG[0-9a-fA-F]{32}|\\+[1-9][0-9]{6,14}|[A-Za-z0-9 ]{3,11})$" }),
    initial: none,
    allowed: "a Messaging Service (`MG...`), a number in E.164, or a name of 3 to 11 letters",
    meaning: "Who SMS come from.",
  },
  whatsappFrom: {
    env: "VIF_WHATSAPP_FROM",
    schema: Type.String({ pattern: "^(MG[0-9a-fA-F]{32}|\\+[1-9][0-9]{6,14})$" }),
    initial: "none: WhatsApp messages are recorded in the data folder",
    allowed: "a Messaging Service (`MG...`) or a number in E.164",
    meaning: "Who WhatsApp messages by Twilio come from.",
  },
  whatsappCloudToken: {
    env: "VIF_WHATSAPP_CLOUD_TOKEN",
    schema: Phrase,
    initial: none,
    allowed: "a system user's token",
    meaning: "Sends WhatsApp messages by Meta's Cloud API instead. Needs the two below.",
  },
  whatsappCloudNumber: {
    env: "VIF_WHATSAPP_CLOUD_NUMBER",
    schema: Type.String({ pattern: "^[0-9]{5,30}$" }),
    initial: none,
    allowed: "the id of a phone number, as Meta has it",
    meaning: "Who WhatsApp messages by the Cloud API come from.",
  },
  whatsappCloudSecret: {
    env: "VIF_WHATSAPP_CLOUD_SECRET",
    schema: Phrase,
    initial: none,
    allowed: "the app's secret",
    meaning: "Proves Meta's callbacks to us.",
  },
  whatsappCloudVerify: {
    env: "VIF_WHATSAPP_CLOUD_VERIFY",
    schema: Phrase,
    initial: "none: Meta cannot make sure of the address of its callbacks",
    allowed: "a text of your own, of 16 characters and more, that Meta is told, too",
    meaning: "What Meta shows when it is given `/v1/callbacks/whatsapp-cloud` of VIF_PUBLIC_URL as address.",
  },
  telegramToken: {
    env: "VIF_TELEGRAM_TOKEN",
    schema: Type.String({ pattern: "^[0-9]{5,15}:[A-Za-z0-9_-]{30,64}$" }),
    initial: "none: Telegram messages are recorded in the data folder",
    allowed: "a bot's token, as @BotFather gives it",
    meaning: "Who carries Telegram messages.",
  },
  telegramSecret: {
    env: "VIF_TELEGRAM_SECRET",
    schema: Type.String({ pattern: "^[A-Za-z0-9_-]{16,256}$" }),
    initial: "none: what is written to the bot is not taken",
    allowed:
      "a text of your own of 16 to 256 letters, digits, `_` and `-`, that Telegram is told, too (`secret_token`)",
    meaning:
      "Proves Telegram's callbacks to us, where its webhook is `/v1/callbacks/telegram` of VIF_PUBLIC_URL. Needs VIF_TELEGRAM_TOKEN.",
  },
  webhookUrl: {
    env: "VIF_WEBHOOK_URL",
    schema: Type.String({ pattern: "^https?://[^\\s#@]+$", maxLength: 2_000 }),
    initial: "none: what it would be told is recorded in the data folder",
    allowed: "an https address",
    meaning: "The other system that the channel `webhook` tells. Needs VIF_WEBHOOK_SECRET.",
  },
  webhookSecret: {
    env: "VIF_WEBHOOK_SECRET",
    schema: Type.String({ pattern: "^whsec_[A-Za-z0-9+/]{32,86}={0,2}$" }),
    initial: none,
    allowed: "`whsec_` and base64 of 24 to 64 bytes",
    meaning: "Signs what the other system is told (Standard Webhooks).",
  },
  webhookPrivate: {
    env: "VIF_WEBHOOK_PRIVATE",
    schema: Type.Boolean(),
    initial: "false",
    allowed: "`true` or `false`",
    meaning: "The other system may be on this computer or in a private network, and without TLS.",
  },
  sendRates: {
    env: "VIF_SEND_RATES",
    schema: OfChannels,
    initial: "none: as fast as the provider takes them",
    allowed: "channels with a number each, 0.01 to 100000: `email=20, sms=0.5`",
    meaning: "How many messages a second each node sends by a channel, as its provider allows.",
  },
  sendCalls: {
    env: "VIF_SEND_CALLS",
    schema: OfChannels,
    initial: "32 each",
    allowed: "channels with a whole number each, 1 to 1000: `email=8, webhook=100`",
    meaning: "How many messages each node hands to a channel's provider at a time; for e-mail, connections.",
  },
  sendTries: {
    env: "VIF_SEND_TRIES",
    schema: OfChannels,
    initial: "10 each",
    allowed: "channels with a whole number each, 1 to 20: `email=10, sms=3`",
    meaning: "How often one message is tried that a channel's provider did not take.",
  },
  sendPauses: {
    env: "VIF_SEND_PAUSES",
    schema: OfChannels,
    initial: "2-7200 each",
    allowed: "channels with the first and the longest pause each, 1 to 86400 seconds: `email=2-7200, sms=30-600`",
    meaning: "How long a message rests between two tries: fourfold each time, up to the longest.",
  },
  breakerFailures: {
    env: "VIF_BREAKER_FAILURES",
    schema: OfChannels,
    initial: "5 each",
    allowed: "channels with a whole number each, 1 to 1000: `webhook=20`",
    meaning: "After how many calls in a row that did not get through a channel's provider is left alone for a while.",
  },
  breakerPauses: {
    env: "VIF_BREAKER_PAUSES",
    schema: OfChannels,
    initial: "5-300 each",
    allowed: "channels with the first and the longest pause each, 1 to 86400 seconds: `sms=5-60`",
    meaning: "For how long it is left alone until one call tries: twice as long each time, up to the longest.",
  },
} as const;

/** Never printed, whatever is wrong with them. */
export const SECRET_CHANNEL_SETTINGS = [
  "smtpUrl",
  "twilioToken",
  "whatsappCloudToken",
  "whatsappCloudSecret",
  "whatsappCloudVerify",
  "telegramToken",
  "telegramSecret",
  "webhookSecret",
] as const;
