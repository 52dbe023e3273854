/**
 * Joins the control plane with the parts of a running node that it asks: history for totals, the cluster and the drainer for
 * where things stand, the router for profiles, the gateway's counters and the workers' feed for what happens now.
 */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { createPastReader } from "../backtest/create-past-reader.ts";
import { createRulesJudge } from "../backtest/create-rules-judge.ts";
import { latestEvent, profileAsOf, UPLIFT } from "../backtest/port.ts";
import type { Config } from "../config.ts";
import { createControlPlane } from "../control/control-plane.ts";
import type { ControlPlane } from "../control/control-plane.ts";
import { findCustomers } from "../control/directory.ts";
import type { DirectorySources } from "../control/directory.ts";
import type { Customer } from "../control/directory-port.ts";
import { createLive } from "../control/live.ts";
import type { Counted } from "../control/live.ts";
import type { Status } from "../control/port.ts";
import { trialOf } from "../control/rule-trial.ts";
import { createProfileQuestions } from "../control/profile-questions.ts";
import { reportOf } from "../control/report-of.ts";
import { channelsOfRules } from "../control/uplift-channels.ts";
import { upliftReport } from "../control/uplift-report.ts";
import { createLinkMaker } from "../gateway/links-port.ts";
import type { GatewayMetrics } from "../gateway/metrics.ts";
import type { Router } from "../gateway/router-contract.ts";
import type { EventRouter } from "../gateway/router-port.ts";
import type { DeliveryThread } from "../deliver/delivery-thread.ts";
import { addNightMetrics } from "../gateway/night-metrics.ts";
import { boundsMs } from "../gateway/step-times.ts";
import { soughtWords } from "../history/people-words.ts";
import { decodePlan, ruleSchemas } from "../language/port.ts";
import type { DrainThread } from "../history/drain-thread.ts";
import type { Clock, Timers } from "../model/clock.ts";
import { nightAgainMsMin } from "../limits-of-reconcile.ts";
import { DAY_MS } from "../model/local-time.ts";
import { StoreUnavailable } from "../model/errors.ts";
import type { IdentifierRules } from "../model/identifier-rules.ts";
import type { NodeId, ProfileId } from "../model/ids.ts";
import { createJobRunner } from "../recommend/desk/create-job-runner.ts";
import { RECOMMEND_FOLDER } from "../recommend/desk/create-recommend-desk.ts";
import type { RecommendDesk } from "../recommend/desk/create-recommend-desk.ts";
import { importInto } from "../recommend/desk/import-report.ts";
import type { Orders } from "../model/orders.ts";
import { rfmTraitsIn } from "../model/rfm.ts";
import { parseSteering } from "../model/steering.ts";
import type { Cluster } from "../shard/cluster-port.ts";
import type { FeedSample } from "../shard/feed-port.ts";
import type { StoreConnection } from "../store/create-store.ts";
import type { HotStore } from "../store/port.ts";
import { createBackups } from "./backup-folder.ts";
import { createBackfill } from "./create-backfill.ts";
import { createNight } from "./create-night.ts";
import { createOutboxQuestions } from "./create-outbox-questions.ts";
import { createSteeringQuestions } from "./create-steering-questions.ts";
import { historyReport, nodeFigures, shardReports } from "./node-report.ts";
import type { RulesDeployer } from "./rules-deployer.ts";
import { aheadMsOf, troubleOf } from "./store-alarm.ts";

export interface NodeParts {
  readonly config: Config;
  /** Folder of the program. */
  readonly root: string;
  readonly version: string;
  readonly node: NodeId;
  readonly startedAt: number;
  readonly store: Pick<HotStore, "journal" | "plans" | "products" | "shards">;
  readonly drainer: Pick<DrainThread, "history" | "flush" | "openPort" | "status">;
  readonly cluster: Pick<Cluster, "activate" | "status" | "steered">;
  readonly rulesTrouble: RulesDeployer["trouble"];
  /** Whether events are taken slowly, as history is too far behind. */
  readonly isBehind: () => boolean;
  readonly router: EventRouter & Pick<Router, "tell">;
  readonly metrics: GatewayMetrics;
  readonly desk: RecommendDesk;
  readonly delivery: Pick<DeliveryThread, "status">;
  readonly identifiers: IdentifierRules;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Whether the workers are to pass on what happens. */
  readonly feed: (on: boolean) => void;
  readonly onNote: (note: string) => void;
  /** To the store, for one more thread. */
  readonly connection: () => StoreConnection;
}

export interface NodeControl {
  readonly control: ControlPlane;
  /** What a worker has passed on. */
  readonly take: (sample: FeedSample) => void;
  /** For tills and servers, by the data plane. */
  readonly search: (typed: string) => Promise<readonly Customer[]>;
}

/** Nights that the page shows. */
const nightsShown = 30;

/** Rejects with SetupError when the control port cannot be had. */
export async function createNodeControl(parts: NodeParts): Promise<NodeControl> {
  const { config, drainer, cluster, router, store, identifiers, clock, timers, feed } = parts;
  const orders = async (): Promise<Orders> => parseSteering(await store.plans.steering()).orders;
  const { reason, ...profiles } = createProfileQuestions({
    router,
    plans: store.plans,
    plan: () => cluster.status().plan,
    orders,
    identifiers,
    shards: store.shards,
    now: () => clock.now(),
    past: async (person, at) => {
      // What happened a moment ago may be of that time as well.
      await drainer.flush();
      return profileAsOf(drainer.history, person, at);
    },
    latest: async (person, event) => {
      await drainer.flush();
      return latestEvent(drainer.history, person, event);
    },
  });
  const sources: DirectorySources = {
    profile: (who) => profiles.profile(who),
    people: (typed, limit) => drainer.history.people(soughtWords(typed), limit),
  };
  const links = createLinkMaker({ secret: config.secret, url: config.publicUrl });
  const past = createPastReader({
    openPort: () => drainer.openPort(),
    plan: () => planBytes(parts),
  });
  const judge = createRulesJudge(timers);
  const jobs = createJobRunner({
    openPort: () => drainer.openPort(),
    folder: join(config.dataDir, RECOMMEND_FOLDER),
    now: () => clock.now(),
    // They stand back behind the threads that answer, so that two do no harm where there is one worker.
    threads: Math.max(2, config.workers),
  });
  const backfill = createBackfill(parts, past, router);
  const night = createNight(parts, router, {
    connection: parts.connection,
    kept: async () => {
      const { kept = {}, fieldsKept = {} } = decodePlan(await planBytes(parts));
      return { events: kept, fields: fieldsKept };
    },
    scoring: { past, router, traits: async () => rfmTraitsIn(decodePlan(await planBytes(parts)).attributes) },
    learn: async (signal) => {
      const model = await store.products.model();
      if (model !== undefined && Math.abs(clock.now() - model.at) < nightAgainMsMin)
        return { is: "stays", because: "learned by another node, or by hand, within the hour" };
      // Nothing else of a night waits for it: a fault is told, and that is all.
      const end = await jobs
        .run({ job: "train" }, () => undefined, signal)
        .catch((error: unknown) => {
          signal.throwIfAborted();
          return { is: "problem" as const, message: String(error) };
        });
      if (end.is === "busy") return { is: "stays", because: "a job was under way already" };
      if (end.is === "problem") return { is: "problem", message: end.message };
      const isKept = end.answer.job === "train" && end.answer.kept;
      if (isKept) return { is: "stays", because: "nothing to learn from: the model stays" };
      return { is: "learned", customers: end.answer.customers };
    },
  });
  addNightMetrics(parts.metrics.registry, () => night.last());
  const live = createLive({ counted: () => countedBy(parts), feed, reason, clock, timers });
  const control = await createControlPlane({
    host: config.host,
    port: config.controlPort,
    token: config.controlToken,
    live,
    ruleSchemas,
    recommend: { run: jobs.run, importFile: (text) => importInto((changes) => parts.desk.apply(changes), text) },
    rules: { judge: ({ rules = config.rulesDir, ...rest }) => judge.judge({ rules, ...rest }) },
    past: {
      trial: async (request) => trialOf(request, decodePlan(await planBytes(parts)), clock.now()),
      tryRule: ({ rule, span }, watching) => past.tryRule(rule, span, watching),
    },
    night: {
      reconcile: (how, watching) => night.run(how, watching),
      doAll: (how, watching) => night.doAll(how, watching),
      retain: (how, watching) => night.retain(how, watching),
      score: (how, watching) => night.score(how, watching),
      backUp: createBackups({
        history: drainer.history,
        isEmbedded: config.history.kind === "embedded",
        drainer,
        journal: store.journal,
        dataDir: config.dataDir,
        shards: store.shards,
        now: () => clock.now(),
      }),
    },
    pageFolder: join(parts.root, "dist", "engine", "control", "page"),
    makeId: () => randomBytes(32).toString("base64url"),
    now: () => clock.now(),
    questions: {
      ...profiles,
      ...createOutboxQuestions({
        history: drainer.history,
        keptSince: () => (config.deadLetterDays === undefined ? 0 : clock.now() - config.deadLetterDays * DAY_MS),
        flush: () => drainer.flush(),
        channels: () => parts.delivery.status(),
        orders,
        tell: router.tell,
        shards: store.shards,
        timers,
      }),
      ...createSteeringQuestions({ plans: store.plans, cluster, node: parts.node, now: () => clock.now() }),
      report: async () => reportOf(await drainer.history.totals()),
      sizes: async () => {
        const transitions = await drainer.history.transitions();
        return {
          segments: transitions.map(({ segment, entered, left }) => ({ name: segment, inside: entered - left })),
        };
      },
      segments: async (at) => {
        const { segments, ...rest } = await past.sizes(at ?? clock.now());
        return { ...rest, segments: [...segments] };
      },
      preferences: async (who) => {
        const found = await profiles.profile(who);
        if ("refused" in found) return found;
        const profile = found.profile as ProfileId;
        return { profile, link: links.preferences(profile, clock.now()) };
      },
      uplift: async ({ event, value, within, since }) => {
        await drainer.flush();
        return upliftReport(
          await past.uplift({
            event: event ?? UPLIFT.event,
            value: value ?? UPLIFT.value,
            withinMs: within === undefined ? UPLIFT.withinMs : Number(within),
            since: since === undefined ? undefined : Number(since),
            at: clock.now(),
            channels: channelsOfRules(decodePlan(await planBytes(parts))),
          }),
        );
      },
      drain: () => drainer.flush(),
      nights: (limit = nightsShown) => night.nights(limit),
      customers: (typed, limit) => findCustomers(sources, typed, limit),
      rebuildCustomers: () => drainer.history.rebuildPeople(),
      status: () => {
        const gathering = backfill.status();
        if (gathering === undefined) return statusOf(parts);
        return { ...statusOf(parts), backfill: { ...gathering, rules: [...gathering.rules] } };
      },
    },
    onFault: (error) => parts.onNote(`control plane: ${error.stack ?? error.message}`),
  });
  return {
    control: {
      ...control,
      async close() {
        backfill.close();
        await night.close();
        await control.close();
      },
    },
    take: (sample) => live.take(sample),
    search: (typed) => findCustomers(sources, typed),
  };
}

/** Of the plan that decides; rejects with StoreUnavailable where it cannot be had. */
async function planBytes({ cluster, store }: NodeParts): Promise<Uint8Array> {
  const digest = cluster.status().plan;
  const bytes = digest === undefined ? undefined : await store.plans.get(digest);
  if (bytes === undefined) throw new StoreUnavailable("The rules that decide are not in the store.");
  return bytes;
}

function statusOf(parts: NodeParts): Status {
  const { config, version, node, startedAt, store, cluster, drainer, clock } = parts;
  const rules = parts.rulesTrouble();
  const standing = cluster.status();
  const drain = drainer.status();
  const trouble = troubleOf(standing);
  const aheadMs = aheadMsOf(standing, clock.now());
  return {
    version,
    node,
    startedAt,
    store: config.store.kind,
    durability: config.durability,
    ...(trouble !== undefined && { trouble }),
    ...(aheadMs > 0 && { timeAheadSeconds: aheadMs / 1000 }),
    ...(standing.plan !== undefined && { plan: standing.plan }),
    ...(rules !== undefined && { rules }),
    workers: config.workers,
    shardsTotal: store.shards,
    shards: shardReports(standing, drain),
    history: historyReport(config.history.kind, drain, parts.isBehind()),
  };
}

function countedBy({ metrics, router, cluster, drainer, store, clock }: NodeParts): Counted {
  const { events, sockets, decisions } = metrics.counts;
  const { shards, drainLagRecords } = nodeFigures(cluster.status(), drainer.status(), clock.now());
  return {
    answered: events.applied + events.duplicate,
    refused: events.refused + events.busy,
    decisions,
    answerCounts: metrics.stepCounts("answer"),
    boundsMs,
    inFlight: router.inFlight,
    sockets: sockets.stream + sockets.socket_io,
    lagRecords: drainLagRecords,
    shardsOwned: shards["owned"] ?? 0,
    shardsTotal: store.shards,
  };
}
