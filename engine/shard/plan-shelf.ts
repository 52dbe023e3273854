/** The plans a worker has loaded, by digest: the current one, and those that journals being folded still name. */
import type { PlanDigest } from "../model/ids.ts";
import type { Plan, PlanLoader } from "../model/plan.ts";
import type { Plans } from "../store/port.ts";

export class PlanShelf {
  readonly #plans: Plans;
  readonly #load: PlanLoader;
  readonly #shelf = new Map<PlanDigest, Plan>();
  #current: Plan | undefined;

  constructor(plans: Plans, load: PlanLoader) {
    this.#plans = plans;
    this.#load = load;
  }

  get current(): Plan | undefined {
    return this.#current;
  }

  require(): Plan {
    if (this.#current === undefined) throw new Error("no plan has been activated");
    return this.#current;
  }

  async activate(digest: PlanDigest): Promise<void> {
    this.#current = await this.of(digest);
  }

  async of(digest: PlanDigest): Promise<Plan> {
    const known = this.#shelf.get(digest);
    if (known !== undefined) return known;
    const source = await this.#plans.get(digest);
    if (source === undefined) throw new Error(`the store has no plan ${digest}`);
    const plan = this.#shelf.get(digest) ?? this.#load(source);
    this.#shelf.set(digest, plan);
    return plan;
  }
}
