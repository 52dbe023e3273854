import { describe, expect, it } from "vitest";
import { encodePlan, digestPlan, checkRules } from "../language/port.ts";
import { StoreUnavailable } from "../model/errors.ts";
import type { NodeId, PlanDigest } from "../model/ids.ts";
import { parseSteering } from "../model/steering.ts";
import type { Plans } from "../store/port.ts";
import { createRulesDeployer } from "./rules-deployer.ts";
import type { RulesReading } from "./rules-deployer.ts";

/** Plans as a store keeps them, with a log of what was written. */
class KeptPlans implements Plans {
  readonly sources = new Map<PlanDigest, Uint8Array>();
  readonly made: PlanDigest[] = [];
  text: string | undefined;
  isAway = false;
  async put(digest: PlanDigest, source: Uint8Array): Promise<void> {
    if (this.isAway) throw new StoreUnavailable("the store is away");
    this.sources.set(digest, source);
  }
  async get(digest: PlanDigest): Promise<Uint8Array | undefined> {
    return this.sources.get(digest);
  }
  async setCurrent(digest: PlanDigest): Promise<void> {
    if (!this.sources.has(digest)) throw new Error("made current before it was put");
    this.made.push(digest);
  }
  async current(): Promise<PlanDigest | undefined> {
    return this.made.at(-1);
  }
  async steering(): Promise<string | undefined> {
    return this.text;
  }
  async setSteering(text: string, from: string | undefined): Promise<boolean> {
    if (this.text !== from) return false;
    this.text = text;
    return true;
  }
}

function sound(segment: string): Extract<RulesReading, { is: "sound" }> {
  const text = `segment: ${segment}\ntitle: Some\nwhen: count of seen >= 1\n`;
  const { plan, problems } = checkRules([
    { path: "events/seen.yaml", text: "event: seen\ntitle: Seen\n" },
    { path: `segments/${segment}.yaml`, text },
  ]);
  if (plan === undefined) throw new Error(problems.map(({ message }) => message).join("\n"));
  const bytes = encodePlan(plan);
  return {
    is: "sound",
    bytes,
    digest: digestPlan(bytes),
    segments: 1,
    contents: 0,
    triggers: 0,
    templates: [],
    messages: { files: [], emails: [], instants: [], eventInstants: {}, site: undefined, languages: [] },
  };
}

const { problems } = checkRules([
  { path: "segments/x.yaml", text: "segment: x\ntitle: X\nwhen: count of nothing >= 1\n" },
]);
const mistaken: RulesReading = { is: "refused", problems };

describe("rules that are read", () => {
  function setup(plans = new KeptPlans()) {
    const notes: string[] = [];
    const [activated, templates]: [PlanDigest[], PlanDigest[]] = [[], []];
    const waits: boolean[] = [];
    const deployer = createRulesDeployer({
      folder: "rules",
      node: "n1" as NodeId,
      now: () => 1_000,
      plans: Promise.resolve(plans),
      render: () => "line 1: a mistake",
      renderLine: ({ path, line }) => `${path}:${line}`,
      onSound: ({ digest }) => void templates.push(digest),
      activate: async (plan) => void activated.push(plan),
      later: async () => void waits.push(plans.isAway),
      onNote: (note) => notes.push(note),
    });
    return { plans, notes, activated, templates, waits, deployer };
  }
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 20; i++) await Promise.resolve();
  };

  it("come into force with their templates, when a store that was away is there again, and only the latest do", async () => {
    const { plans, notes, activated, templates, waits, deployer } = setup();
    const [one, two, three] = [sound("one"), sound("two"), sound("three")];
    deployer.read(one);
    await settle();
    plans.isAway = true;
    deployer.read(two);
    await settle();
    expect([activated, templates]).toEqual([[], [one.digest]]);
    expect(notes).toEqual([expect.stringContaining("the store is away; those in force stay until")]);
    deployer.read(three);
    // A mistake overtakes nothing.
    deployer.read(mistaken);
    await settle();
    plans.isAway = false;
    await settle();
    expect(waits.length).toBeGreaterThan(1);
    expect([activated, templates]).toEqual([[three.digest], [one.digest, three.digest]]);
    expect(await plans.current()).toBe(three.digest);
  });

  it("do not undo a plan that somebody has gone back to, until a file is saved", async () => {
    const { plans, deployer } = setup();
    const [one, two, three] = [sound("one"), sound("two"), sound("three")];
    for (const reading of [one, two]) deployer.read(reading);
    await settle();
    await plans.setCurrent(one.digest);

    const again = setup(plans);
    again.deployer.read(two);
    expect((await again.deployer.first).plan).toBe(one.digest);
    expect(await plans.current()).toBe(one.digest);
    again.deployer.read(three);
    await settle();
    expect(await plans.current()).toBe(three.digest);
    expect(parseSteering(plans.text).plans.map(({ plan }) => plan)).toEqual([one.digest, two.digest, three.digest]);
  });

  it("are put, then made current, then loaded, one reading after the other", async () => {
    const { plans, activated, deployer, notes } = setup();
    const [one, two] = [sound("one"), sound("two")];
    deployer.read(one);
    deployer.read(two);
    expect(await deployer.first).toMatchObject({ plan: one.digest, counts: { segments: 1 } });
    await settle();
    expect(plans.made).toEqual([one.digest, two.digest]);
    // The first one is loaded by whoever waits for it.
    expect(activated).toEqual([two.digest]);
    expect(notes.join()).toContain("1 segment,");
  });

  it("with a mistake change nothing, and are told", async () => {
    const { plans, activated, deployer, notes } = setup();
    deployer.read(sound("one"));
    await deployer.first;
    deployer.read(mistaken);
    await settle();
    expect(plans.made.length).toBe(1);
    expect(activated).toEqual([]);
    expect(notes.join()).toContain("line 1: a mistake");
    expect(deployer.trouble()).toEqual({ problems: 1, first: "segments/x.yaml:3" });
    deployer.read(sound("one"));
    expect(deployer.trouble()).toBe(undefined);
  });

  it("with a mistake at the start leave the store's plan in force, and without one end the start", async () => {
    const before = setup();
    before.deployer.read(sound("one"));
    const { plan } = await before.deployer.first;
    const again = setup(before.plans);
    again.deployer.read(mistaken);
    expect(await again.deployer.first).toEqual({ plan, counts: undefined });
    const fresh = setup();
    fresh.deployer.read(mistaken);
    await expect(fresh.deployer.first).rejects.toMatchObject({
      code: "setup",
      message: expect.stringContaining("mistake"),
    });
  });

  it("are not written again when the store has them already", async () => {
    const { plans, deployer } = setup();
    deployer.read(sound("one"));
    await deployer.first;
    const again = setup(plans);
    again.deployer.read(sound("one"));
    await again.deployer.first;
    expect(plans.made.length).toBe(1);
  });

  it("from a folder that cannot be read end the start with a remedy, and are only told later", async () => {
    const { deployer } = setup();
    deployer.fail(new Error("ENOENT"));
    await expect(deployer.first).rejects.toMatchObject({ code: "setup", remedy: expect.stringContaining("VIF_RULES") });
    const later = setup();
    later.deployer.read(sound("one"));
    await later.deployer.first;
    later.deployer.fail(new Error("gone"));
    expect(later.notes.join()).toContain("gone");
  });
});
