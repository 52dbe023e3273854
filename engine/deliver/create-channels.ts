/** Joins the desk with its channels' adapters: each the configured one, or else the recording, which sends nothing. */
import { join } from "node:path";
import { createRecordingAdapter } from "../../channels/recording/adapter.ts";
import { createRecordingFile } from "../../channels/recording/recording-file.ts";
import { callMsMax, channelConcurrency, recordedBytesMax } from "../limits-of-delivery.ts";
import type { Clock, Random, Timers } from "../model/clock.ts";
import { type Channel, type ChannelAdapter, CHANNELS } from "../model/message.ts";
import { ChannelDesk } from "./channel-desk.ts";
import { Desk } from "./desk.ts";
import type { ChannelBounds } from "./desk-port.ts";
import type { Idempotency } from "./desk-link.ts";
import type { PutIntoWords } from "./letter.ts";
import type { DeliverySettings } from "./delivery-messages.ts";

export interface Channels {
  readonly desk: Desk;
  readonly idempotentForMs: Idempotency;
  close(): Promise<void>;
}

const BOUNDS: ChannelBounds = { concurrency: channelConcurrency, perSecond: undefined, callMsMax };

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
  const adapters: readonly ChannelAdapter[] = CHANNELS.map((channel) =>
    createRecordingAdapter(channel, file, () => clock.now()),
  );
  const desks = new Map<Channel, ChannelDesk>(
    adapters.map((adapter) => [
      adapter.channel,
      new ChannelDesk({ adapter, bounds: BOUNDS, clock, timers, random, words }),
    ]),
  );
  const desk = new Desk(desks);
  return {
    desk,
    idempotentForMs: Object.fromEntries(adapters.map(({ channel, abilities }) => [channel, abilities.idempotentForMs])),
    async close() {
      await desk.close();
      await file.close();
    },
  };
}
