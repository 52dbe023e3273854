/**
 * What a night and a rebuild cost a profile, over 10,000, 100,000 and (when it is asked for) 1,000,000 people: the same
 * measurement at each size (reconcile.ts), in a process of its own, so that what one leaves in memory is not the next one's.
 * Figures are microseconds of CPU a profile, the median of rounds in which sizes take turns: a flat line says that the cost of
 * one does not grow with how many there are.
 *
 *     npm run bench -- reconcile-curve
 *     VIF_BENCH_MOST=1000000 npm run bench -- reconcile-curve      one size more: an hour
 *
 * Beside these: VIF_BENCH_EVENTS, of each person (20), and VIF_BENCH_ROUNDS (1).
 */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { NightFigures } from "./reconcile.ts";
import { count, keepResults, median, printTable } from "./results.ts";

const LEAST = 10_000;
const most = Number(process.env["VIF_BENCH_MOST"] ?? 100_000);
const events = Number(process.env["VIF_BENCH_EVENTS"] ?? 20);
const rounds = Number(process.env["VIF_BENCH_ROUNDS"] ?? 1);

const sizes: number[] = [];
for (let people = LEAST; people <= most; people *= 10) sizes.push(people);
if (sizes.length === 0) throw new Error(`VIF_BENCH_MOST is ${most}, and takes ${LEAST} or more`);

function measure(people: number): Promise<NightFigures> {
  const child = fork(fileURLToPath(new URL("./reconcile.js", import.meta.url)), [String(people), String(events)], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  return new Promise((resolve, reject) => {
    child.once("message", (told) => resolve(told as NightFigures));
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the measurement of ${people} people ended with ${code}`)));
  });
}

const measured = new Map<number, NightFigures[]>(sizes.map((people) => [people, []]));
for (let round = 0; round < rounds; round++)
  for (const [people, all] of measured) {
    process.stderr.write(`round ${round + 1} of ${rounds}, ${count(people)} people\n`);
    all.push(await measure(people));
  }

const figuresOf = (people: number): readonly NightFigures[] => measured.get(people) ?? [];
const names = figuresOf(LEAST)[0]?.steps.map(({ name }) => name) ?? [];
const curve = names.map((name) => ({
  name,
  microsecondsAProfile: sizes.map((people) =>
    median(
      figuresOf(people).map(
        ({ steps }) => ((steps.find((step) => step.name === name)?.cpuSeconds ?? NaN) * 1e6) / people,
      ),
    ),
  ),
}));
const ownMb = sizes.map((people) =>
  median(figuresOf(people).map(({ steps }) => Math.max(...steps.map(({ memory }) => memory.ownMb)))),
);
printTable([
  ["CPU µs a profile", ...sizes.map((people) => `${count(people)} people`), "last / first"],
  ...curve.map(({ name, microsecondsAProfile: all }) => [
    name,
    ...all.map((value) => value.toFixed(1)),
    ((all.at(-1) ?? NaN) / (all[0] ?? NaN)).toFixed(2),
  ]),
  ["most memory of its own, MB", ...ownMb.map(count), ""],
]);
keepResults("reconcile-curve", { sizes, events, rounds, curve, ownMb });
