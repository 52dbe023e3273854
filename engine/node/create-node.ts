/**
 * Joins all rooms into one running node: store, history, rules, workers, links, router, gateway, control plane. Here it is
 * decided which concrete part serves which port, and in which order things start and stop; nothing else.
 *
 * Start: the folder's lock, the store and meanwhile the rules, the drainer, workers, the listening ports, and then shards
 * are claimed, so that whatever is unfit is said before anything is owned. Stop: no new events, those under way are
 * answered, what happened goes to history, shards are handed over, stored as far as there is time, then everything closes.
 */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { Config } from "../config.ts";
import { removeControlFile, writeControlFile } from "../control/control-file.ts";
import { createClock, createTimers } from "../create-clock.ts";
import { makeDataFolder } from "../data-folder.ts";
import { addExampleShop, readShopProducts } from "../gateway/shop/example-shop.ts";
import type { CustomerSearch } from "../gateway/customers-route.ts";
import { createGateway } from "../gateway/gateway.ts";
import type { Gateway } from "../gateway/gateway.ts";
import { createGatewayMetrics } from "../gateway/metrics.ts";
import { addNodeMetrics } from "../gateway/node-metrics.ts";
import { createRouter } from "../gateway/router.ts";
import { readSdkFiles } from "../gateway/sdk-files.ts";
import { createSlots } from "../gateway/slot-view.ts";
import { addFiles } from "../gateway/static-files.ts";
import { routingHint, switchRoutingHint } from "../gateway/routing-hint.ts";
import { startDrainThread } from "../history/drain-thread.ts";
import { choiceTexts, createRenderer, messagePlaces } from "../language/port.ts";
import { renderProblemLine, renderProblems } from "../language/source/problem-text.ts";
import { createRulesThread } from "../language/folder/rules-thread.ts";
import type { NodeId } from "../model/ids.ts";
import { createRecommendDesk } from "../recommend/desk/create-recommend-desk.ts";
import { importInto } from "../recommend/desk/import-report.ts";
import { createCluster } from "../shard/cluster.ts";
import type { Cluster } from "../shard/cluster-port.ts";
import { createLinkDoor } from "../shard/link-door.ts";
import { createNodeLink } from "../shard/node-link.ts";
import { startDeliveryThread } from "../deliver/delivery-thread.ts";
import { createWorkerLink } from "../shard/worker-link.ts";
import type { WorkerThread } from "../shard/worker-link.ts";
import { createFeedExchange } from "../shard/feed-exchange.ts";
import type { FeedSample } from "../shard/feed-port.ts";
import { createStore, portsOf } from "../store/create-store.ts";
import type { StoreConnection } from "../store/create-store.ts";
import { createFolderLock } from "../store/embedded/folder-lock.ts";
import { createLinkOptions } from "./create-link-options.ts";
import { createNodeControl } from "./create-node-control.ts";
import { prepareBareStore } from "../reconcile/bare-store.ts";
import { createJournalBound } from "./journal-bound.ts";
import { keepNodeId } from "./node-identity.ts";
import { nodeFigures } from "./node-report.ts";
import { createExampleKeys } from "./create-example-keys.ts";
import { createParsedHint } from "./create-parsed-hint.ts";
import { createStoreAlarm } from "./store-alarm.ts";
import { drainFlushMsMax } from "../limits-of-history.ts";
import { createRulesDeployer } from "./rules-deployer.ts";
import type { FirstRules } from "./rules-deployer.ts";
import { checkStore } from "./create-store-check.ts";
import { createStoreSettings } from "./create-store-settings.ts";
import { identifierRules, workerSettings } from "./create-worker-settings.ts";

export interface NodeOptions {
  readonly version: string;
  /** Where the program lies: what browsers are served is in its dist/. */
  readonly root: string;
  /** Something an operator should know; one line. */
  readonly onNote: (note: string) => void;
  /** The node cannot go on. */
  readonly onFatal: (cause: Error) => void;
}

export interface RunningNode {
  readonly node: NodeId;
  readonly url: string;
  /** Whether the example shop is served, below `/shop/`. */
  readonly hasShop: boolean;
  readonly controlUrl: string;
  /** An address that logs one browser in to the control plane, once. */
  readonly createControlLink: () => string;
  readonly shards: number;
  readonly rules: FirstRules;
  close(): Promise<void>;
}

/** Rejects with SetupError when the configuration or its surroundings are unfit; nothing is left running then. */
export async function createNode(config: Config, options: NodeOptions): Promise<RunningNode> {
  const closers: (() => unknown)[] = [];
  try {
    return await startNode(config, options, closers);
  } catch (error) {
    for (const close of closers.reverse()) await Promise.resolve(close()).catch(() => undefined);
    throw error;
  }
}

async function startNode(config: Config, options: NodeOptions, closers: (() => unknown)[]): Promise<RunningNode> {
  const { onNote, onFatal, version } = options;
  const startedAt = Date.now();
  const clock = createClock();
  const timers = createTimers();
  makeDataFolder(config.dataDir);
  const lock = await createFolderLock(config.dataDir);
  closers.push(() => lock.close());
  const node = keepNodeId(config.dataDir);

  const opening = createStore(createStoreSettings(config), clock, onFatal);
  const plans = opening.then((opened) => opened.store.plans);
  // Awaited below, as is the first plan: that they have failed is heard then.
  plans.catch(() => undefined);
  // Known only below, and only called once everything stands.
  const later: { cluster: Cluster | undefined; show: (sample: FeedSample) => void; search: CustomerSearch } = {
    cluster: undefined,
    show: () => undefined,
    search: async () => [],
  };
  const { dataDir: folder, providers, link, secret, publicUrl: url } = config;
  const delivery = startDeliveryThread({ folder, providers, links: { secret, url } }, onFatal);
  closers.push(() => delivery.close());
  const slots = createSlots();
  let conditions: ReturnType<typeof choiceTexts> = new Map();
  const deployer = createRulesDeployer({
    folder: config.rulesDir,
    node,
    now: () => clock.now(),
    plans,
    render: (problems) =>
      renderProblems(problems, { colour: process.stderr.isTTY === true, pathPrefix: `${config.rulesDir}/` }),
    onSound({ templates, messages, bytes }) {
      delivery.useTemplates(messages);
      slots.set(createRenderer(templates), messagePlaces(bytes));
      conditions = choiceTexts(bytes);
    },
    renderLine: (problem) => renderProblemLine(problem, `${config.rulesDir}/`),
    activate: async (plan) => later.cluster?.activate(plan),
    later: pause,
    onNote,
  });
  deployer.first.catch(() => undefined);
  const rules = createRulesThread({
    folder: config.rulesDir,
    cache: join(config.dataDir, "emails.json"),
    onReading: (reading) => deployer.read(reading),
    onTrouble: (cause) => deployer.fail(cause),
  });
  closers.push(() => rules.close());
  const { store, connection } = await opening;
  closers.push(() => store.close());
  await checkStore(store, clock.now());
  if (config.shardsGiven && config.shards !== store.shards)
    onNote(
      `VIF_SHARDS is ${config.shards}, and this store was made with ${store.shards} shards, which it keeps; an empty one of more is filled from history`,
    );
  const drained = connection();
  if (config.link !== undefined && config.history.kind === "embedded")
    onNote("the history of this node is its own: nodes that share shards want one history, by VIF_HISTORY");
  const drainer = await startDrainThread({
    store: drained,
    transfer: portsOf(drained),
    history:
      config.history.kind === "embedded"
        ? { kind: "embedded", file: join(config.dataDir, "history.duckdb") }
        : { kind: "postgres", url: config.history.url },
    onDrained: (shard, position) => later.cluster?.drained(shard, position),
    onTrouble: ({ shard, text }) => {
      const what = shard === undefined ? "history" : `history of shard ${shard}`;
      onNote(text === undefined ? `${what}: drained again` : `${what}: ${text}`);
    },
    onFailure: onFatal,
  });
  closers.push(() => drainer.close());

  const identifiers = identifierRules(config);
  const parsedHint = createParsedHint(identifiers, clock);
  const router = createRouter({
    shards: store.shards,
    clock,
    timers,
    send: (shard, message) => later.cluster?.send(shard, message) ?? false,
    hint: (body) => routingHint(body) ?? parsedHint(body),
    switchHint: switchRoutingHint,
  });
  closers.push(() => router.close());
  const metrics = createGatewayMetrics(() => router.inFlight);
  const door =
    link === undefined
      ? undefined
      : createLinkDoor({
          node,
          secret: link.secret,
          clock,
          timers,
          onFrame: (number, frame) => later.cluster?.pass(number, frame),
          onLinked: (_number, other) => onNote(`node ${other} has linked to this one`),
          onUnlinked: (number) => later.cluster?.unlinked(number),
          onFeed: (number, on) => feed.asked(number, on),
        });

  const threads: WorkerThread[] = [];
  const desk = await createRecommendDesk({
    dataDir: config.dataDir,
    products: store.products,
    tell: (message) => {
      for (const thread of threads) thread.recommend(message);
    },
    onNote,
  });
  closers.push(() => desk.close());
  const feed = createFeedExchange({
    workers: (on) => {
      for (const thread of threads) thread.feed(on);
    },
    show: (sample) => later.show(sample),
    tell: (number, sample) => door?.tell(number, sample),
  });
  const running = createCluster({
    node,
    address: link?.address,
    store,
    clock,
    timers,
    workers: config.workers,
    createWorker: (index, events) => {
      const { onReady } = events;
      const thread = createWorkerLink<StoreConnection>({
        ...events,
        onFeed: (sample) => feed.happened(sample),
        onNote,
        name: `vif-worker-${index}`,
        timers,
        soon: setImmediate,
        onReady: (times) => {
          metrics.addStepTimes(times);
          for (const message of desk.snapshot()) thread.recommend(message);
          onReady(times);
        },
        settings: () =>
          workerSettings(config, node, {
            connection: connection(),
            historyPort: drainer.openPort(),
            deskPort: delivery.openPort(),
          }),
      });
      threads.push(thread);
      return thread;
    },
    createLink:
      link === undefined
        ? undefined
        : ({ node: peer, address }, events) =>
            createNodeLink({
              ...events,
              node,
              peer,
              address,
              secret: link.secret,
              clock,
              timers,
              soon: setImmediate,
              feed,
            }),
    sendBack: (number, frame) => door?.send(number, frame),
    breakLinks: (reason) => door?.breakAll(reason),
    receive: (message) => router.receive(message),
    relay: (message) => router.relay(message),
    ownerChanged: (shard) => router.ownerChanged(shard),
    onOwned: (owned) => drainer.setShards(owned),
    onNote,
  });
  later.cluster = running;
  closers.push(() => running.close());
  const alarm = createStoreAlarm({ status: () => running.status(), clock, timers, onNote });
  closers.push(() => alarm.close());
  const isBehind = createJournalBound(() => drainer.status(), config.historyBehindRecordsMax, onNote);
  addNodeMetrics(metrics.registry, () => ({
    ...nodeFigures(running.status(), drainer.status(), clock.now()),
    isSlowed: isBehind(),
    ruleProblems: deployer.trouble()?.problems ?? 0,
    ...router.counts(),
  }));

  let isReady = false;
  let hasShop = false;
  let isShopBare = false;
  const gateway: Gateway = await createGateway({
    host: config.host,
    port: config.port,
    keys: { keys: config.keys, allowOrigins: config.allowOrigins, loopback: config.loopback },
    visitorSecrets: [config.secret, ...config.oldSecrets],
    identifiers,
    router,
    metrics,
    clock,
    timers,
    makeId: randomUUID,
    ready: () => (isReady ||= running.isWhole()),
    isStalled: alarm.isStalled,
    isBehind,
    slots,
    ...createLinkOptions(config, store, router),
    search: (typed) => later.search(typed),
    products: (changes) => desk.apply(changes),
    consent: { consent: config.consent, doNotTrack: config.doNotTrack },
    onFault: (text) => onNote(`gateway: a connection was closed for a fault: ${text}`),
    mounts(app) {
      if (door !== undefined) app.ws("/link", door.behaviour);
      addFiles(app, readSdkFiles(options.root));
      const keys = createExampleKeys(config);
      if (keys === undefined) return;
      hasShop = addExampleShop(app, {
        ...keys,
        root: options.root,
        url: () => urlOf(config.host, gateway.port),
        visitorSecrets: [config.secret, ...config.oldSecrets],
        router,
        clock,
        makeId: randomUUID,
        conditionOf: (content, choice) => conditions.get(content)?.[choice - 1],
        onFault: onNote,
      });
      // A brand that has products of its own keeps them.
      isShopBare = hasShop && desk.catalogue.size === 0;
    },
  });
  closers.push(() => gateway.close());
  if (isShopBare) await importInto((changes) => desk.apply(changes), readShopProducts(options.root));
  const { control, take, search } = await createNodeControl({
    config,
    root: options.root,
    version,
    node,
    startedAt,
    store,
    drainer,
    cluster: running,
    rulesTrouble: deployer.trouble,
    isBehind,
    router,
    metrics,
    desk,
    delivery,
    identifiers,
    clock,
    timers,
    feed: (on) => feed.watch(on),
    onNote,
    connection,
  });
  later.show = take;
  later.search = search;
  closers.push(() => control.close());
  const first = await deployer.first;
  await prepareBareStore({ store, history: drainer.history, mayGrow: config.shardsGiven, onNote, later: pause });
  await running.start(first.plan);
  desk.follow();

  writeControlFile(config.dataDir, {
    url: control.url,
    token: config.controlToken,
    pid: process.pid,
    // Where every address is listened on, this computer's own is one of them.
    gateway: urlOf(config.host.replace(/^0\.0\.0\.0$/, "127.0.0.1").replace(/^::$/, "::1"), gateway.port),
  });

  async function close(): Promise<void> {
    await rules.close();
    await gateway.close();
    alarm.close();
    router.close();
    await Promise.race([drainer.flush().catch(() => undefined), pause(drainFlushMsMax)]);
    await running.close();
    await delivery.close();
    await drainer.close();
    await control.close();
    await desk.close();
    await store.close();
    removeControlFile(config.dataDir, process.pid);
    await lock.close();
  }

  return {
    node,
    url: urlOf(config.host, gateway.port),
    hasShop,
    controlUrl: control.url,
    createControlLink: control.createLink,
    shards: store.shards,
    rules: first,
    close,
  };
}

function urlOf(host: string, port: number): string {
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, delayMs).unref();
  });
}
