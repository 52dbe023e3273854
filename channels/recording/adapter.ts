/**
 * The channel that sends nothing: each message that would go out is kept as one line of a file, so that a brand sees what its
 * rules make before a provider is configured. The reference for other adapters, and what tests count by.
 */
import type { CallOutcome, Channel, ChannelAdapter, OutgoingMessage } from "../../engine/model/message.ts";
import type { RecordingFile } from "./recording-file.ts";

export function createRecordingAdapter(
  channel: Channel,
  file: Pick<RecordingFile, "add">,
  now: () => number,
): ChannelAdapter {
  return {
    name: "recording",
    channel,
    // A line that is there twice was sent twice: it knows no message again.
    abilities: { idempotentForMs: 0, reports: [] },
    async deliver(message: OutgoingMessage): Promise<CallOutcome> {
      const providerId = `${message.id}.${message.attempt}`;
      try {
        await file.add({ at: new Date(now()).toISOString(), ...message });
        return { is: "accepted", providerId };
      } catch (error) {
        // No line was begun, or none that ends: a full disk, a folder that is gone.
        const code = (error as NodeJS.ErrnoException).code;
        return { is: "failed", reason: "unavailable", code };
      }
    },
    close: () => Promise.resolve(),
  };
}
