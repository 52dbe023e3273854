/**
 * Many profiles due at one instant: everybody did something in the same millisecond, and leaves a segment when a window has
 * passed it. How long one worker's thread takes until the last of them has left, and what somebody's event waits meanwhile;
 * before that, what as many that are not due yet cost: nothing. Asked are 50,000 within 2 s, with events answered in time.
 *
 * Estimate before the first run: 20 us each, 1 s; an event waits for one turn of 8 x 64 wake-ups, 10 ms.
 * Run: npm run bench -- wake-ups
 */
import { checkRules, encodePlan } from "../engine/language/port.ts";
import { FrameWriter, readFrame } from "../engine/shard/link-codec.ts";
import type { ToShard } from "../engine/shard/port.ts";
import { createLoneHost, writeEvent } from "./lone-host.ts";
import { keepResults, latenciesOf, printTable } from "./results.ts";
import { sizeOf } from "./sizes.ts";

const PROFILES = sizeOf("BENCH_PROFILES", 50_000);
/** Until they are due, the filling included. */
const AHEAD_MS = sizeOf("BENCH_SECONDS", 60) * 1_000;
const WINDOW_MS = 3_600_000;
/** Of others' events, from a second before. */
const RATE = 500;
const QUIET_MS = 1_000;
const BATCH = 500;
/** Longest that all may take. */
const LAST_MS_MAX = 120_000;

const RULES = {
  "fields.yaml": "fields: {city: text}\n",
  "events/product_viewed.yaml": "event: product_viewed\nproperties: {price: money}\n",
  "segments/fresh.yaml": "segment: fresh\nwhen: count of product_viewed in last 1 hour >= 1\n",
  "segments/fond.yaml": "segment: fond\nwhen: in segment fresh and count of product_viewed >= 1\n",
};
/** Of somebody who leaves: out of both segments. */
const RECORDS_EACH = 2;

const checked = checkRules(Object.entries(RULES).map(([path, text]) => ({ path, text })));
if (checked.plan === undefined) throw new Error(`the rules are not sound: ${JSON.stringify(checked.problems)}`);
let onAnswer: (request: number) => void = () => undefined;
const { host, records } = await createLoneHost(encodePlan(checked.plan), (message) => {
  if ("request" in message) onAnswer(message.request);
});

const wait = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

function send(writer: FrameWriter): void {
  const frame = writer.take();
  if (frame !== undefined) readFrame(frame, (message) => host.receive(0, message as ToShard));
}

interface Said {
  readonly request: number;
  readonly anonymousId: string;
  readonly event: "Product Viewed" | "Page Viewed";
  readonly at: number;
}

function write(writer: FrameWriter, { request, anonymousId, event, at }: Said): void {
  const timestamp = new Date(at).toISOString();
  const said = { type: "track", event, anonymousId, messageId: `m${request}`, timestamp, properties: { price: 49.95 } };
  writeEvent(writer, { request, anonymousId, body: Buffer.from(JSON.stringify(said)) });
}

async function fill(dueAt: number): Promise<void> {
  const writer = new FrameWriter(0);
  for (let first = 0; first < PROFILES; first += BATCH) {
    let open = Math.min(BATCH, PROFILES - first);
    const answered = new Promise<void>((resolve) => {
      onAnswer = () => {
        open -= 1;
        if (open === 0) resolve();
      };
    });
    for (let i = first; i < Math.min(first + BATCH, PROFILES); i++)
      write(writer, { request: i + 1, anonymousId: `w${i}`, event: "Product Viewed", at: dueAt - WINDOW_MS });
    send(writer);
    await answered;
  }
}

interface Work {
  readonly tookMs: number;
  readonly cpuMs: number;
  readonly answeredMs: readonly number[];
}

/** Others' events at their rate until everybody has left. */
async function work(dueAt: number): Promise<Work> {
  const writer = new FrameWriter(0);
  const before = records();
  const beganAt = performance.now();
  const sent: number[] = [];
  const answeredMs: number[] = [];
  const firstRequest = PROFILES + 1;
  onAnswer = (request) => answeredMs.push(performance.now() - (sent[request - firstRequest] ?? Number.NaN));
  const cpuBefore = process.cpuUsage();
  for (;;) {
    const now = performance.now();
    // Each is timed from when it was due, however late this loop comes to it.
    while (sent.length < ((now - beganAt) * RATE) / 1_000) {
      const n = sent.length;
      sent.push(beganAt + (n * 1_000) / RATE);
      write(writer, { request: firstRequest + n, anonymousId: `o${n % 1_000}`, event: "Page Viewed", at: Date.now() });
    }
    send(writer);
    if (records() - before - answeredMs.length >= PROFILES * RECORDS_EACH) break;
    if (Date.now() > dueAt + LAST_MS_MAX) throw new Error(`${records() - before} records, and not everybody has left`);
    await wait(1);
  }
  const { user, system } = process.cpuUsage(cpuBefore);
  return { tookMs: Date.now() - dueAt, cpuMs: (user + system) / 1_000, answeredMs };
}

const dueAt = Date.now() + AHEAD_MS;
await fill(dueAt);
const beforeQuiet = process.cpuUsage();
const restMs = dueAt - QUIET_MS - Date.now();
if (restMs < QUIET_MS) throw new Error(`filling took too long: BENCH_SECONDS is ${AHEAD_MS / 1_000}, give it more`);
await wait(restMs);
const quiet = process.cpuUsage(beforeQuiet);
const quietShare = (quiet.user + quiet.system) / 1_000 / restMs;
const { tookMs, cpuMs, answeredMs } = await work(dueAt);
await host.close();
const { p50Ms, p99Ms, maxMs } = latenciesOf(answeredMs);
printTable([
  [`${PROFILES} profiles due at one instant`, "figure"],
  ["until the last has left", `${tookMs.toFixed(0)} ms`],
  ["processor, others' events of a second before included", `${cpuMs.toFixed(0)} ms`],
  ["an event of others meanwhile, p50", `${p50Ms.toFixed(1)} ms`],
  ["p99", `${p99Ms.toFixed(1)} ms`],
  ["longest", `${maxMs.toFixed(1)} ms`],
  ["processor of the thread while none is due", `${(quietShare * 100).toFixed(2)} %`],
]);
const kept = keepResults("wake-ups", {
  profiles: PROFILES,
  tookMs,
  cpuMs,
  quietShare,
  rate: RATE,
  p50Ms,
  p99Ms,
  maxMs,
});
process.stdout.write(`\nkept in ${kept}\n`);
