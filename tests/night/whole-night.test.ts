/** A whole night at a word: what it compares, what it does behind, and what is kept of it. */
import { afterAll, beforeAll, expect, it } from "vitest";
import type { NightReport } from "../../engine/control/nights-port.ts";
import { CONTROL_TOKEN, ONCE } from "../support/engine-process.ts";
import { until } from "../support/waiting.ts";
import { liveALittle, type NightBrand, startNightBrand } from "../support/night-brand.ts";

const PEOPLE = 8;

let brand: NightBrand;

beforeAll(async () => {
  brand = await startNightBrand("whole-night", "embedded");
  await liveALittle(brand.engine, PEOPLE);
});

afterAll(() => brand.close());

it("compares, does every step behind that, and is kept as one that was begun by itself", () => {
  const { code, out, err } = brand.vif("night", "--json");
  expect({ code, err }).toEqual({ code: 0, err: "" });
  const night = JSON.parse(out) as NightReport;
  expect(night).toMatchObject({ drifts: 0, profiles: PEOPLE, dryRun: false, whole: false });
  const changed = new Map(night.steps?.map((step) => [step.step, step.changed]));
  expect([...changed.keys()]).toEqual(["retain", "rfm", "recommend"]);
  expect(changed.get("rfm")).toEqual({ scores: PEOPLE / 2 });
  const { nights } = JSON.parse(brand.vif("nights", "--json").out) as { readonly nights: readonly NightReport[] };
  expect(nights).toEqual([night]);
});

it("reads all records when it is told to, and says in words what it did", () => {
  const { code, out } = brand.vif("night", "--whole");
  expect(code).toBe(0);
  expect(out).toContain("Nothing differs.");
  expect(out).toMatch(
    /^what was too old: nothing changed .*\nwho buys how often: nothing changed .*\nrecommendations: /m,
  );
});

it("is done by the next night where it was stopped behind its comparison", async () => {
  const leaving = new AbortController();
  const answer = await fetch(`http://127.0.0.1:${brand.engine.controlPort}/v1/night`, {
    method: "POST",
    headers: { ...ONCE, authorization: `Bearer ${CONTROL_TOKEN}` },
    signal: leaving.signal,
  });
  let told = "";
  for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
    told += Buffer.from(chunk).toString("utf8");
    if (told.includes("event: step")) break;
  }
  leaving.abort();
  await until("it is kept as one that only compared", () => {
    const { nights } = JSON.parse(brand.vif("nights", "--json").out) as { readonly nights: readonly NightReport[] };
    return nights.length === 3 && nights[0]?.steps === undefined;
  });
  expect(brand.vif("night").code).toBe(0);
});

it("waits for another that is at it", async () => {
  const first = brand.begin("night");
  const second = brand.vif("night", "--json");
  expect(second.code, second.err).toBe(0);
  await first.ended();
  const { nights } = JSON.parse(brand.vif("nights", "--json").out) as { readonly nights: readonly NightReport[] };
  expect(nights).toHaveLength(6);
  for (const { steps } of nights.slice(0, 2)) expect(steps).toHaveLength(3);
});
