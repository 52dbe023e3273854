/**
 * The desk of the delivery thread: takes offers and calls of this node's workers and passes each to its channel. Holds no
 * state but its channels' (channel-desk.ts); what is lost with it the owners know.
 */
import type { Channel } from "../model/message.ts";
import type { ChannelDesk, DeskClient } from "./channel-desk.ts";
import type { ChannelStatus, ToDesk } from "./desk-port.ts";

export class Desk {
  readonly #channels: ReadonlyMap<Channel, ChannelDesk>;

  constructor(channels: ReadonlyMap<Channel, ChannelDesk>) {
    this.#channels = channels;
  }

  receive(message: ToDesk, client: DeskClient): void {
    switch (message.is) {
      case "offer":
        return this.#channels.get(message.channel)?.offer(message, client);
      case "withdraw":
        return this.#channels.get(message.channel)?.withdraw(message.message);
      case "call":
        return void this.#channels.get(message.letter.channel)?.call(message, client);
      case "lost":
        for (const channel of this.#channels.values())
          channel.forget((held) => held.client === client && held.offer.shard === message.shard);
    }
  }

  /** The worker is gone. */
  leave(client: DeskClient): void {
    for (const channel of this.#channels.values()) channel.forget((held) => held.client === client);
  }

  status(): readonly ChannelStatus[] {
    return [...this.#channels.values()].map((channel) => channel.status());
  }

  async close(): Promise<void> {
    await Promise.all([...this.#channels.values()].map((channel) => channel.close()));
  }
}
