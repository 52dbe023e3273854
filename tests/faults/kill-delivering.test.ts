/**
 * kill -9 between an attempt and its outcome, on the embedded store. The recording's file is a pipe that the test reads, or
 * does not: a provider that hangs. What was under way then is unknown to the next life, and is never sent again; what had
 * not gone out yet goes out once; what its rule would rather send twice is.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { OutboxReport } from "../../engine/control/outbox-port.ts";
import type { ProfileReport } from "../../engine/control/profile-port.ts";
import { CONTROL_TOKEN, createEngineProcess, SERVER_KEY } from "../support/engine-process.ts";
import type { EngineProcess } from "../support/engine-process.ts";
import { createRecordingPipe } from "../support/recording-pipe.ts";
import type { RecordingPipe } from "../support/recording-pipe.ts";
import { createTestFolder, removeTestFolder } from "../support/test-folder.ts";
import { FAULT_RUN_MS_MAX, until } from "../support/waiting.ts";

const RULES = {
  "events/order_completed.yaml": "event: order_completed\nproperties: {n: number}\n",
  "triggers/once.yaml":
    "trigger: once\non: order_completed\nsend: {template: once, by: webhook}\ncategory: transactional\n",
  "triggers/surely.yaml":
    "trigger: surely\non: order_completed\nsend: {template: surely, by: webhook}\ncategory: transactional\nif unknown: send again\n",
  "../templates/webhook/once.hbs": "---\ntype: once\n---\n",
  "../templates/webhook/surely.hbs": "---\ntype: surely\n---\n",
};
const PEOPLE = 60;

let folder = "";
let engine: EngineProcess | undefined;
let pipe: RecordingPipe | undefined;

beforeAll(() => {
  folder = createTestFolder("kill-delivering");
  for (const [path, text] of Object.entries(RULES)) {
    mkdirSync(join(folder, "rules", path, ".."), { recursive: true });
    writeFileSync(join(folder, "rules", path), text);
  }
  mkdirSync(join(folder, "engine"), { recursive: true });
  pipe = createRecordingPipe(join(folder, "engine"));
});

afterAll(async () => {
  await engine?.kill();
  pipe?.close();
  removeTestFolder(folder);
});

/** Times that each message was written, and of which trigger it was. What a kill has cut short counts: somebody may have it. */
function written(): ReadonlyMap<string, { readonly template: string; readonly times: number }> {
  const counts = new Map<string, { template: string; times: number }>();
  for (const [, id = "", template = ""] of (pipe?.read() ?? "").matchAll(
    /"id":"([0-9a-f]{32})".*?"template":"(\w+)"/g,
  )) {
    const known = counts.get(id) ?? { template, times: 0 };
    counts.set(id, { template, times: known.times + 1 });
  }
  return counts;
}

async function order(n: number): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${engine?.port}/v1/track`, {
    method: "POST",
    headers: { authorization: `Basic ${btoa(`${SERVER_KEY}:`)}`, "content-type": "application/json" },
    body: JSON.stringify({ anonymousId: `a${n}`, messageId: `m${n}`, event: "Order Completed", properties: { n } }),
  });
  expect(response.status).toBe(200);
}

type Fired = ProfileReport["fired"];

async function fired(n: number): Promise<Fired> {
  const response = await fetch(`http://127.0.0.1:${engine?.controlPort}/v1/profile?who=anonymous%3Aa${n}`, {
    headers: { authorization: `Bearer ${CONTROL_TOKEN}` },
  });
  return ((await response.json()) as ProfileReport).fired;
}

const everybody = Array.from({ length: PEOPLE }, (_, n) => n);

async function allFired(): Promise<Fired> {
  return (await Promise.all(everybody.map(fired))).flat();
}

async function outbox(query = ""): Promise<OutboxReport> {
  const response = await fetch(
    `http://127.0.0.1:${engine?.controlPort}/v1/outbox${query === "" ? "" : `/again${query}`}`,
    {
      method: query === "" ? "GET" : "POST",
      headers: { authorization: `Bearer ${CONTROL_TOKEN}` },
    },
  );
  expect(response.status).toBe(200);
  return (await response.json()) as OutboxReport;
}

/** An operator finds them, has one tried once more and lets another go. */
async function replayAndDrop([again = "", dropped = "", ...others]: readonly string[]): Promise<void> {
  const dead = async (): Promise<readonly string[]> => (await outbox()).dead.map(({ message }) => message);
  expect(new Set(await dead())).toEqual(new Set([again, dropped, ...others]));
  const before = written().get(again)?.times ?? 0;
  await outbox(`?do=replay&message=${again}`);
  const left = await outbox(`?do=drop&message=${dropped.slice(0, 12)}`);
  expect(left.dead.some(({ message }) => message === dropped)).toBe(false);
  let now: Fired = [];
  await until(
    () => `the message was sent again; ${JSON.stringify(now.find(({ message }) => message === again))}`,
    async () => {
      pipe?.read();
      now = await allFired();
      return now.find(({ message }) => message === again)?.now?.became === "accepted";
    },
  );
  pipe?.read();
  expect(written().get(again)?.times).toBe(before + 1);
  expect(now.find(({ message }) => message === dropped)?.now?.became).toBe("skipped given_up");
  expect(new Set(await dead())).toEqual(new Set(others));
}

test("a kill between attempt and outcome sends nothing twice, and loses nothing that had not gone out", {
  timeout: FAULT_RUN_MS_MAX,
}, async () => {
  engine = await createEngineProcess({ rules: join(folder, "rules"), folder: join(folder, "engine") });
  await engine.start();
  // Until the pipe is full and calls hang in it.
  pipe?.fill(60_000);
  for (const n of everybody) await order(n);
  let before: Fired = [];
  await until(
    () => "calls are under way",
    async () => {
      before = await allFired();
      return before.filter(({ now }) => now?.state === "under way").length >= 8;
    },
  );
  await engine.kill();
  pipe?.read();
  await engine.start();
  let after: Fired = [];
  await until(
    () => `every message has ended; ${JSON.stringify(after.filter(({ now }) => now?.state !== "ended").slice(0, 3))}`,
    async () => {
      pipe?.read();
      after = await allFired();
      return after.length === 2 * PEOPLE && after.every(({ now }) => now?.state === "ended");
    },
  );
  pipe?.read();
  const underWay = new Set(before.flatMap(({ message, now }) => (now?.state === "under way" ? [message] : [])));
  const counts = written();
  for (const { trigger, message, now } of after) {
    const times = counts.get(message)?.times ?? 0;
    if (trigger === "once") {
      expect(times, `${message} ${JSON.stringify(now)}`).toBeLessThanOrEqual(1);
      if (underWay.has(message)) expect(now?.became).toBe("unknown crash");
      else if (now?.became === "accepted") expect(times).toBe(1);
    } else {
      expect(now?.became, `${message} ${JSON.stringify(now)}`).toBe("accepted");
      expect(times).toBeGreaterThanOrEqual(1);
      if (underWay.has(message)) expect(now?.attempts).toBeGreaterThan(1);
    }
  }
  const unknown = after.filter(({ now }) => now?.became === "unknown crash");
  expect(unknown.length).toBeGreaterThan(0);
  expect(unknown.every(({ trigger }) => trigger === "once")).toBe(true);
  await replayAndDrop(unknown.map(({ message }) => message));
});
