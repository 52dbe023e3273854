/** The two channels of Twilio against a server generated from its own contract: what both need for that. */
import { contractMissing, type ContractServer, startContractServer } from "../../tests/support/contract-server.ts";
import type { ChannelAdapter, OutgoingMessage } from "../../engine/model/message.ts";
import { type HttpProvider, startHttpProvider } from "../http/http-provider-fixtures.ts";

const CONTRACT = "twilio/twilio_api_v2010.json.gz";
export const twilioMissing = contractMissing(CONTRACT);

export const accountSid = `AC${"0123456789abcdef".repeat(2)}`;
export const authToken = "an auth token of the tests";
export const service = `MG${"0123456789abcdef".repeat(2)}`;

export async function startTwilio(): Promise<HttpProvider> {
  const contract: ContractServer = await startContractServer(CONTRACT, [
    "/2010-04-01/Accounts/{AccountSid}/Messages.json",
  ]);
  return startHttpProvider({
    to: contract.url,
    closing: () => contract.close(),
    busy: [429, JSON.stringify({ code: 20429, message: "Too Many Requests", status: 429 })],
  });
}

/** What it was asked last. */
export function lastForm(provider: HttpProvider): Readonly<Record<string, string>> {
  return Object.fromEntries(new URLSearchParams(provider.asked.at(-1)?.body ?? ""));
}

/** What it says when Twilio refuses with a code of its own. */
export function refuse(provider: HttpProvider, code: number, status = 400): void {
  provider.become("saying");
  provider.answer = [status, JSON.stringify({ code, message: "refused", more_info: "", status })];
}

export function deliver(adapter: ChannelAdapter, message: OutgoingMessage) {
  return adapter.deliver(message, AbortSignal.timeout(30_000));
}
