/**
 * What the owner of a profile spends on an event, alone: frames read, events parsed, turns taken, answers written, on one
 * thread, over a store that only remembers. No socket, no disk, no history: what is left is what a worker's thread does.
 * The best of many repetitions counts, so that a busy machine changes little.
 *
 * Estimate: 12 us an event with 1,000 rules, of which parsing takes 4.
 */
import { tmpdir } from "node:os";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { checkRules, encodePlan, readRulesFolder } from "../engine/language/port.ts";
import { FrameWriter, readFrame } from "../engine/shard/link-codec.ts";
import type { ToShard } from "../engine/shard/port.ts";
import { writeRules } from "./generate-rules.ts";
import { createLoneHost, writeEvent } from "./lone-host.ts";
import { keepResults, printTable } from "./results.ts";
import { sizeOf } from "./sizes.ts";
import { EventFrames, FRAME_BYTES_MAX } from "./visits.ts";

const PROFILES = 20_000;
const PAST = sizeOf("BENCH_PAST", 10);
const IN_FLIGHT = 512;
const ROUNDS = sizeOf("BENCH_ROUNDS", 20);
const EVENTS_A_ROUND = 20_480;
/** Bytes of a client frame before its text. */
const HEAD_BYTES = 8;

const folder = mkdtempSync(join(tmpdir(), "vif-turn-"));
writeRules(folder, { segments: 1000, aggregates: 60, contents: 10, seed: 1 });
const checked = checkRules(await readRulesFolder(folder));
rmSync(folder, { recursive: true });
if (checked.plan === undefined) throw new Error("the generated rules are not sound");
const plan = encodePlan(checked.plan);

let answered = 0;
let onAnswered: (() => void) | undefined;
const answers = new FrameWriter(0);
const { host } = await createLoneHost(plan, (message) => {
  answers.write(message);
  answered += 1;
  if (answered % IN_FLIGHT === 0) onAnswered?.();
});

const bytes = Buffer.alloc(FRAME_BYTES_MAX);
let sequence = 1;

/** Frames of `IN_FLIGHT` events, as a gateway hands them over. */
function framesOf(events: EventFrames, visitor: () => number, count: number): ArrayBuffer[] {
  const frames: ArrayBuffer[] = [];
  const writer = new FrameWriter(0);
  for (let i = 0; i < count; i++) {
    const who = visitor();
    const length = events.write(bytes, 0, sequence, who);
    const anonymousId = `v-${String(who).padStart(8, "0")}`;
    writeEvent(writer, { request: sequence++, anonymousId, body: bytes.subarray(HEAD_BYTES, length) });
    if ((i + 1) % IN_FLIGHT === 0) frames.push(writer.take() as ArrayBuffer);
  }
  return frames;
}

async function run(frames: readonly ArrayBuffer[]): Promise<void> {
  for (const frame of frames) {
    const done = new Promise<void>((resolve) => {
      onAnswered = resolve;
    });
    readFrame(frame, (message) => host.receive(0, message as ToShard));
    await done;
    answers.take();
    // Leases, checkpoints and sweeps have their timers.
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}

for (let round = 0; round < PAST; round++) {
  let next = 0;
  const startedAt = new Date(Date.now() - ((PAST - round) / PAST) * 6 * 86_400_000);
  const events = new EventFrames({ profiles: PROFILES, traffic: "uniform", seed: 3 + round, startedAt });
  await run(framesOf(events, () => next++ % PROFILES, Math.ceil(PROFILES / IN_FLIGHT) * IN_FLIGHT));
}

const events = new EventFrames({ profiles: PROFILES, traffic: "visits", seed: 7, startedAt: new Date() });
const visitors = Array.from({ length: 64 }, () => events.createVisitor());
const microseconds: number[] = [];
for (let round = 0; round < ROUNDS; round++) {
  let next = 0;
  const frames = framesOf(events, () => (visitors[next++ % visitors.length] as () => number)(), EVENTS_A_ROUND);
  const before = process.cpuUsage();
  await run(frames);
  const used = process.cpuUsage(before);
  microseconds.push((used.user + used.system) / EVENTS_A_ROUND);
}
const sorted = microseconds.toSorted((a, b) => a - b);
const at = (share: number): number => sorted[Math.floor((sorted.length - 1) * share)] ?? NaN;
const positions = host.status().reduce((sum, { position }) => sum + position, 0);
printTable([
  ["a worker's part of an event", "us"],
  ["best", at(0).toFixed(2)],
  ["median", at(0.5).toFixed(2)],
  ["records an event, past included", (positions / sequence).toFixed(2)],
]);
process.stdout.write(
  `\nkept in ${keepResults("turn", { profiles: PROFILES, past: PAST, rounds: ROUNDS, bestUs: at(0), medianUs: at(0.5), microseconds })}\n`,
);
await host.close();
