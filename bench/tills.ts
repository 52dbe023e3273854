/**
 * From a receipt to the till's message, with the example brand's rules: points and bonuses, a place in the customer's profile
 * and ledger, durable, and words of the brand's templates; 2,000 receipts a second over signed sockets, each timed from when
 * it was due. Beside it the bare echo of the same receipts at the same rate, in turns within the same run. Asked is a p99
 * under 4 times the echo's. Every answer is checked: accepted, with the points that it has to have and words to print.
 *
 * Estimate before the first run: two hops and a flush more than the echo has: p50 3 ms, p99 10 ms, the echo's 3 ms.
 * Run: npm run bench -- tills
 */
import { join } from "node:path";
import { signTill } from "../engine/gateway/till-signature.ts";
import { removeFolder, startEcho, startEngine } from "./engine-process.ts";
import { sendPaced } from "./paced-frames.ts";
import { keepResults, latenciesOf, median, printTable } from "./results.ts";
import { sizeOf } from "./sizes.ts";

const RATE = sizeOf("BENCH_RATE", 2_000);
const SECONDS = sizeOf("BENCH_SECONDS", 10);
const ROUNDS = sizeOf("BENCH_ROUNDS", 3);
const CUSTOMERS = sizeOf("BENCH_PROFILES", 20_000);
const WARM_UP_SECONDS = 3;
const KEY = { till: "example-till", key: "example-till-key" };
const POINTS = 78;

/** Numbers of receipts go on from round to round. */
let sent = 0;
let handshakeMs = Date.now();

function receipt(n: number): string {
  const timestamp = new Date().toISOString();
  return (
    `{"type":"receipt","requestId":"${n}","messageId":"${n}","receiptId":"b${n}","store":"lyon-1","till":"3","timestamp":"${timestamp}","currency":"EUR","kind":"sale",` +
    `"customer":{"card":"C${n % CUSTOMERS}"},"lines":[{"sku":"shoe-1","category":"shoes","quantity":1,"unitPrice":"59.90"},{"sku":"sock-2","category":"socks","quantity":2,"unitPrice":9.25}],"total":78.4}`
  );
}

async function measure(side: "echo" | "engine", url: string): Promise<readonly number[]> {
  const first = sent;
  const total = RATE * (WARM_UP_SECONDS + SECONDS);
  sent += total;
  const { answeredMs } = await sendPaced({
    urlOf: () => (side === "echo" ? url : `${url}?${signed()}`),
    ratePerSecond: RATE,
    total,
    frame: (n) => receipt(first + n),
    answered: (reply) => (side === "echo" ? echoed(reply) : told(reply)) - first,
  });
  return answeredMs.slice(WARM_UP_SECONDS * RATE);
}

/** A handshake opens one socket, so no two have the same time. */
function signed(): string {
  handshakeMs = Math.max(Date.now(), handshakeMs + 1);
  const time = String(handshakeMs);
  return new URLSearchParams({ till: KEY.till, time, signature: signTill(KEY.key, time, "/v1/stream") }).toString();
}

function echoed(reply: string): number {
  return Number((JSON.parse(reply) as { readonly messageId: string }).messageId);
}

function told(reply: string): number {
  const { requestId, is, points, print } = JSON.parse(reply) as {
    readonly requestId: string;
    readonly is: string;
    readonly points?: { readonly earned: number };
    readonly print?: readonly string[];
  };
  if (is !== "accepted" || points?.earned !== POINTS || (print?.length ?? 0) === 0)
    throw new Error(`a receipt was answered ${reply}`);
  return Number(requestId);
}

async function main(): Promise<void> {
  const echo = await startEcho();
  const engine = await startEngine({ name: "tills", store: "embedded", rules: join(process.cwd(), "rules") });
  const rounds: { readonly echo: readonly number[]; readonly engine: readonly number[] }[] = [];
  try {
    for (let round = 0; round < ROUNDS; round++)
      rounds.push({
        echo: await measure("echo", `ws://127.0.0.1:${echo.port}/v1/stream`),
        engine: await measure("engine", `ws://127.0.0.1:${engine.port}/v1/stream`),
      });
  } finally {
    await engine.process.stop();
    await echo.process.stop();
    removeFolder(engine.folder);
  }
  const told = rounds.map((each) => ({ echo: latenciesOf(each.echo), engine: latenciesOf(each.engine) }));
  const ratio = median(told.map((each) => each.engine.p99Ms / each.echo.p99Ms));
  printTable([
    [`${RATE} receipts a second`, "p50 ms", "p95 ms", "p99 ms", "max ms"],
    ...told.flatMap((each, round) =>
      (["echo", "engine"] as const).map((side) => [
        `${side}, round ${round + 1}`,
        ...Object.values(each[side]).map((ms) => ms.toFixed(2)),
      ]),
    ),
  ]);
  process.stdout.write(`\np99 is ${ratio.toFixed(2)} times the echo's, in the median round\n`);
  process.stdout.write(
    `kept in ${keepResults("tills", { rate: RATE, seconds: SECONDS, customers: CUSTOMERS, rounds: told, p99Ratio: ratio })}\n`,
  );
}

await main();
