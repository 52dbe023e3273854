/**
 * This node's workers, and which of them may own shards: one that has started and loaded the current plan is fit. One that
 * died is started again by its link, and is fitted out anew.
 */
import type { PlanDigest } from "../model/ids.ts";
import type { Orders } from "../model/orders.ts";
import type { WorkerLink } from "./worker-link.ts";

export interface CrewEvents {
  readonly onReady: (times: SharedArrayBuffer) => void;
  readonly onDied: (cause: Error) => void;
}

export interface WorkerCrewOptions {
  readonly count: number;
  readonly createWorker: (index: number, events: CrewEvents) => WorkerLink;
  /** A worker is gone, with all that it owned. */
  readonly onDied: (index: number) => void;
  /** One more worker may own shards. */
  readonly onFit: () => void;
  readonly onNote: (note: string) => void;
}

export interface WorkerCrew {
  readonly links: readonly WorkerLink[];
  /** Has every worker load the plan; resolves when those that have started have, or have failed. */
  activate(plan: PlanDigest): Promise<void>;
  /** Has every worker, and whoever is started in its place, heed these orders. */
  order(orders: Orders): void;
  /** Has those load the plan that could not before: the store may answer again. */
  retry(): void;
  /** Resolves when all are fit. */
  whenFit(): Promise<void>;
  isFit(index: number): boolean;
  /** The fit one that is named least in `taken`; undefined when none is fit. */
  leastLoaded(taken: readonly number[]): number | undefined;
  close(): Promise<void>;
}

export function createWorkerCrew(options: WorkerCrewOptions): WorkerCrew {
  const { createWorker, onNote } = options;
  const ready = new Set<number>();
  const fit = new Set<number>();
  /** What each has loaded last, and which are about it. */
  const loaded = new Map<number, PlanDigest>();
  const loading = new Set<number>();
  let plan: PlanDigest | undefined;
  let orders: Orders | undefined;
  let allFit: (() => void) | undefined;
  const links = Array.from({ length: options.count }, (_, index) =>
    createWorker(index, {
      onReady: () => {
        ready.add(index);
        if (orders !== undefined) links[index]?.order(orders);
        void fitOut(index);
      },
      onDied: (cause) => {
        ready.delete(index);
        fit.delete(index);
        loaded.delete(index);
        onNote(`worker ${index} has died and is started again: ${cause.stack ?? cause.message}`);
        options.onDied(index);
      },
    }),
  );

  async function fitOut(index: number): Promise<void> {
    if (plan === undefined) return;
    const wanted = plan;
    loading.add(index);
    try {
      if ((await links[index]?.activate(wanted)) !== true) return;
    } catch (error) {
      return onNote(`worker ${index} cannot load the plan: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      loading.delete(index);
    }
    loaded.set(index, wanted);
    fit.add(index);
    options.onFit();
    if (fit.size === links.length) allFit?.();
  }

  return {
    links,
    async activate(digest) {
      plan = digest;
      await Promise.all([...ready].map(fitOut));
    },
    order(wanted) {
      orders = wanted;
      for (const index of ready) links[index]?.order(wanted);
    },
    retry() {
      for (const index of ready)
        if (plan !== undefined && loaded.get(index) !== plan && !loading.has(index)) void fitOut(index);
    },
    whenFit() {
      if (fit.size === links.length) return Promise.resolve();
      return new Promise((resolve) => {
        allFit = resolve;
      });
    },
    isFit: (index) => fit.has(index),
    leastLoaded(taken) {
      const load = (index: number): number => taken.filter((worker) => worker === index).length;
      return [...fit].sort((a, b) => load(a) - load(b) || a - b)[0];
    },
    async close() {
      await Promise.all(links.map((link) => link.close()));
    },
  };
}
