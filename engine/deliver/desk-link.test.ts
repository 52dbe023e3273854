/** What a worker learns of channels from the delivery thread, by the settings of the brand. */
import { MessageChannel } from "node:worker_threads";
import { expect, it } from "vitest";
import { createTestFolder, removeTestFolder } from "../../tests/support/test-folder.ts";
import { createClock, createTimers } from "../create-clock.ts";
import { USUAL_RETRIES } from "./back-off.ts";
import { createChannels } from "./create-channels.ts";
import { connectDesk, serveDesk } from "./desk-link.ts";

it("how often and when a message is tried again is told of each channel as its settings say, else as is usual", async () => {
  const folder = createTestFolder("desk-link");
  const providers = { tries: { sms: 3 }, pauses: { sms: { firstMs: 30_000, longestMs: 600_000 } } };
  const channels = createChannels(
    { folder, providers, links: { secret: "s".repeat(32), url: "http://127.0.0.1" } },
    { clock: createClock(), timers: createTimers(), random: { below: () => 0 }, words: () => undefined },
  );
  const { port1, port2 } = new MessageChannel();
  const link = connectDesk(port1, () => undefined);
  expect(link.retries("sms")).toEqual(USUAL_RETRIES);
  serveDesk(channels.desk, port2, channels.repetition);
  await expect.poll(() => link.retries("sms")).toEqual({ attempts: 3, firstMs: 30_000, longestMs: 600_000 });
  expect(link.retries("email")).toEqual(USUAL_RETRIES);
  link.close();
  await channels.close();
  removeTestFolder(folder);
});
