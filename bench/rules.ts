/**
 * What a set of rules costs: checking its files, loading its plan, and evaluating one event, by generated code indexed by
 * what changed, by generated code for everything, and by the interpreter. Results are compared before anything is timed.
 * The view is an array of numbers: reading a real profile comes on top (bench/whole-path.ts has both). Beside it, on the
 * same rules and profiles, what others take for every rule, for none of them has an index (rule-engines.ts).
 * Estimate, before measuring (design, section 4): 1.3 us indexed, 7 us for everything, 106 us interpreted; about 1,000 us
 * for GrowthBook, JSON logic and CEL, 68,000 for json-rules-engine.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { profileFacts } from "../engine/language/plan/interpret.ts";
import { checkRules, encodePlan, loadPlan, type PlanSource, readRulesFolder } from "../engine/language/port.ts";
import type { EventName } from "../engine/model/event.ts";
import type { Change, FieldValue, Plan, ProfileView } from "../engine/model/plan.ts";
import { generateRules, readBrand, writeRules } from "./generate-rules.ts";
import { factsOf, type PlainRules, plainRules } from "./plain-rules.ts";
import { count, keepResults, median, printTable } from "./results.ts";
import { cel, growthBook, jsonLogicRules, jsonRulesEngine, type RuleEngine } from "./rule-engines.ts";
import { createRandom } from "./visits.ts";

const SEGMENTS = 1_000;
const PROFILES = 2_000;
const AT = Date.parse("2026-03-01T12:00:00Z");
const DAY_MS = 86_400_000;
const EVENTS = ["product_viewed", "page_viewed", "product_added", "cart_updated", "order_completed"] as const;
/** Out of 20: bench/visits.ts. */
const WEIGHTS = [9, 5, 3, 2, 1] as const;

/** A profile as a row of numbers: what reading costs least. */
class RowView implements ProfileView {
  readonly id = "p1";
  readonly values: Float64Array;
  readonly attributes: (FieldValue | undefined)[];
  readonly members: Uint8Array;

  constructor(plan: Plan, random: () => number) {
    this.values = Float64Array.from(plan.aggregates, ({ reduce }) => valueOf(reduce, random));
    this.attributes = plan.attributes.map(({ name, type }) => attributeOf(name, type, random));
    this.members = new Uint8Array(plan.segments.length);
  }
  identifierValues(): readonly string[] {
    return [];
  }

  attribute(index: number): FieldValue | undefined {
    return this.attributes[index];
  }
  aggregate(index: number): number {
    return this.values[index] ?? 0;
  }
  completions(): readonly number[] {
    return [];
  }

  transitionAt(): number {
    return Number.NaN;
  }

  completionsBy(): readonly number[] {
    return [];
  }

  nextCompletion(): number {
    return Number.POSITIVE_INFINITY;
  }

  aggregateText(): undefined {
    return undefined;
  }

  recentTexts(): readonly [] {
    return [];
  }

  aggregateValidUntil(index: number, at: number): number {
    return at + 1 + (index % 7) * DAY_MS;
  }
  inSegment(index: number): boolean {
    return this.members[index] === 1;
  }
}

function valueOf(reduce: string, random: () => number): number {
  if (reduce === "count") return Math.floor(random() ** 3 * 12);
  if (reduce === "sum") return Math.floor(random() ** 3 * 600) * 10_000;
  return random() < 0.3 ? Number.NaN : AT - Math.floor(random() * 200 * DAY_MS);
}

function attributeOf(name: string, type: string, random: () => number): FieldValue | undefined {
  if (random() < 0.2) return undefined;
  const texts: Readonly<Record<string, readonly string[]>> = {
    city: ["Paris", "Lyon", "Lille", "Gent", "Bruxelles"],
    country: ["FR", "BE", "DE", "CH"],
    language: ["fr", "en"],
    card_tier: ["bronze", "silver", "gold"],
  };
  if (type === "text") return texts[name]?.[Math.floor(random() * (texts[name]?.length ?? 0))] ?? "x";
  if (type === "list") return random() < 0.5 ? ["running"] : [];
  if (type === "boolean") return random() < 0.5;
  if (type === "instant") return AT - Math.floor(random() * 400) * DAY_MS;
  return Math.floor(random() * 1_000) * (type === "money" ? 10_000 : 1);
}

function settle(plan: Plan, view: RowView, change: Change): number {
  let flips = 0;
  plan.evaluate(view, change, AT, (segment, entered) => {
    view.members[segment] = entered ? 1 : 0;
    flips += 1;
  });
  return flips;
}

/** @throws when generated code and interpreter differ anywhere */
function verify(source: PlanSource, views: readonly RowView[]): void {
  for (const view of views.slice(0, 200)) {
    const facts = profileFacts(source, view, AT);
    for (const [index, { name, when }] of source.segments.entries()) {
      if (facts.holds(when) !== view.inSegment(index))
        throw new Error(`generated code and interpreter differ on ${name}`);
    }
  }
}

interface Timing {
  readonly name: string;
  readonly us: number;
}

function cpuUsSince(from: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(from);
  return user + system;
}

/** Median of several rounds, in us of CPU a call, which other programs on the machine disturb less than the clock. */
function time(name: string, views: readonly RowView[], run: (view: RowView, turn: number) => void): Timing {
  const rounds: number[] = [];
  let turn = 0;
  for (let round = 0; round < 15; round++) {
    const from = process.cpuUsage();
    for (const view of views) run(view, turn++);
    rounds.push(cpuUsSince(from) / views.length);
  }
  return { name, us: rounds.slice(4).sort((a, b) => a - b)[5] ?? Number.NaN };
}

/** Profiles that the others are tried on: enough for them to be compiled as well as they can be. */
const OTHERS_PROFILES = 200;

/**
 * Median of rounds of one profile each, in us of CPU.
 * @throws when the engine says anything else of any of these profiles
 */
async function timeOther(
  engine: RuleEngine,
  { source, read }: { readonly source: PlanSource; readonly read: PlainRules["read"] },
  views: readonly RowView[],
): Promise<Timing> {
  const profiles = engine.name === "json-rules-engine" ? views.slice(0, 20) : views.slice(0, OTHERS_PROFILES);
  const rounds: number[] = [];
  for (const view of profiles) {
    const facts = factsOf(profileFacts(source, view, AT), read);
    const from = process.cpuUsage();
    const held = await engine.evaluate(facts);
    rounds.push(cpuUsSince(from));
    for (const [index, holds] of held.entries())
      if (holds !== view.inSegment(index)) throw new Error(`${engine.name} differs on ${source.segments[index]?.name}`);
  }
  return { name: engine.name, us: median(rounds.slice(rounds.length >> 1)) };
}

interface LoadTime {
  readonly rules: number;
  readonly checkMs: number;
  readonly loadMs: number;
}

/** CPU of all threads, garbage and compilation included, as an engine has it that has loaded a plan before. */
function loadTime(rules: number): LoadTime {
  const brand = readBrand();
  const files = [...brand, ...generateRules({ segments: rules, aggregates: 60, contents: 10, seed: 2 })];
  const from = process.cpuUsage();
  const { plan } = checkRules(files);
  if (plan === undefined) throw new Error("the generated rules are not sound");
  const bytes = encodePlan(plan);
  const checkMs = cpuUsSince(from) / 1_000;
  const loadedFrom = process.cpuUsage();
  loadPlan(bytes);
  return { rules, checkMs, loadMs: cpuUsSince(loadedFrom) / 1_000 };
}

/** What the machine gives at this moment: comparing and counting 1,000 numbers, about 1 us where nothing else runs. */
function compareNumbers(numbers: Float64Array): number {
  let count = 0;
  for (let i = 0; i < 1_000; i++) if ((numbers[i & 63] ?? 0) >= (i & 31)) count++;
  return count;
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "vif-rules-"));
  try {
    writeRules(folder, { segments: SEGMENTS, aggregates: 60, contents: 10, seed: 1 });
    const files = await readRulesFolder(folder);
    const checkedFrom = process.cpuUsage();
    const { plan: source, problems } = checkRules(files);
    const checkMs = cpuUsSince(checkedFrom) / 1_000;
    if (source === undefined) throw new Error(`the generated rules are not sound: ${JSON.stringify(problems[0])}`);
    const bytes = encodePlan(source);
    const loadedFrom = process.cpuUsage();
    const plan = loadPlan(bytes);
    const loadMs = cpuUsSince(loadedFrom) / 1_000;
    const random = createRandom(7);
    const views = Array.from({ length: PROFILES }, () => new RowView(plan, random));
    for (const view of views) settle(plan, view, { kind: "everything" });
    verify(source, views);
    const changes = EVENTS.flatMap((event, index) =>
      Array.from(
        { length: WEIGHTS[index] ?? 0 },
        (): Change => ({ kind: "event", event: event as EventName, attributes: [] }),
      ),
    );
    const everything: Change = { kind: "everything" };
    let sink = 0;
    const numbers = Float64Array.from({ length: 64 }, (_, index) => index);
    const timings = [
      time("1,000 comparisons, for scale", views, () => (sink += compareNumbers(numbers))),
      ...EVENTS.map((event) => {
        const change: Change = { kind: "event", event: event as EventName, attributes: [] };
        return time(`evaluate ${event}`, views, (view) => (sink += settle(plan, view, change)));
      }),
      time("evaluate, events as they come", views, (view, turn) => {
        sink += settle(plan, view, changes[turn % changes.length] as Change);
      }),
      time("evaluate everything", views, (view) => (sink += settle(plan, view, everything))),
      time("nextFlip, events as they come", views, (view, turn) => {
        sink += plan.nextFlip(view, changes[turn % changes.length] as Change, AT) > AT ? 1 : 0;
      }),
      time("nextFlip everything", views, (view) => (sink += plan.nextFlip(view, everything, AT) > AT ? 1 : 0)),
      time("decide, 10 contents", views, (view) => (sink += plan.decide(view, AT).length)),
      time("interpreter, everything", views.slice(0, 100), (view) => {
        const facts = profileFacts(source, view, AT);
        for (const { when } of source.segments) sink += facts.holds(when) ? 1 : 0;
      }),
    ];
    const { rules, read } = plainRules(source, AT);
    const others: Timing[] = [];
    for (const create of [growthBook, jsonLogicRules, cel, jsonRulesEngine])
      others.push(await timeOther(create(rules), { source, read }, views));
    const ours = (name: string): number => timings.find((timing) => timing.name === name)?.us ?? Number.NaN;
    const [indexedUs, everythingUs] = [ours("evaluate, events as they come"), ours("evaluate everything")];
    const ratios = others.map(({ name, us }) => ({
      name,
      us,
      ofEverything: us / everythingUs,
      ofIndexed: us / indexedUs,
    }));
    const loads = [SEGMENTS, 10 * SEGMENTS].map(loadTime);
    const sizes = { segments: plan.segments.length, aggregates: plan.aggregates.length, streams: plan.streams.length };
    process.stdout.write(`${JSON.stringify({ ...sizes, planBytes: bytes.length, sink: sink > 0 })}\n`);
    printTable([
      ["step", "figure"],
      ["check 1,000 files, cold", `${checkMs.toFixed(0)} ms`],
      ["load the plan, cold", `${loadMs.toFixed(0)} ms`],
      ...loads.flatMap(({ rules, checkMs: checked, loadMs: loaded }) => [
        [`check ${count(rules)} files, warm`, `${checked.toFixed(0)} ms`],
        [`load a plan of ${count(rules)}, warm`, `${loaded.toFixed(0)} ms`],
      ]),
      ...timings.map(({ name, us }) => [name, `${us.toFixed(2)} us`]),
    ]);
    process.stdout.write("\n");
    printTable([
      ["1,000 rules elsewhere, results equal", "us", "times everything", "times indexed"],
      ...ratios.map(({ name, us, ofEverything, ofIndexed }) => [
        name,
        count(us),
        count(ofEverything),
        count(ofIndexed),
      ]),
    ]);
    const kept = keepResults("rules", { ...sizes, checkMs, loadMs, loads, timings, others: ratios });
    process.stdout.write(`\nkept in ${kept}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

await main();
