/**
 * People found by a whole engine: they come in as a shop's server tells of them, by `POST /v1/batch`, and are asked for as a
 * till asks, by `GET /v1/customers?q=`, once history has all of them.
 */
import { setTimeout as pause } from "node:timers/promises";
import { drainPeriodMs } from "../engine/limits-of-history.ts";
import { metricOf, removeFolder, type RunningEngine, startEngine } from "./engine-process.ts";
import { ROOT } from "./filled-engine.ts";
import { askAll, named } from "./people-typed.ts";
import type { Asked } from "./people-typed.ts";

const BATCH = 500;
const SENDERS = 4;
const AUTHORIZATION = `Basic ${Buffer.from("example-server-key:").toString("base64")}`;
/** How long history may take to get what has come in; nothing is asked before. */
const DRAIN_MS_MAX = 600_000;

export async function askEngine(people: number): Promise<{ fillSeconds: number; asked: readonly Asked[] }> {
  const engine = await startEngine({ name: "people", store: "embedded", rules: `${ROOT}/rules` });
  const url = `http://127.0.0.1:${engine.port}`;
  try {
    const startMs = performance.now();
    await tellOf(people, url);
    await untilDrained(engine);
    const fillSeconds = (performance.now() - startMs) / 1000;
    return { fillSeconds, asked: await askAll(people, { find: (typed) => find(url, typed), meant: emailOf }) };
  } finally {
    await engine.process.stop();
    removeFolder(engine.folder);
  }
}

const emailOf = (n: number): string => named(n).email;

async function find(url: string, typed: string): Promise<readonly string[]> {
  const response = await fetch(`${url}/v1/customers?q=${encodeURIComponent(typed)}`, {
    headers: { authorization: AUTHORIZATION },
  });
  if (!response.ok) throw new Error(`looking for "${typed}" was answered ${response.status}`);
  const { customers } = (await response.json()) as { readonly customers: readonly { readonly emails: string[] }[] };
  return customers.flatMap(({ emails }) => emails);
}

async function tellOf(people: number, url: string): Promise<void> {
  let next = 1;
  const send = async (): Promise<void> => {
    while (next <= people) {
      const from = next;
      next += BATCH;
      const amount = Math.min(BATCH, people + 1 - from);
      await sendBatch(
        url,
        Array.from({ length: amount }, (_, index) => identifyOf(from + index)),
      );
    }
  };
  await Promise.all(Array.from({ length: SENDERS }, send));
}

function identifyOf(n: number): object {
  const { first, last, email, phone, card } = named(n);
  return {
    type: "identify",
    messageId: `person-${n}`,
    userId: `person-${n}`,
    traits: { first_name: first, last_name: last, email, phone, loyaltyCard: card },
  };
}

/** Again for as long as the engine says that it is busy: what it had taken of the batch counts once. */
async function sendBatch(url: string, batch: readonly object[]): Promise<void> {
  const response = await fetch(`${url}/v1/batch`, {
    method: "POST",
    headers: { authorization: AUTHORIZATION, "content-type": "application/json" },
    body: JSON.stringify({ batch }),
  });
  const answer = await response.text();
  if (response.status === 503 || answer.includes('"code":"busy"')) {
    await pause(Number(response.headers.get("retry-after") ?? 1) * 1000);
    return sendBatch(url, batch);
  }
  if (!response.ok || /"ok":false/.test(answer)) throw new Error(`${response.status}: ${answer.slice(0, 300)}`);
}

/** Twice, more than a look of the drain apart: what has come since its last one is no lag yet. */
async function untilDrained(engine: RunningEngine): Promise<void> {
  const untilMs = performance.now() + DRAIN_MS_MAX;
  for (let seen = 0; seen < 2; ) {
    seen = (await metricOf(engine, "vif_drain_lag_records")) === 0 ? seen + 1 : 0;
    if (performance.now() > untilMs) throw new Error("history has not got everything within ten minutes");
    await pause(drainPeriodMs * 1.5);
  }
}
