/** Joins the desk with its channels' adapters: each the configured one, or else the recording, which sends nothing. */
import { join } from "node:path";
import { createEmailAdapter } from "../../channels/email/adapter.ts";
import { createRecordingAdapter } from "../../channels/recording/adapter.ts";
import { createRecordingFile } from "../../channels/recording/recording-file.ts";
import { createSmsAdapter } from "../../channels/sms/adapter.ts";
import { createTelegramAdapter } from "../../channels/telegram/adapter.ts";
import { createWebhookAdapter } from "../../channels/webhook/adapter.ts";
import { createWhatsappAdapter } from "../../channels/whatsapp/adapter.ts";
import { createWhatsappCloudAdapter } from "../../channels/whatsapp-cloud/adapter.ts";
import { callMsMax, channelConcurrency, recordedBytesMax } from "../limits-of-delivery.ts";
import type { Clock, Random, Timers } from "../model/clock.ts";
import { type Channel, type ChannelAdapter, CHANNELS, isVisited } from "../model/message.ts";
import type { Pauses } from "../model/provider-settings.ts";
import { ChannelDesk } from "./channel-desk.ts";
import { Desk } from "./desk.ts";
import { type RetryBounds, USUAL_RETRIES } from "./back-off.ts";
import { USUAL_BREAKER } from "./breaker.ts";
import type { ChannelBounds } from "./desk-port.ts";
import type { Repetition } from "./desk-link.ts";
import type { PutIntoWords } from "./letter.ts";
import type { DeliverySettings } from "./delivery-messages.ts";

export interface Channels {
  readonly desk: Desk;
  readonly repetition: Repetition;
  close(): Promise<void>;
}

/** As its provider allows, or as is usual. */
function boundsOf(channel: Channel, settings: DeliverySettings["providers"]): ChannelBounds {
  const { calls, perSecond, breakerFailures, breakerPauses } = settings;
  return {
    concurrency: calls?.[channel] ?? channelConcurrency,
    perSecond: perSecond?.[channel],
    callMsMax,
    breaker: {
      failures: breakerFailures?.[channel] ?? USUAL_BREAKER.failures,
      ...pausesOf(breakerPauses?.[channel] ?? USUAL_BREAKER),
    },
  };
}

function retriesOf(channel: Channel, { tries, pauses }: DeliverySettings["providers"]): RetryBounds {
  return {
    attempts: tries?.[channel] ?? USUAL_RETRIES.attempts,
    ...pausesOf(pauses?.[channel] ?? USUAL_RETRIES),
  };
}

function pausesOf({ firstMs, longestMs }: Pauses): Pauses {
  return { firstMs, longestMs };
}

export function createChannels(
  settings: DeliverySettings,
  {
    clock,
    timers,
    random,
    words,
  }: {
    readonly clock: Clock;
    readonly timers: Timers;
    readonly random: Random;
    readonly words: () => PutIntoWords | undefined;
  },
): Channels {
  const file = createRecordingFile(join(settings.folder, "recorded.ndjson"), recordedBytesMax);
  const now = (): number => clock.now();
  const adapters: readonly ChannelAdapter[] = CHANNELS.filter((channel) => !isVisited(channel)).map(
    (channel) =>
      createConfiguredAdapter(channel, { providers: settings.providers, source: settings.links.url, now }) ??
      createRecordingAdapter(channel, file, now),
  );
  const desks = new Map<Channel, ChannelDesk>(
    adapters.map((adapter) => [
      adapter.channel,
      new ChannelDesk({ adapter, bounds: boundsOf(adapter.channel, settings.providers), clock, timers, random, words }),
    ]),
  );
  const desk = new Desk(desks);
  return {
    desk,
    repetition: Object.fromEntries(
      adapters.map(({ channel, abilities: { idempotentForMs } }) => [
        channel,
        { idempotentForMs, retries: retriesOf(channel, settings.providers) },
      ]),
    ),
    async close() {
      await desk.close();
      await file.close();
    },
  };
}

/**
 * @param source what another system is told that messages come from: where the data plane is
 * @returns undefined: no provider is configured for it
 */
export function createConfiguredAdapter(
  channel: Channel,
  {
    providers: { email, twilio, whatsappCloud, webhook, telegram, calls },
    source,
    now,
  }: Pick<DeliverySettings, "providers"> & { readonly source: string; readonly now: () => number },
): ChannelAdapter | undefined {
  switch (channel) {
    case "email":
      return email === undefined
        ? undefined
        : createEmailAdapter({ ...email, connectionsMax: calls?.email ?? channelConcurrency });
    case "sms":
      return twilio?.smsFrom === undefined ? undefined : createSmsAdapter({ ...twilio, from: twilio.smsFrom, now });
    case "whatsapp":
      if (whatsappCloud !== undefined) return createWhatsappCloudAdapter({ ...whatsappCloud, now });
      return twilio?.whatsappFrom === undefined
        ? undefined
        : createWhatsappAdapter({ ...twilio, from: twilio.whatsappFrom, now });
    case "webhook":
      return webhook === undefined ? undefined : createWebhookAdapter({ ...webhook, source, now });
    case "telegram":
      return telegram === undefined ? undefined : createTelegramAdapter({ ...telegram, now });
    case "web":
    case "loyalty":
      return undefined;
  }
}
