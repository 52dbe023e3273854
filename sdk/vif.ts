/**
 * Vif in a web page: `createVif({ key })` tracks pages and what visitors do, and fills the page's slots with what the engine
 * decides for each, live. An event is kept until the engine has answered that it is durable, through lost connections and
 * reloads, under one messageId, so that it counts once however often it is sent. No dependencies; nothing is evaluated as
 * code, and no style or script is put into the page, so that it works under `script-src 'self'; style-src 'self'`.
 *
 * Modes: waiting (for the brand's settings or the visitor's consent: events are held in the page's memory) -> on
 * (connected, or trying to be) or off (refused: nothing is sent or kept) -> waiting again by `consent`.
 */
import { createKnown } from "./known.ts";
import { openSocket, overSocketIo } from "./link.ts";
import type { Link, SocketIo } from "./link.ts";
import { forget, forgetEvent, keep, keepEvent, keptEvents, recall } from "./memory.ts";
import { createPermissions } from "./permission.ts";
import type { Permission } from "./permission.ts";
import { createSlots } from "./slots.ts";
import type { Decision, EventReply, HelloReply, Properties, Reply, Visitor, WireEvent } from "./wire.ts";

export type { SocketIo, SocketIoSocket } from "./link.ts";
export type { Permission } from "./permission.ts";
export type { Decision, Problem, Properties, Reply } from "./wire.ts";

export interface VifOptions {
  /** The brand's browser key. */
  readonly key: string;
  /** Origin of the engine, such as `https://vif.example`; by default the page's own. */
  readonly url?: string;
  /** Of what is rendered, as `fr`; by default the page's own. */
  readonly language?: string;
  /** Whether pages are tracked by themselves, those of a single-page application too; true by default. */
  readonly pages?: boolean;
  /** How long slots of which nothing is known stay invisible, in ms; 400 by default. */
  readonly patienceMs?: number;
  /** `io` of socket.io-client: Socket.IO carries everything instead of the raw socket. */
  readonly io?: SocketIo;
}

export interface IdentifyOptions {
  readonly traits?: Properties;
  /** The identity token that the brand's server has signed for this customer: without one, nothing is believed. */
  readonly token?: string;
}

export interface VifEvents {
  /** All decisions for this visitor, whenever one has changed. */
  decisions: readonly Decision[];
  /** An event was answered, so many ms after it was sent. */
  reply: { readonly event: WireEvent; readonly reply: Reply; readonly tookMs: number };
  /** The connection is up or down. */
  link: { readonly isOpen: boolean };
  /** The brand's settings have come, or the visitor has said what they want. */
  permission: Permission;
}

export interface Vif {
  /** @param name of the page, such as `Cart`; its path, title and referrer come by themselves */
  page(name?: string, properties?: Properties): Promise<Reply>;
  /** @param event such as `Product Viewed` */
  track(event: string, properties?: Properties): Promise<Reply>;
  identify(userId: string, options?: IdentifyOptions): Promise<Reply>;
  /** The next visitor of this browser is somebody else: after a log out. */
  reset(): void;
  /** What the visitor says of being tracked; remembered, and asked for no more. */
  consent(agreed: boolean): void;
  /** `asked`: the brand wants the visitor's consent, and there is none yet. */
  readonly permission: Permission;
  readonly anonymousId: string | undefined;
  /** Proof of it, for the brand's own server. */
  readonly visitorToken: string | undefined;
  decision(content: string): Decision | undefined;
  /** @returns a function that ends it. `decisions` tells at once what is known. */
  on<Name extends keyof VifEvents>(name: Name, listener: (said: VifEvents[Name]) => void): () => void;
  close(): void;
}

interface Pending {
  readonly event: WireEvent;
  sentAt: number;
  /** Name of what is kept of it; undefined while nothing may be kept. */
  name: string | undefined;
  isSent: boolean;
  readonly settle: (reply: Reply) => void;
}

/** Events under way to the engine at once. */
const inFlightMax = 100;
/** Events held while consent is not known. */
const heldMax = 200;

export function createVif(options: VifOptions): Vif {
  const { key, url = location.origin, pages = true, patienceMs = 400 } = options;
  const language = options.language ?? (document.documentElement.lang || navigator.language);
  const open = options.io ? overSocketIo(options.io) : openSocket;
  const listeners = new Map<string, Set<(said: never) => void>>();
  const pending = new Map<string, Pending>();
  const known = createKnown();
  let visitor = recall<Visitor>("visitor");
  let link: Link | undefined;
  let isReady = false;
  /** Decisions have come with an answer: what the engine greeted with has been overtaken. */
  let isAnswered = false;
  let told = "";
  let isOn = false;
  let pagesSeen = 0;
  let isClosed = false;
  let retryMs = 0;
  let retryTimer: ReturnType<typeof setTimeout> | undefined;
  const slots = createSlots(language, patienceMs, (message) => {
    void submit({ type: "track", event: "Message Shown", properties: { message } });
  });
  const permissions = createPermissions(url, key, permissionChanged);

  function tell<Name extends keyof VifEvents>(name: Name, said: VifEvents[Name]): void {
    for (const listener of listeners.get(name) ?? []) (listener as (said: VifEvents[Name]) => void)(said);
  }

  function permissionChanged(): void {
    const { state } = permissions;
    if (state === "granted" && !isOn) {
      isOn = true;
      for (const [name, event] of keptEvents())
        if (!pending.has(event.messageId))
          pending.set(
            event.messageId,
            pendingOf(event, name, () => undefined),
          );
      for (const held of pending.values()) held.name ??= keepEvent(held.event);
      connect();
    } else if (state !== "granted") {
      slots.reveal();
      if (state === "refused") {
        isOn = false;
        disconnect();
        visitor = undefined;
        forget();
        known.forget();
        slots.forget();
        for (const { settle } of pending.values()) settle(NOT_TRACKED);
        pending.clear();
      }
    }
    tell("permission", state);
  }

  function connect(): void {
    clearTimeout(retryTimer);
    if (!isOn || isClosed || link !== undefined) return;
    visitor = recall<Visitor>("visitor") ?? visitor;
    const { visitorToken } = visitor ?? {};
    link = open({ url, key, visitorToken, language }, { onHello, onReply, onPush: show, onEnd });
  }

  function disconnect(): void {
    link?.close();
    lost();
  }

  function lost(): void {
    link = undefined;
    if (isReady) tell("link", { isOpen: false });
    isReady = false;
    for (const each of pending.values()) each.isSent = false;
  }

  function onEnd(): void {
    lost();
    retryMs = Math.min(retryMs === 0 ? 250 : retryMs * 2, 30_000);
    retryTimer = setTimeout(connect, retryMs * (0.5 + Math.random() / 2));
  }

  function onHello(reply: HelloReply): void {
    const { ok, anonymousId, visitorToken, decisions, problem } = reply;
    if (!ok) {
      // A token that is honoured no longer: this browser begins anew.
      if (problem?.code === "bad_visitor_token") setVisitor(undefined);
      link?.close();
      return onEnd();
    }
    const other = recall<Visitor>("visitor");
    if (visitor === undefined && other !== undefined) {
      // Another tab was quicker: one browser is one visitor.
      disconnect();
      return connect();
    }
    if (anonymousId !== undefined && visitorToken !== undefined && visitor?.visitorToken !== visitorToken)
      setVisitor({ anonymousId, visitorToken });
    retryMs = 0;
    isReady = true;
    tell("link", { isOpen: true });
    if (decisions) known.absorb(decisions);
    // A page that is tracked is decided about again within a moment: nobody should see both.
    if (pages && !isAnswered) setTimeout(showAll, patienceMs);
    else showAll();
    send();
  }

  function setVisitor(next: Visitor | undefined): void {
    visitor = next;
    keep("visitor", next);
  }

  function send(): void {
    if (!isReady) return;
    let underWay = 0;
    for (const each of pending.values()) {
      if (underWay++ >= inFlightMax) return;
      if (each.isSent) continue;
      each.isSent = true;
      each.sentAt = performance.now();
      link?.send({ anonymousId: visitor?.anonymousId, ...each.event, sentAt: new Date().toISOString() } as WireEvent);
    }
  }

  function onReply(reply: EventReply): void {
    const { messageId = "", ok, duplicate, decisions, problem, retryAfterMs } = reply;
    const each = pending.get(messageId);
    if (decisions) {
      isAnswered = true;
      show(decisions);
    }
    if (each === undefined) return;
    if (retryAfterMs !== undefined) {
      setTimeout(() => {
        each.isSent = false;
        send();
      }, retryAfterMs);
      return;
    }
    pending.delete(messageId);
    if (each.name !== undefined) forgetEvent(each.name);
    const said: Reply = ok
      ? { ok, ...(duplicate && { duplicate }), ...(decisions && { decisions }) }
      : { ok: false, problem: problem ?? NOT_TRACKED.problem };
    each.settle(said);
    tell("reply", { event: each.event, reply: said, tookMs: performance.now() - each.sentAt });
    send();
  }

  function show(decisions: readonly Decision[]): void {
    known.absorb(decisions);
    showAll();
  }

  function showAll(): void {
    if (!isOn) return;
    const decisions = known.all();
    slots.show(decisions);
    const text = JSON.stringify(decisions);
    if (text !== told && decisions.length > 0) tell("decisions", decisions);
    told = text;
  }

  function submit(message: Properties & Pick<WireEvent, "type">): Promise<Reply> {
    if (permissions.state === "refused" || isClosed) return Promise.resolve(NOT_TRACKED);
    const event = snapshot({ ...message, messageId: makeId(), timestamp: new Date().toISOString() });
    if (event === undefined) {
      console.warn(`vif: an event was not sent: ${UNSENDABLE.problem.message}`);
      return Promise.resolve(UNSENDABLE);
    }
    return new Promise((settle) => {
      const each = pendingOf(event, isOn ? keepEvent(event) : undefined, settle);
      pending.set(event.messageId, each);
      if (!isOn && pending.size > heldMax) {
        const [oldest] = pending.keys();
        pending.delete(oldest ?? "");
      }
      send();
    });
  }

  function pendingOf(event: WireEvent, name: string | undefined, settle: (reply: Reply) => void): Pending {
    return { event, name, settle, isSent: false, sentAt: 0 };
  }

  function page(name?: string, properties?: Properties): Promise<Reply> {
    if (pagesSeen++ > 0) slots.leave();
    const { pathname: path, search } = location;
    const said = { path, search, title: document.title, referrer: document.referrer, ...properties };
    return submit({ type: "page", ...(name && { name }), properties: said });
  }

  function reset(): void {
    // What was done before was done by who was there before.
    const anonymousId = visitor?.anonymousId ?? makeId();
    for (const [id, each] of pending) {
      if (each.name !== undefined) forgetEvent(each.name);
      const event = { anonymousId, ...each.event };
      pending.set(id, { ...each, event, name: isOn ? keepEvent(event) : undefined });
    }
    setVisitor(undefined);
    known.forget();
    slots.forget();
    disconnect();
    connect();
  }

  function watchPages(): void {
    let path = location.pathname;
    const look = (): void => {
      if (location.pathname === path) return;
      path = location.pathname;
      void page();
    };
    const { pushState } = history;
    history.pushState = function (...args) {
      pushState.apply(this, args);
      look();
    };
    addEventListener("popstate", look);
    const begin = (): void => void page();
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
    else begin();
  }

  const reconnect = (): void => {
    retryMs = 0;
    connect();
  };
  addEventListener("online", reconnect);
  // A page that may come back from the browser's cache must not hold a socket.
  addEventListener("pagehide", disconnect);
  addEventListener("pageshow", reconnect);
  addEventListener("storage", (change) => {
    if (change.key !== "vif.visitor" || !isOn) return;
    const now = recall<Visitor>("visitor");
    if (now?.visitorToken === visitor?.visitorToken) return;
    visitor = now;
    known.forget();
    disconnect();
    connect();
  });
  // What is known from the last page need not wait for the engine.
  if (permissions.state !== "unknown") permissionChanged();
  if (pages) watchPages();

  return {
    page,
    track: (event, properties = {}) => submit({ type: "track", event, properties }),
    identify: (userId, { traits = {}, token } = {}) =>
      submit({ type: "identify", userId, traits, ...(token && { identityToken: token }) }),
    reset,
    consent: permissions.say,
    get permission() {
      return permissions.state;
    },
    get anonymousId() {
      return visitor?.anonymousId;
    },
    get visitorToken() {
      return visitor?.visitorToken;
    },
    decision: known.of,
    on(name, listener) {
      const set = listeners.get(name) ?? new Set();
      listeners.set(name, set.add(listener));
      const decisions = name === "decisions" ? known.all() : [];
      if (decisions.length > 0) (listener as (said: readonly Decision[]) => void)(decisions);
      return () => void set.delete(listener);
    },
    close() {
      isClosed = true;
      disconnect();
    },
  };
}

const NOT_TRACKED = {
  ok: false,
  problem: { code: "not_tracked", message: "The visitor has not agreed to be tracked." },
} as const;

const UNSENDABLE = {
  ok: false,
  problem: { code: "too_large", message: "An event is at most 32 KB of JSON, without circles and BigInts." },
} as const;
/** What the engine takes, less what is added when it is sent. */
const eventBytesMax = 32_000;

/** What the page may change afterwards is not what happened. @returns undefined for what the engine would not take */
function snapshot(event: WireEvent): WireEvent | undefined {
  try {
    const text = JSON.stringify(event);
    return new TextEncoder().encode(text).length > eventBytesMax ? undefined : (JSON.parse(text) as WireEvent);
  } catch {
    return undefined;
  }
}

/** 128 bits of chance; `randomUUID` is there on secure pages only. */
function makeId(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
