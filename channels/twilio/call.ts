/**
 * One message by Twilio's own SDK, which is loaded with the first of them. The SDK's requests go out by our HTTP, so that
 * they end with their signal and it is known whether anything can have been sent.
 */
import { createRequire } from "node:module";
import type TwilioSdk from "twilio";
import type { Twilio } from "twilio";
import type { MessageListInstanceCreateOptions } from "twilio/lib/rest/api/v2010/account/message.js";
import type { CallOutcome } from "../../engine/model/message.ts";
import { callHttp, type HttpAnswer, waitOf } from "../http/call.ts";
import { outcomeOfRefusal } from "./errors.ts";

export interface TwilioAccount {
  readonly accountSid: string;
  readonly authToken: string;
  /** In place of https://api.twilio.com; for tests. */
  readonly api?: string | undefined;
  /** ms since 1970. */
  readonly now: () => number;
}

export type TwilioMessage = MessageListInstanceCreateOptions;

/** Half a second of loading, which who has no Twilio does not wait for; not by `import()`, see compile-emails.ts. */
const load = createRequire(import.meta.url);

interface SdkRequest {
  readonly method: string;
  readonly uri: string;
  readonly username?: string;
  readonly password?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** Thrown through the SDK: no answer has come. */
class NoAnswer extends Error {
  readonly outcome: CallOutcome;
  constructor(outcome: CallOutcome) {
    super("no answer");
    this.outcome = outcome;
  }
}

export async function callTwilio(
  account: TwilioAccount,
  message: TwilioMessage,
  signal: AbortSignal,
): Promise<CallOutcome> {
  const twilio = load("twilio") as typeof TwilioSdk;
  let answer: HttpAnswer | undefined;
  const httpClient = {
    async request(asked: SdkRequest) {
      const { uri, method, username = "", password = "", headers = {}, data = {} } = asked;
      const url = new URL(uri.replace("https://api.twilio.com", account.api ?? "https://api.twilio.com"));
      const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
      const body = formOf(data).toString();
      answer = await callHttp(
        { url, method: method.toUpperCase(), headers: { ...headers, authorization }, body },
        signal,
      );
      if (answer.is !== "answer") throw new NoAnswer(answer);
      return { statusCode: answer.status, body: parsed(answer.body), headers: answer.headers };
    },
  };
  const client: Twilio = twilio(account.accountSid, account.authToken, { httpClient: httpClient as never });
  try {
    const { sid } = await client.messages.create(message);
    return typeof sid === "string" && sid !== "" ? { is: "accepted", providerId: sid } : UNCLEAR;
  } catch (error) {
    if (error instanceof NoAnswer) return error.outcome;
    if (answer?.is !== "answer") return UNCLEAR;
    // What the SDK throws for a 2xx is an answer that it could not read.
    if (answer.status < 300) return UNCLEAR;
    const { code } = error as { readonly code?: unknown };
    const number = typeof code === "number" && code >= 10_000 ? code : undefined;
    return outcomeOfRefusal(answer.status, number, waitOf(answer.headers, account.now()));
  }
}

const UNCLEAR: CallOutcome = { is: "unknown", reason: "unclear_answer", code: undefined };

function formOf(data: Readonly<Record<string, unknown>>): URLSearchParams {
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(data)) {
    if (value === undefined || value === null) continue;
    for (const each of Array.isArray(value) ? value : [value]) form.append(name, String(each));
  }
  return form;
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return body;
  }
}
