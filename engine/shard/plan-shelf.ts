/**
 * The plans a worker has loaded, by digest: the current one, and those that journals being folded name; a few, however often
 * rules are saved. What somebody still holds in hand lives on.
 */
import type { PlanDigest } from "../model/ids.ts";
import { type LackingSince, lackingKey, lacksNothing } from "../model/lacking.ts";
import type { Plan, PlanLoader } from "../model/plan.ts";
import { plansShelvedMax } from "../limits-of-rules.ts";
import type { Plans } from "../store/port.ts";

export type GentleLoader = (source: Uint8Array, lacking?: LackingSince) => Promise<Plan>;

export interface PlanShelfOptions {
  readonly plans: Plans;
  readonly loadPlan: PlanLoader;
  /** Takes its time, while events go on by the plan before; at once when absent. */
  readonly loadPlanGently?: GentleLoader;
  /** Runs a plan that is about to decide, so that its code is fast by then. */
  readonly rehearse?: (plan: Plan) => Promise<void>;
}

interface ShelvedPlan {
  readonly plan: Plan;
  readonly source: Uint8Array;
}

export class PlanShelf {
  readonly #plans: Plans;
  readonly #load: PlanLoader;
  readonly #loadGently: GentleLoader;
  /** Who was asked for last at the end. */
  readonly #shelf = new Map<PlanDigest, ShelvedPlan>();
  /** Plans in which something is held back, of the current digest alone; by what is lacking. */
  readonly #held = new Map<string, Plan>();
  readonly #rehearse: (plan: Plan) => Promise<void>;
  readonly #rehearsed = new WeakSet<Plan>();
  #current: Plan | undefined;

  constructor({ plans, loadPlan, loadPlanGently, rehearse }: PlanShelfOptions) {
    this.#plans = plans;
    this.#load = loadPlan;
    this.#loadGently = loadPlanGently ?? (async (source, lacking) => loadPlan(source, lacking));
    this.#rehearse = async (plan) => {
      if (this.#rehearsed.has(plan)) return;
      this.#rehearsed.add(plan);
      await rehearse?.(plan);
    };
  }

  get current(): Plan | undefined {
    return this.#current;
  }

  require(): Plan {
    if (this.#current === undefined) throw new Error("no plan has been activated");
    return this.#current;
  }

  /**
   * Makes a plan the current one, and has it ready as shards that lack this will ask for it: loaded and rehearsed, beside
   * events that go on. Overtaken: a newer one has become current meanwhile.
   */
  async activate(
    digest: PlanDigest,
    lackings: (plan: Plan) => readonly LackingSince[] = () => [],
  ): Promise<"ready" | "overtaken"> {
    const plan = await this.of(digest);
    this.#current = plan;
    this.#held.clear();
    const wanted = lackings(plan);
    for (const lacking of wanted) {
      await this.#prepare(lacking);
      if (this.#current !== plan) return "overtaken";
      await this.#rehearse(this.held(lacking));
      if (this.#current !== plan) return "overtaken";
    }
    // It is wanted as soon as what is lacking has been gathered.
    if (wanted.length > 0) void this.#rehearse(plan);
    return "ready";
  }

  async of(digest: PlanDigest): Promise<Plan> {
    const known = this.#shelf.get(digest);
    if (known !== undefined) {
      this.#shelve(digest, known);
      return known.plan;
    }
    const source = await this.#plans.get(digest);
    if (source === undefined) throw new Error(`the store has no plan ${digest}`);
    const plan = await this.#loadGently(source);
    // Asked for twice meanwhile, it is one plan all the same.
    const first = this.#shelf.get(digest) ?? { plan, source };
    this.#shelve(digest, first);
    return first.plan;
  }

  /** As the one that was asked for last; those of long ago go, for the store has them. */
  #shelve(digest: PlanDigest, shelved: ShelvedPlan): void {
    this.#shelf.delete(digest);
    this.#shelf.set(digest, shelved);
    for (const oldest of this.#shelf.keys()) {
      if (this.#shelf.size <= plansShelvedMax) break;
      if (oldest !== this.#current?.digest) this.#shelf.delete(oldest);
    }
  }

  /** Has the current plan loaded as `held` will be asked for it. */
  async #prepare(lacking: LackingSince): Promise<void> {
    const current = this.require();
    const key = lackingKey(lacking);
    const source = this.#shelf.get(current.digest)?.source;
    if (lacksNothing(lacking) || this.#held.has(key) || source === undefined) return;
    const plan = await this.#loadGently(source, lacking);
    if (this.#current === current && !this.#held.has(key)) this.#held.set(key, plan);
  }

  /** The current plan with what rests on something lacking held back; itself where nothing is lacking. */
  held(lacking: LackingSince): Plan {
    const current = this.require();
    if (lacksNothing(lacking)) return current;
    const key = lackingKey(lacking);
    const known = this.#held.get(key);
    if (known !== undefined) return known;
    const source = this.#shelf.get(current.digest)?.source;
    if (source === undefined) throw new Error("the current plan is not on the shelf");
    const plan = this.#load(source, lacking);
    this.#held.set(key, plan);
    return plan;
  }
}
