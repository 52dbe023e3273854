/**
 * The mixed day by our own hand, at the rates and in the proportions of shop-day.k6.js and from the same shop-day.ts: what
 * k6 measures is to be measured here too, in a process of its own, as k6 is one. Every kind leaves at its own fixed rate,
 * whatever comes back; an answer is timed from its sending, and is looked into before it counts.
 *
 *     node dist/bench/load/own-load.js 127.0.0.1:8080 [events a second, 300] [seconds, 20] [name of the run]
 */
import { createHmac } from "node:crypto";
import { Agent, request } from "node:http";
import WebSocket from "ws";
import {
  httpEvent,
  KINDS,
  login,
  rateOf,
  receipt,
  socketEvent,
  SOCKETS,
  streamPath,
  WARM_UP_SECONDS,
} from "./shop-day.ts";
import type { Kind, Request } from "./shop-day.ts";

export interface KindFigures {
  readonly answersPerSecond: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
}

export interface LoadFigures {
  readonly figures: Readonly<Record<Kind | "all", KindFigures>>;
  readonly checks: { readonly passes: number; readonly fails: number };
}

/** Connections for requests, as many as k6 has virtual users to begin with. */
const CONNECTIONS = 20;
/** How long an answer is waited for in the end. */
const SETTLE_MS_MAX = 5_000;

class Answers {
  readonly tookMs: Readonly<Record<Kind, number[]>> = { socket: [], http: [], till: [], login: [] };
  passes = 0;
  fails = 0;
  waiting = 0;
  readonly #countFromMs: number;

  constructor(countFromMs: number) {
    this.#countFromMs = countFromMs;
  }

  take(kind: Kind, isGood: boolean, sentAtMs: number): void {
    const nowMs = performance.now();
    this.waiting -= 1;
    if (isGood) this.passes += 1;
    else this.fails += 1;
    if (nowMs >= this.#countFromMs) this.tookMs[kind].push(nowMs - sentAtMs);
  }
}

/** Calls `send` at its fixed rate until `endMs`; one that is late is sent at once, and none is left out. */
async function atRate(perSecond: number, endMs: number, send: (n: number) => void): Promise<void> {
  const everyMs = 1000 / perSecond;
  // Kinds that began together would meet again and again, and wait for each other.
  let dueMs = performance.now() + Math.random() * everyMs;
  for (let n = 0; dueMs < endMs; n++, dueMs += everyMs) {
    const waitMs = dueMs - performance.now();
    if (waitMs > 0) await pause(waitMs);
    send(n);
  }
}

async function visitor(
  target: string,
  own: number,
  about: { run: string; perSecond: number; endMs: number },
  answers: Answers,
) {
  const { run, perSecond, endMs } = about;
  const socket = new WebSocket(`ws://${target}${streamPath()}`);
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  const sentAt = new Map<string, number>();
  socket.on("message", (data: Buffer) => {
    const { messageId, ok } = JSON.parse(data.toString()) as { readonly messageId?: string; readonly ok?: boolean };
    const sentAtMs = sentAt.get(messageId ?? "");
    if (messageId === undefined || sentAtMs === undefined) return;
    sentAt.delete(messageId);
    answers.take("socket", ok === true, sentAtMs);
  });
  await atRate(perSecond, endMs, (n) => {
    const { id, text } = socketEvent(run, own, n);
    answers.waiting += 1;
    sentAt.set(id, performance.now());
    socket.send(text);
  });
  return socket;
}

function post(
  url: string,
  agent: Agent,
  { path, body, headers }: Request,
): Promise<{ ok: boolean; answer: unknown; sentAtMs: number }> {
  return new Promise((resolve) => {
    let sentAtMs = performance.now();
    const sending = request(`${url}${path}`, {
      method: "POST",
      agent,
      headers: { ...headers, "content-length": Buffer.byteLength(body) },
    });
    // From when the connection is there, as k6 times it.
    sending.once("socket", (socket) => {
      if (socket.connecting) socket.once("connect", () => (sentAtMs = performance.now()));
      else sentAtMs = performance.now();
    });
    sending.once("error", () => resolve({ ok: false, answer: {}, sentAtMs }));
    sending.once("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.once("end", () =>
        resolve({ ok: response.statusCode === 200, answer: JSON.parse(Buffer.concat(chunks).toString()), sentAtMs }),
      );
    });
    sending.end(body);
  });
}

export async function runDay(
  target: string,
  about: { run: string; rate: number; seconds: number },
): Promise<LoadFigures> {
  const { run, rate, seconds } = about;
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  const hmac = (key: string, text: string): string => createHmac("sha256", key).update(text).digest("hex");
  const startMs = performance.now();
  const answers = new Answers(startMs + WARM_UP_SECONDS * 1000);
  const endMs = startMs + (WARM_UP_SECONDS + seconds) * 1000;
  const requests = (kind: Kind, make: (n: number) => Request, isGood: (answer: never) => boolean): Promise<void> =>
    atRate(rateOf(kind, rate), endMs, (n) => {
      answers.waiting += 1;
      void post(`http://${target}`, agent, make(n)).then(({ ok, answer, sentAtMs }) =>
        answers.take(kind, ok && isGood(answer as never), sentAtMs),
      );
    });
  const isTaken = ({ success }: { readonly success?: boolean }): boolean => success === true;
  const perSecond = rateOf("socket", rate) / SOCKETS;
  const sockets = Array.from({ length: SOCKETS }, (_, own) =>
    visitor(target, own + 1, { run, perSecond, endMs }, answers),
  );
  await Promise.all([
    ...sockets,
    requests("http", (n) => httpEvent(run, n, base64), isTaken),
    requests(
      "till",
      (n) => receipt(run, n, { nowMs: Date.now(), hmac }),
      ({ is, points }: { readonly is?: string; readonly points?: { readonly earned: number } }) =>
        is === "accepted" && (points?.earned ?? 0) > 0,
    ),
    requests("login", (n) => login(run, n, base64), isTaken),
  ]);
  const settledBy = performance.now() + SETTLE_MS_MAX;
  while (answers.waiting > 0 && performance.now() < settledBy) await pause(20);
  for (const socket of await Promise.all(sockets)) socket.close();
  agent.destroy();
  const { passes, fails, waiting, tookMs } = answers;
  const all = figuresOf(
    KINDS.flatMap((kind) => tookMs[kind]),
    seconds,
  );
  const figures = { all, ...Object.fromEntries(KINDS.map((kind) => [kind, figuresOf(tookMs[kind], seconds)])) };
  return { figures: figures as LoadFigures["figures"], checks: { passes, fails: fails + waiting } };
}

function figuresOf(tookMs: number[], seconds: number): KindFigures {
  const sorted = tookMs.sort((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return { answersPerSecond: sorted.length / seconds, p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99) };
}

function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, delayMs);
  });
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const [target = "127.0.0.1:8080", rate = "300", seconds = "20", run = `own-${Date.now()}`] = process.argv.slice(2);
  const figures = await runDay(target, { run, rate: Number(rate), seconds: Number(seconds) });
  process.stdout.write(`${JSON.stringify(figures)}\n`);
}
