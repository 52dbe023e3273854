/**
 * Entry of the delivery thread, one a node: opens the channels' adapters and serves the desk to the shard workers, so that
 * providers' connections, and what their packages do, stay off the threads that own shards. A mistake in this program ends
 * the thread with its error; what was under way is then unknown to its owners.
 */
import { parentPort, workerData } from "node:worker_threads";
import { createClock, createRandom, createTimers } from "../create-clock.ts";
import { deskStatusMs } from "../limits-of-delivery.ts";
import { createChannels } from "./create-channels.ts";
import { createLinkMaker } from "../gateway/links-port.ts";
import { createWords } from "./create-words.ts";
import type { PutIntoWords } from "./letter.ts";
import type { DeliverySettings, FromDelivery, ToDelivery } from "./delivery-messages.ts";
import { serveDesk } from "./desk-link.ts";

const main = parentPort;
if (main === null) throw new Error("deliver-main is the entry of a worker thread");
const say = (message: FromDelivery) => main.postMessage(message);

const { links } = workerData as DeliverySettings;
const maker = createLinkMaker(links);
let words: PutIntoWords | undefined;
const channels = createChannels(workerData as DeliverySettings, {
  clock: createClock(),
  timers: createTimers(),
  random: createRandom(),
  words: () => words,
});
const statusTimer = setInterval(() => say({ is: "status", channels: channels.desk.status() }), deskStatusMs);

main.on("message", (message: ToDelivery) => {
  if (message.is === "connect") {
    serveDesk(channels.desk, message.port, channels.repetition);
    // A worker keeps nobody waiting: the thread ends when it is told to.
    message.port.unref();
  } else if (message.is === "templates") words = createWords(message.templates, { maker, url: links.url });
  else void close();
});

async function close(): Promise<void> {
  clearInterval(statusTimer);
  await channels.close();
  main?.close();
}
