/**
 * Room 1, joined: one uWebSockets app on one port for HTTP, the raw socket and Socket.IO. It runs on the main thread,
 * authenticates, admits, frames, and writes replies; events go to their shards unparsed, through the router. Closing is
 * clean: no new event is taken, those under way are answered (bounded), sockets are told to come again.
 */
import uWS from "uWebSockets.js";
import { gatewayDrainMsMax } from "../limits.ts";
import type { Clock, Timers } from "../model/clock.ts";
import { SetupError } from "../model/errors.ts";
import type { ConsentForm } from "../language/port.ts";
import type { PlanDigest } from "../model/ids.ts";
import type { IdentifierRules } from "../model/identifier-rules.ts";
import type { CallbackReaders } from "./callbacks/callback-readers.ts";
import { addCallbacks } from "./callbacks/callback-routes.ts";
import { rememberMethods } from "./allowed-methods.ts";
import { addClientSettings } from "./client-settings.ts";
import type { ReasonsOf } from "./decide-route.ts";
import { addCustomers } from "./customers-route.ts";
import type { CustomerSearch } from "./customers-route.ts";
import type { FaultLog } from "./guard.ts";
import { addHttp } from "./http.ts";
import { createHttpRoutes } from "./http-routes.ts";
import { Intake } from "./intake.ts";
import { createKeyRegistry } from "./keys.ts";
import type { KeyRules } from "./keys.ts";
import { addLinkPages } from "./links/link-routes.ts";
import { createLinkMaker } from "./links/message-links.ts";
import type { OutcomeTold } from "./links/outcome-told.ts";
import { addTracking } from "./links/tracking-routes.ts";
import type { GatewayMetrics } from "./metrics.ts";
import { addPageSettings } from "./page-settings.ts";
import type { ConsentSettings } from "./page-settings.ts";
import { addProducts } from "./products-route.ts";
import type { ApplyProducts } from "./products-route.ts";
import { addOfrep } from "./ofrep/ofrep.ts";
import { addProbes } from "./probes.ts";
import type { EventRouter } from "./router-port.ts";
import type { Slots } from "./slot-view.ts";
import { addSocketIo } from "./socket-io.ts";
import { addStream } from "./stream.ts";

export interface GatewayOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly keys: KeyRules;
  /** What visitor tokens are signed with, the present one first; the others are still honoured. */
  readonly visitorSecrets: readonly string[];
  readonly identifiers: IdentifierRules;
  readonly router: EventRouter;
  readonly metrics: GatewayMetrics;
  readonly clock: Clock;
  readonly timers: Timers;
  /** A new, unguessable text of at most 64 characters: `crypto.randomUUID`. */
  readonly makeId: () => string;
  /** Whether events are taken: shards are owned, the plan is loaded. */
  readonly ready: () => boolean;
  /** Whether journals wait for history beyond their bound: events are then taken slowly. */
  readonly isBehind?: () => boolean;
  /** Whether nothing can be made durable at present: a balancer is told, and a stop waits for no answers. */
  readonly isStalled?: () => boolean;
  /** A fault that closed one connection: one text for the log, without personal values. */
  readonly onFault: FaultLog;
  /** What decisions look like, for whoever names a language. */
  readonly slots?: Slots;
  /** Why a content shows what it shows, for servers that ask. */
  readonly reasons?: ReasonsOf;
  /** Takes changes of the catalogue; without it there is no such path. */
  readonly products?: ApplyProducts;
  /** Finds people for tills and servers; without it there is no such path. */
  readonly search?: CustomerSearch;
  /** What pages are told of consent before they send anything. */
  readonly consent?: ConsentSettings;
  /** Links in messages lead here: where customers reach this gateway, and what a plan asks them. */
  readonly links?: {
    readonly url: string;
    readonly consentForm: (plan: PlanDigest) => Promise<ConsentForm | undefined>;
    /** Tells the owner of a profile what has become of a message of theirs. */
    readonly onOutcome?: OutcomeTold;
  };
  /** What reads the callbacks of providers; together with `links`. */
  readonly callbacks?: CallbackReaders;
  /** Other rooms' paths on the same port: the links of other nodes. Called once, before the port is listened on. */
  readonly mounts?: (app: uWS.TemplatedApp) => void;
}

const CONSENT: ConsentSettings = { consent: "assumed", doNotTrack: "honour" };

export interface Gateway {
  /** The one that is listened on. */
  readonly port: number;
  close(): Promise<void>;
}

/** @throws SetupError when host and port cannot be listened on */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const { host, port, router, metrics, timers, identifiers, onFault, slots } = options;
  let closing = false;
  const ready = (): boolean => !closing && options.ready();
  const keys = createKeyRegistry(options.keys);
  const intake = new Intake({ ...options, ready });
  const now = (): number => options.clock.now();
  const bare = uWS.App();
  // Sockets bring their own paths, and answer whoever comes to them otherwise.
  const stream = addStream(bare, { keys, intake, metrics, timers, identifiers, ready, onFault, slots, now });
  const socketIo = addSocketIo(bare, { keys, intake, metrics, identifiers, ready, onFault, slots, now });
  const { app, allowOf } = rememberMethods(bare);
  options.mounts?.(app);
  addClientSettings(app, { keys, onFault });
  if (options.search !== undefined) addCustomers(app, { keys, search: options.search, onFault });
  const routes = createHttpRoutes(app, { keys, onFault });
  if (options.products !== undefined) addProducts(routes, { keys, apply: options.products });
  addHttp(app, { keys, intake, metrics, identifiers, routes, slots, reasons: options.reasons, now });
  addOfrep(app, { keys, intake, metrics, identifiers, routes, slots });
  if (options.links !== undefined) {
    const { url, consentForm, onOutcome } = options.links;
    const maker = createLinkMaker({ secret: options.visitorSecrets[0] ?? "", url });
    const parts = {
      intake,
      consentForm,
      makeId: options.makeId,
      secrets: options.visitorSecrets,
      now,
      onFault,
      onOutcome,
    };
    addLinkPages(app, { ...parts, maker });
    addTracking(app, parts);
    if (options.callbacks !== undefined) addCallbacks(app, { ...parts, readers: options.callbacks, keys, routes, url });
  }
  addPageSettings(app, { keys, onFault, consent: options.consent ?? CONSENT });
  addProbes(app, { metrics, ready: () => ready() && options.isStalled?.() !== true, allowOf });
  const listening = await listen(bare, host, port);

  return {
    port: listening.port,
    async close() {
      if (closing) return;
      closing = true;
      listening.close();
      await drained(router, options);
      stream.close();
      await socketIo.close();
      bare.close();
    },
  };
}

interface Listening {
  readonly port: number;
  close(): void;
}

/** The form of `listen` with host and options, which works but is not in the package's types. */
interface OptionListener {
  listen(host: string, port: number, options: number, done: (socket: uWS.us_listen_socket | false) => void): unknown;
}

/** A second engine on one port would take half of its connections: uWebSockets shares a port unless told not to. */
const LIBUS_LISTEN_EXCLUSIVE_PORT = 1;

function listen(app: uWS.TemplatedApp, host: string, port: number): Promise<Listening> {
  return new Promise((resolve, reject) => {
    (app as unknown as OptionListener).listen(host, port, LIBUS_LISTEN_EXCLUSIVE_PORT, (socket) => {
      if (socket)
        return resolve({ port: uWS.us_socket_local_port(socket), close: () => uWS.us_listen_socket_close(socket) });
      reject(
        new SetupError(
          `The gateway cannot listen on ${host}, port ${port}: it is in use, not allowed, or not an address of this machine.`,
          "Stop what uses the port, or set VIF_PORT to another one; VIF_HOST must be an address of this machine.",
        ),
      );
    });
  });
}

/** Resolves when everything under way is answered or cannot be, or after `gatewayDrainMsMax`. */
function drained(router: EventRouter, { clock, timers, isStalled }: GatewayOptions): Promise<void> {
  const until = clock.monotonicMs() + gatewayDrainMsMax;
  return new Promise((resolve) => {
    const look = (): void => {
      if (router.inFlight === 0 || isStalled?.() === true || clock.monotonicMs() >= until) resolve();
      else timers.after(5, look);
    };
    look();
  });
}
