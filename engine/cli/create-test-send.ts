/**
 * Sends one message to a named address, to see what it looks like where it is read: by the provider that the settings name,
 * past all gates, for nobody's profile. Nothing of it is recorded, and its links lead nowhere.
 */
import { randomBytes } from "node:crypto";
import { readProviders } from "../config.ts";
import { createConfiguredAdapter } from "../deliver/create-channels.ts";
import { callMsMax } from "../limits-of-delivery.ts";
import type { CallOutcome, OutgoingMessage } from "../model/message.ts";
import type { MessageId } from "../model/trigger.ts";

export type TestMessage = Pick<OutgoingMessage, "channel" | "address" | "language" | "template" | "parts">;

/** @returns undefined where no provider is configured for the channel */
export async function sendTest(message: TestMessage): Promise<CallOutcome | undefined> {
  const { providers, publicUrl } = readProviders();
  const now = (): number => Date.now();
  const adapter = createConfiguredAdapter(message.channel, { providers, source: publicUrl, now });
  if (adapter === undefined) return undefined;
  const id = randomBytes(16).toString("hex") as MessageId;
  // Owed to whoever asked for it: it carries no way out of a list that nobody is on.
  const own = { id, attempt: 1, category: "transactional", reference: `t.${id}`, links: {} } as const;
  try {
    return await adapter.deliver({ ...message, ...own }, AbortSignal.timeout(callMsMax));
  } finally {
    await adapter.close();
  }
}
