/**
 * A brand with a year behind it, most of which can be made too old to be kept, one kind of event after the other; and what
 * there must be whatever happens on the way: every event that is not too old, once, and everybody as they were.
 */
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "vitest";
import type { Retained, Scored } from "../../engine/control/night-steps-port.ts";
import type { NightReport } from "../../engine/control/nights-port.ts";
import type { Report } from "../../engine/control/port.ts";
import { checkRules, encodePlan, loadPlan, type PlanSource } from "../../engine/language/port.ts";
import { CONTROL_TOKEN, ONCE } from "./engine-process.ts";
import { LongPast, longText } from "./long-past.ts";
import {
  type NightBrand,
  type NightBrandOptions,
  shown,
  startNightBrand,
  type Stores,
  untilSnapped,
} from "./night-brand.ts";
import { createTestFolder, removeTestFolder } from "./test-folder.ts";
import { until } from "./waiting.ts";

const DAY_MS = 86_400_000;
const DAYS = 400;
const EVERY_DAYS = 4;
/** Between two days on which something happened, whatever the time of day is. */
const KEPT_DAYS = 98;
/** Of four people one has not come for so long. */
const IDLE_DAYS = 120;
const PEOPLE = 40;

export interface AgingBrandOptions extends Pick<NightBrandOptions, "data"> {
  readonly stores: Stores;
  /** Kinds of events that can be made too old. */
  readonly kinds: number;
}

export interface AgingBrand extends NightBrand {
  /** From now on one kind more is kept for a quarter of a year only. */
  ageOne(): Promise<void>;
  retain(dryRun?: boolean): Promise<Retained>;
  /** Live is what history says; what is too old goes, or has gone, and all else is there. */
  expectWhole(): Promise<void>;
}

/** The rules where so many of the kinds are not kept for ever. */
function rulesWith(aging: number, kinds: number): readonly { readonly path: string; readonly text: string }[] {
  const names = Array.from({ length: kinds }, (_, kind) => nameOf(kind));
  const retention = (kind: number): string => (kind < aging ? `retention: ${KEPT_DAYS} days\n` : "");
  return [
    { path: "fields.yaml", text: "fields:\n  rfm.recency: number\n  rfm.group: text\n" },
    {
      path: "events/order_completed.yaml",
      text: "event: order_completed\nproperties:\n  total: {type: money, currency: EUR}\n",
    },
    ...names.map((name, kind) => ({
      path: `events/${name}.yaml`,
      text: `event: ${name}\n${retention(kind)}properties:\n  page: text\n`,
    })),
    {
      path: "segments/keen.yaml",
      text: [
        "segment: keen\ntitle: Keen\nwhen:\n  any:",
        "    - sum of order_completed.total >= 10000000",
        ...names.map((name) => `    - count of ${name} >= 100000`),
        "",
      ].join("\n"),
    },
  ];
}

function nameOf(kind: number): string {
  return `seen_${kind}`;
}

export async function startAgingBrand(name: string, options: AgingBrandOptions): Promise<AgingBrand> {
  const { stores, kinds, ...more } = options;
  const rules = createTestFolder(`${name}-rules`);
  let aging = 0;

  function writeRules(): void {
    for (const { path, text } of rulesWith(aging, kinds)) {
      mkdirSync(dirname(join(rules, path)), { recursive: true });
      writeFileSync(join(rules, path), text);
    }
  }

  writeRules();
  const bytes = encodePlan(checkRules(rulesWith(0, kinds)).plan as PlanSource);
  const plan = loadPlan(bytes).digest;
  const past = new LongPast({
    now: Math.floor(Date.now() / DAY_MS) * DAY_MS,
    days: DAYS,
    everyDays: EVERY_DAYS,
    shards: 4,
    people: PEOPLE,
    plan,
    deedsOn: (day, n) =>
      n % 4 === 0 && day > DAYS - IDLE_DAYS
        ? []
        : [
            ...Array.from({ length: kinds }, (_, kind) => ({
              name: nameOf(kind),
              fields: { page: `page-${(day + n) % 50}`, said: longText(day * 11 + n * 3 + kind) },
            })),
            ...(day % (5 * EVERY_DAYS) === 0 ? [{ name: "order_completed", fields: { total: 100_000 + n } }] : []),
          ],
  });
  const brand = await startNightBrand(name, stores, {
    ...more,
    rules,
    async past(history) {
      await history.putDocument({ kind: "plan", key: plan }, bytes);
      await past.drainUpTo(history);
    },
  });
  untilSnapped(brand);
  const before = await someOf(brand);

  function expectedEvents(): Readonly<Record<string, number>> {
    const names = Array.from({ length: kinds }, (_, kind) => nameOf(kind));
    const left = names.map((each, kind) => [each, past.count(each, kind < aging ? DAYS - KEPT_DAYS : 0)] as const);
    return { ...Object.fromEntries(left), order_completed: past.count("order_completed") };
  }

  return {
    ...brand,
    async ageOne() {
      const { plan: former } = await brand.engine.status();
      aging += 1;
      writeRules();
      await until("the new rules decide", async () => (await brand.engine.status()).plan !== former);
    },
    retain: (dryRun = false) => step<Retained>(brand, `retain?dryRun=${dryRun}`),
    async expectWhole() {
      const night = await step<NightReport>(brand, "reconcile");
      expect(night.told, brand.engine.output()).toEqual([]);
      await step<Retained>(brand, "retain");
      const left = await step<Retained>(brand, "retain?dryRun=true");
      expect(left.events.map(({ rows, waiting }) => rows + waiting)).toEqual(Array.from({ length: aging }, () => 0));
      expect(left.anonymous?.people).toBe(0);
      // What the disk was to be given back it has been given.
      expect((await step<Retained>(brand, "retain")).compacted).toBeUndefined();
      if (stores === "embedded") expect(readdirSync(brand.data).filter(isOfCompaction)).toEqual([]);
      await step<Scored>(brand, "rfm");
      expect(await step<Scored>(brand, "rfm")).toMatchObject({ recorded: 0, known: 0 });
      const { byEvent } = await told<Report>(brand, "report");
      const events = Object.fromEntries(byEvent.map((each) => [each.name, each.events]));
      expect(events).toMatchObject(expectedEvents());
      expect(await someOf(brand)).toEqual(before);
    },
    async close() {
      await brand.close();
      removeTestFolder(rules);
    },
  };
}

/** Three who have come all the time, but for what nights work out of them. */
async function someOf(brand: NightBrand): Promise<readonly object[]> {
  const people: object[] = [];
  for (const n of [1, 2, 3]) {
    const profile = await told<Readonly<Record<string, unknown>>>(brand, `profile?who=anonymous:visitor-${n}`);
    const { attributes: _attributes, ...rest } = shown(profile);
    people.push(rest);
  }
  return people;
}

/** A name of a file: it is written while a history is compacted. */
export function isOfCompaction(name: string): boolean {
  return name.startsWith("history.duckdb.compact");
}

/** What the control plane answers; a text of what it says on its way to a step's report. */
export async function ask({ engine }: NightBrand, method: "GET" | "POST", path: string): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${engine.controlPort}/v1/${path}`, {
    method,
    headers: { ...ONCE, authorization: `Bearer ${CONTROL_TOKEN}` },
  });
  return answer.text();
}

async function told<Told>(brand: NightBrand, path: string): Promise<Told> {
  return JSON.parse(await ask(brand, "GET", path)) as Told;
}

async function step<Told>(brand: NightBrand, path: string): Promise<Told> {
  const said = await ask(brand, "POST", path);
  const report = /event: report\ndata: (.*)/.exec(said)?.[1];
  if (report === undefined) throw new Error(`${path}: ${said}\n${brand.engine.output()}`);
  return JSON.parse(report) as Told;
}
