/**
 * A rule tried over the past: events a second of a history of 1,000,000 events of 50,000 people, read from DuckDB in this
 * thread and lived through again, by CPU of the whole process (DuckDB's reading and sorting included), as the claim is "a
 * core". The rule is a share of what a marketer writes: a count in a window, a sum, a recency. What it finds is compared
 * with a plain reckoning before its time counts.
 *
 *     BENCH_EVENTS=1_000_000 BENCH_ROUNDS=5 npm run bench -- past
 *
 * Estimate before the first run: 4 to 5 us an event, 200,000 to 250,000 events a second a core.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tryRule, type TriedRule, type TryReport } from "../engine/backtest/port.ts";
import { createEmbeddedHistory } from "../engine/history/embedded/duckdb-history.ts";
import { rowsOfBatch } from "../engine/history/journal-rows.ts";
import type { History } from "../engine/history/port.ts";
import { checkRules, encodePlan, focusPlan, loadPlan } from "../engine/language/port.ts";
import type { EventName } from "../engine/model/event.ts";
import { digestText } from "../engine/model/hash.ts";
import type { ProfileId, ShardId, SourceId } from "../engine/model/ids.ts";
import { encodeBatch } from "../engine/model/record-codec.ts";
import type { JournalRecord } from "../engine/model/record.ts";
import { count, keepResults, median, printTable } from "./results.ts";
import { sizeOf } from "./sizes.ts";

const EVENTS = sizeOf("BENCH_EVENTS", 1_000_000);
const ROUNDS = sizeOf("BENCH_ROUNDS", 5);
const PEOPLE = EVENTS / 20;
const BATCH = 2_000;
const DAY_MS = 86_400_000;
const START = Date.UTC(2025, 0, 1);
const DAYS = 200;
const UNTIL = START + DAYS * DAY_MS;
const SINCE = UNTIL - 90 * DAY_MS;

const RULES = {
  "fields.yaml": "fields: {city: text}\n",
  "events/product_viewed.yaml":
    "event: product_viewed\nproperties: {category: text, price: money, name: text, url: text, quantity: number}\n",
  "segments/shoe-lover.yaml":
    "segment: shoe-lover\nwhen: count of product_viewed where category = shoes in last 30 days >= 3\n",
  "segments/looks-a-lot.yaml":
    "segment: looks-a-lot\nwhen:\n  any:\n    - sum of product_viewed.price in last 30 days >= 300\n    - in segment shoe-lover and last product_viewed was less than 7 days ago\n",
};

function eventAt(n: number): JournalRecord {
  // Spread so that every person's events lie all over the file.
  const person = (n * 7_919) % PEOPLE;
  const profile = person.toString(16).padStart(24, "0") as ProfileId;
  const timestamp = START + Math.floor((n / EVENTS) * DAYS * DAY_MS);
  const fields = {
    product_id: `sku-${n % 4000}`,
    name: `Walking shoe ${n % 4000}`,
    category: ["shoes", "coats", "hats"][n % 3] ?? "shoes",
    price: ((n * 31) % 20_000) / 100,
    quantity: 1 + (n % 3),
    url: `https://shop.example/p/${n % 4000}?ref=${(n * 2654435761) % 4294967296}`,
  };
  const body = JSON.stringify({ fields, context: { page: { path: `/p/${n % 4000}`, title: fields.name } } });
  const event = {
    type: "track" as const,
    name: "product_viewed" as EventName,
    source: "web" as SourceId,
    messageId: `m-${n}`,
    digest: digestText(`m-${n}`),
    bodyHash: n,
    identifiers: [{ kind: "anonymous" as const, value: `${profile}-visitor` }],
    proved: false,
    timestamp,
    fields,
    body,
  };
  return { kind: "event", profile, creates: false, event };
}

async function fill(history: History): Promise<void> {
  const shard = 0 as ShardId;
  for (let first = 1; first <= EVENTS; first += BATCH) {
    const records = Array.from({ length: Math.min(BATCH, EVENTS - first + 1) }, (_, index) => eventAt(first + index));
    const bytes = encodeBatch({ firstPosition: first, instant: UNTIL, records });
    const batch = { epoch: 1, firstPosition: first, count: records.length, bytes };
    const from = { epoch: first === 1 ? 0 : 1, position: first - 1 };
    const to = { epoch: 1, position: first + records.length - 1 };
    await history.drain([{ shard, from, to, rows: rowsOfBatch(shard, batch, first - 1) }]);
  }
}

function ruleOf(name: string): TriedRule {
  const { plan, problems } = checkRules(Object.entries(RULES).map(([path, text]) => ({ path, text })));
  if (plan === undefined) throw new TypeError(JSON.stringify(problems));
  const focused = focusPlan(plan, name);
  if (focused === undefined) throw new TypeError(`no rule ${name}`);
  return { name, kind: focused.kind, plan: loadPlan(encodePlan(focused.plan)), events: focused.events };
}

/** Who looked at three shoes in the last 30 days, counted by hand. */
function shoeLovers(): number {
  const views = new Map<number, number>();
  for (let n = 1; n <= EVENTS; n++) {
    const at = START + Math.floor((n / EVENTS) * DAYS * DAY_MS);
    if (n % 3 === 0 && at > UNTIL - 30 * DAY_MS && at <= UNTIL) {
      const person = (n * 7_919) % PEOPLE;
      views.set(person, (views.get(person) ?? 0) + 1);
    }
  }
  return [...views.values()].filter((seen) => seen >= 3).length;
}

function check(report: TryReport): void {
  const wanted = shoeLovers();
  if (report.kind !== "segment" || report.insideNow !== wanted || report.events !== EVENTS)
    throw new Error(`${wanted} people look at shoes, and the report says ${JSON.stringify(report).slice(0, 300)}`);
}

const folder = mkdtempSync(join(tmpdir(), "vif-bench-past-"));
const history = await createEmbeddedHistory({ file: join(folder, "history.duckdb") });
try {
  await fill(history);
  const found: Record<string, { readonly cpu: number[]; readonly wall: number[] }> = {};
  for (let round = 0; round <= ROUNDS; round++) {
    for (const name of ["shoe-lover", "looks-a-lot"]) {
      const rule = ruleOf(name);
      const [cpu, at] = [process.cpuUsage(), performance.now()];
      const report = await tryRule(history, rule, { since: SINCE, until: UNTIL }, () => undefined);
      const used = process.cpuUsage(cpu);
      if (name === "shoe-lover") check(report);
      // The first round warms up.
      if (round === 0) continue;
      const kept = (found[name] ??= { cpu: [], wall: [] });
      kept.cpu.push((used.user + used.system) / EVENTS);
      kept.wall.push((EVENTS / (performance.now() - at)) * 1_000);
    }
  }
  const rows = Object.entries(found).map(([name, { cpu, wall }]) => [
    name,
    median(cpu).toFixed(2),
    count(1e6 / median(cpu)),
    count(median(wall)),
  ]);
  printTable([["rule", "CPU us an event", "events/s a core", "events/s by the clock"], ...rows]);
  process.stdout.write(`\nkept in ${keepResults("past", { events: EVENTS, people: PEOPLE, rounds: ROUNDS, found })}\n`);
} finally {
  await history.close();
  rmSync(folder, { recursive: true });
}
