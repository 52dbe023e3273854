/**
 * From an event that sets a transactional trigger off to the call of the channel's adapter, at 2,000 messages a second: the
 * event leaves at a fixed rate, whatever comes back, and is timed from when it was due to the line that the recording writes;
 * beside the bare echo at the same rate, in the same run. Asked are p50 under 5 ms and p99 under 25 ms. The recording's lines
 * bear milliseconds, so that half of one is noise. Each message is another visitor's, sent once; that each has come, and come
 * once, is checked before anything is told.
 *
 * Estimate before the first run: a flush for the event and its decision, a grant, a flush for the attempt: p50 4 ms.
 * Run: npm run bench -- delivery
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { removeFolder, startEcho, startEngine, writeBrand } from "./engine-process.ts";
import { type PacedAnswers, sendPaced } from "./paced-frames.ts";
import { keepResults, latenciesOf, printTable } from "./results.ts";
import { sizeOf } from "./sizes.ts";

const RATE = sizeOf("BENCH_RATE", 2_000);
const SECONDS = sizeOf("BENCH_SECONDS", 20);
const WARM_UP_SECONDS = 3;
/** Longest that the last messages may take. */
const LAST_MS_MAX = 30_000;

const FILES = {
  "rules/events/order_completed.yaml": "event: order_completed\nproperties: {n: number}\n",
  "rules/triggers/thanks.yaml":
    "trigger: thanks\non: order_completed\nsend: {template: thanks, by: webhook}\ncategory: transactional\n",
  "templates/webhook/thanks.hbs": "---\ntype: thanks\n---\n",
};

async function main(): Promise<void> {
  const brand = writeBrand("delivery-rules", FILES);
  const echo = await startEcho();
  const engine = await startEngine({ name: "delivery", store: "embedded", rules: join(brand, "rules") });
  try {
    const bare = await send(`ws://127.0.0.1:${echo.port}/v1/stream`);
    const sent = await send(`ws://127.0.0.1:${engine.port}/v1/stream?writeKey=example-server-key`);
    const called = await untilCalled(join(engine.folder, "recorded.ndjson"), sent.dueAt.length);
    const skipped = WARM_UP_SECONDS * RATE;
    const tookMs = [...called].flatMap(([n, at]) => (n < skipped ? [] : [at - (sent.dueAt[n] ?? Number.NaN)]));
    report({ bare: bare.answeredMs.slice(skipped), answered: sent.answeredMs.slice(skipped), called: tookMs });
  } finally {
    await engine.process.stop();
    await echo.process.stop();
    removeFolder(engine.folder);
    removeFolder(brand);
  }
}

/** All events at their rate; resolves when all are answered. */
function send(url: string): Promise<PacedAnswers> {
  return sendPaced({
    urlOf: () => url,
    ratePerSecond: RATE,
    total: RATE * (WARM_UP_SECONDS + SECONDS),
    frame: (n) =>
      `{"type":"track","event":"Order Completed","anonymousId":"b${n}","messageId":"m${n}","properties":{"n":${n}}}`,
    answered(reply) {
      const { messageId = "", ok } = JSON.parse(reply) as { readonly messageId?: string; readonly ok?: boolean };
      if (ok !== true) throw new Error(`an event was answered ${reply}`);
      return Number(messageId.slice(1));
    },
  });
}

/** When the adapter was called for each event's message, by its number. */
async function untilCalled(file: string, total: number): Promise<ReadonlyMap<number, number>> {
  const untilMs = performance.now() + LAST_MS_MAX;
  for (;;) {
    const lines = readFileSync(file, "utf8")
      .split("\n")
      .filter((line) => line !== "");
    if (lines.length >= total) {
      const called = new Map<number, number>();
      for (const line of lines) {
        const { address, at } = JSON.parse(line) as { readonly address: string; readonly at: string };
        const n = Number(address.slice(1));
        if (called.has(n)) throw new Error(`the message of event ${n} was sent twice`);
        called.set(n, Date.parse(at));
      }
      return called;
    }
    if (performance.now() > untilMs) throw new Error(`${lines.length} of ${total} messages were sent`);
    await new Promise((resolve) => {
      setTimeout(resolve, 200);
    });
  }
}

function report(sides: Readonly<Record<"bare" | "answered" | "called", readonly number[]>>): void {
  const figuresOf = (tookMs: readonly number[]) => ({ count: tookMs.length, ...latenciesOf(tookMs) });
  const names = { bare: "bare echo, answered", answered: "event answered", called: "adapter called" } as const;
  const figures = Object.entries(names).map(
    ([key, name]) => [name, figuresOf(sides[key as keyof typeof names])] as const,
  );
  printTable([
    [`${RATE} a second`, "count", "p50 ms", "p95 ms", "p99 ms", "max ms"],
    ...figures.map(([name, { count, ...rest }]) => [
      name,
      String(count),
      ...Object.values(rest).map((each) => each.toFixed(1)),
    ]),
  ]);
  const path = keepResults("delivery", { rate: RATE, seconds: SECONDS, ...Object.fromEntries(figures) });
  process.stdout.write(`\nkept in ${path}\n`);
}

await main();
