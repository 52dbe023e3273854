/**
 * The mixed day by k6 (https://k6.io, `go install go.k6.io/k6@latest`), run by `npm run bench -- load`, or by itself against
 * an engine that has the example brand's keys:
 *
 *     k6 run -e VIF=127.0.0.1:8080 -e RATE=300 -e SECONDS=30 bench/load/shop-day.k6.js
 *
 * Every kind is sent at its own fixed rate, whatever comes back. An answer is timed from its sending; `answers` counts the
 * good ones after the warm-up.
 */
import { check } from "k6";
import { hmac } from "k6/crypto";
import { b64encode } from "k6/encoding";
import exec from "k6/execution";
import http from "k6/http";
import { Counter, Trend } from "k6/metrics";
import { WebSocket } from "k6/websockets";
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

const GATEWAY = __ENV.VIF || "127.0.0.1:8080";
const RATE = Number(__ENV.RATE || 300);
const SECONDS = Number(__ENV.SECONDS || 20);
const RUN = __ENV.RUN || `k6-${Date.now()}`;

const answers = new Counter("answers");
const answerMs = new Trend("answer_ms");

function requests(kind) {
  return {
    executor: "constant-arrival-rate",
    exec: kind,
    rate: Math.round(rateOf(kind, RATE) * 10),
    timeUnit: "10s",
    duration: `${WARM_UP_SECONDS + SECONDS}s`,
    preAllocatedVUs: 20,
    maxVUs: 200,
    tags: { kind },
  };
}

/** What a shop wants of its busy hour on one small machine; a till's customer waits for the answer. */
const thresholds = {
  checks: ["rate>0.999"],
  dropped_iterations: [`count<${Math.ceil(RATE * SECONDS * 0.001)}`],
};
for (const kind of KINDS) {
  thresholds[`answer_ms{kind:${kind}}`] = ["p(95)<250"];
  thresholds[`answers{kind:${kind}}`] = [`count>${Math.floor(rateOf(kind, RATE) * SECONDS * 0.95)}`];
}

export const options = {
  scenarios: {
    socket: {
      executor: "per-vu-iterations",
      exec: "socket",
      vus: SOCKETS,
      iterations: 1,
      maxDuration: `${WARM_UP_SECONDS + SECONDS + 10}s`,
      tags: { kind: "socket" },
    },
    http: requests("http"),
    till: requests("till"),
    login: requests("login"),
  },
  thresholds,
  summaryTrendStats: ["med", "p(95)", "p(99)", "max"],
};

/** Milliseconds since the run began, in fractions, where Date has whole ones only. */
const now = () => exec.instance.currentTestRunDuration;

function count(kind, tookMs) {
  if (now() < WARM_UP_SECONDS * 1000) return;
  answers.add(1, { kind });
  answerMs.add(tookMs, { kind });
}

export function socket() {
  const own = exec.vu.idInTest;
  const everyMs = (SOCKETS * 1000) / rateOf("socket", RATE);
  const ws = new WebSocket(`ws://${GATEWAY}${streamPath()}`);
  const sentAt = new Map();
  let n = 0;
  let dueAt = 0;

  function send() {
    if (now() >= (WARM_UP_SECONDS + SECONDS) * 1000) {
      setTimeout(() => ws.close(), 1000);
      return;
    }
    const { id, text } = socketEvent(RUN, own, n++);
    sentAt.set(id, now());
    ws.send(text);
    dueAt += everyMs;
    setTimeout(send, Math.max(0, dueAt - now()));
  }

  ws.addEventListener("open", () => {
    dueAt = now() + (own / SOCKETS) * everyMs;
    setTimeout(send, dueAt - now());
  });
  ws.addEventListener("message", ({ data }) => {
    const at = now();
    const { messageId, ok } = JSON.parse(data);
    if (messageId === undefined) return;
    check(ok, { "a socket's event is durable": (is) => is === true });
    count("socket", at - sentAt.get(messageId));
    sentAt.delete(messageId);
  });
  ws.addEventListener("error", ({ error }) => check(error, { "a socket stays open": () => false }));
}

function post(kind, { path, body, headers }, isGood) {
  const response = http.post(`http://${GATEWAY}${path}`, body, { headers });
  check(response, { [`${kind}: answered 200`]: ({ status }) => status === 200, [`${kind}: taken`]: isGood });
  count(kind, response.timings.duration);
}

const isTaken = (response) => response.json("success") === true;

export function http_() {
  post("http", httpEvent(RUN, exec.scenario.iterationInTest, b64encode), isTaken);
}
export { http_ as http };

export function till() {
  const sign = (key, text) => hmac("sha256", key, text, "hex");
  const sent = receipt(RUN, exec.scenario.iterationInTest, { nowMs: Date.now(), hmac: sign });
  post("till", sent, (response) => response.json("is") === "accepted" && response.json("points.earned") > 0);
}

export function login_() {
  post("login", login(RUN, exec.scenario.iterationInTest, b64encode), isTaken);
}
export { login_ as login };

/** The figures that are kept go to the file SUMMARY; people see the ordinary end of a run. */
export function handleSummary(data) {
  const figures = Object.fromEntries(
    [...KINDS, "all"].map((kind) => {
      const only = kind === "all" ? "" : `{kind:${kind}}`;
      const ms = data.metrics[`answer_ms${only}`]?.values ?? {};
      const { count: answered = 0 } = data.metrics[`answers${only}`]?.values ?? {};
      const shown = { p50Ms: ms.med, p95Ms: ms["p(95)"], p99Ms: ms["p(99)"] };
      return [kind, { answersPerSecond: answered / SECONDS, ...shown }];
    }),
  );
  const broken = Object.entries(data.metrics).flatMap(([name, { thresholds: held = {} }]) =>
    Object.entries(held).flatMap(([rule, { ok }]) => (ok ? [] : [`${name}: ${rule}`])),
  );
  const checks = data.metrics.checks?.values ?? { passes: 0, fails: 0 };
  const text = JSON.stringify({ figures, checks, broken });
  return __ENV.SUMMARY ? { [__ENV.SUMMARY]: text } : { stdout: `${text}\n` };
}
