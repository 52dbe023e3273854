/** Both ends of a link between nodes, over a real socket. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import uWS from "uWebSockets.js";
import { WebSocket } from "ws";
import { createClock, createTimers } from "../create-clock.ts";
import type { Timers } from "../model/clock.ts";
import { eventBytesMax, linkFrameBytesPreferred, linkGuestsMax } from "../limits.ts";
import type { NodeId, ShardId, SourceId } from "../model/ids.ts";
import { createFeedExchange } from "./feed-exchange.ts";
import type { FeedExchange } from "./feed-exchange.ts";
import type { FeedSample } from "./feed-port.ts";
import { FrameWriter, readFrame } from "./link-codec.ts";
import type { LinkMessage } from "./link-codec.ts";
import { frameLink, frameShard } from "./link-frame.ts";
import { createLinkDoor } from "./link-door.ts";
import type { LinkDoor } from "./link-door.ts";
import { createNodeLink } from "./node-link.ts";
import type { NodeLink } from "./node-link.ts";
import type { FromShard } from "./port.ts";

const SECRET = "a-secret-of-the-links";
const [A, B] = ["node-a", "node-b"] as [NodeId, NodeId];
const clock = createClock();
/** Real time passes too, so that links ping; what the door waits for comes when a test lets it. */
const waits = new Set<() => void>();
const doorTimers: Timers = {
  after(_delayMs, task) {
    waits.add(task);
    return () => void waits.delete(task);
  },
};

interface Server {
  readonly port: number;
  readonly door: LinkDoor;
  readonly frames: { readonly link: number; readonly shard: ShardId; readonly messages: LinkMessage[] }[];
  readonly unlinked: number[];
  /** The feed of the node at the door, and whether its workers were told to pass on. */
  readonly there: FeedExchange;
  readonly feeding: boolean[];
  close(): void;
}

function serve(): Promise<Server> {
  const frames: Server["frames"] = [];
  const unlinked: number[] = [];
  const feeding: boolean[] = [];
  const there = createFeedExchange({
    workers: (on) => void feeding.push(on),
    show: () => undefined,
    tell: (link, sample) => door.tell(link, sample),
  });
  const door: LinkDoor = createLinkDoor({
    node: B,
    secret: SECRET,
    clock,
    timers: doorTimers,
    onFrame(link, frame) {
      const messages: LinkMessage[] = [];
      readFrame(frame, (message) => messages.push(message));
      frames.push({ link, shard: frameShard(frame), messages });
      const answers = new FrameWriter(link);
      for (const message of messages)
        if ("request" in message)
          answers.write({ kind: "answer", request: message.request, answer: { is: "busy", retryAfterMs: 1 } });
      const back = answers.take();
      if (back !== undefined) door.send(frameLink(back), back);
    },
    onLinked: () => undefined,
    onUnlinked: (link) => unlinked.push(link),
    onFeed: (link, on) => there.asked(link, on),
  });
  return new Promise((resolve, reject) => {
    const app = uWS.App().ws("/link", door.behaviour);
    app.listen("127.0.0.1", 0, (token) => {
      if (!token) return reject(new Error("no port"));
      const port = uWS.us_socket_local_port(token);
      resolve({ port, door, frames, unlinked, there, feeding, close: () => app.close() });
    });
  });
}

const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
};

describe("a link to another node", () => {
  let server: Server;
  const links: NodeLink[] = [];
  const messages: FromShard[] = [];
  const events: string[] = [];

  beforeEach(async () => {
    server = await serve();
    messages.length = events.length = 0;
  });
  afterEach(() => {
    for (const link of links.splice(0)) link.close();
    server.close();
  });

  function link(secret = SECRET, peer = B, feed?: FeedExchange): NodeLink {
    const made = createNodeLink({
      node: A,
      peer,
      address: `ws://127.0.0.1:${server.port}`,
      secret,
      clock,
      timers: createTimers(),
      soon: setImmediate,
      onOpen: () => events.push("open"),
      onBroken: (reason) => events.push(reason),
      onMessage: (message) => messages.push(message),
      feed,
    });
    links.push(made);
    return made;
  }

  const event = (shard: number, request: number): Parameters<NodeLink["write"]> => [
    shard as ShardId,
    {
      kind: "read",
      shard: shard as ShardId,
      request,
      identifier: { kind: "user", value: "u1" },
      profile: undefined,
      want: "decisions",
    },
  ];

  it("carries messages there, a frame a shard and turn, and answers back in order", async () => {
    const open = link();
    expect(open.write(...event(1, 1))).toBe(false);
    await until(() => open.isOpen);
    for (let request = 1; request <= 6; request++) expect(open.write(...event(request % 2, request))).toBe(true);
    await until(() => messages.length === 6);
    expect(server.frames.map(({ shard, messages: { length } }) => [shard, length])).toEqual([
      [1, 3],
      [0, 3],
    ]);
    expect(messages.map((message) => message.kind === "answer" && message.request)).toEqual([1, 3, 5, 2, 4, 6]);
  });

  it("asks for the other node's live feed while somebody watches here, and again once it is open again", async () => {
    const shown: FeedSample[] = [];
    const here = createFeedExchange({
      workers: () => undefined,
      show: (sample) => void shown.push(sample),
      tell: () => undefined,
    });
    const open = link(SECRET, B, here);
    const sampleOf = (skipped: number): FeedSample => ({ entries: [], skipped });
    await until(() => open.isOpen);
    server.there.happened(sampleOf(1));
    here.watch(true);
    await until(() => server.feeding.length === 1);
    server.there.happened(sampleOf(2));
    await until(() => shown.length === 1);
    server.door.breakAll("a test");
    await until(() => server.feeding.length === 3);
    server.there.happened(sampleOf(3));
    await until(() => shown.length === 2);
    here.watch(false);
    await until(() => server.feeding.length === 4);
    expect(shown).toEqual([sampleOf(2), sampleOf(3)]);
    expect(server.feeding).toEqual([true, false, true, false]);
  });

  it("opens again after it was broken, as another link", async () => {
    const open = link();
    await until(() => open.isOpen);
    server.door.breakAll("for the test");
    await until(() => server.unlinked.length === 1);
    await until(() => events.filter((entry) => entry === "open").length === 2);
    expect(open.write(...event(0, 9))).toBe(true);
    await until(() => messages.length === 1);
    expect(server.frames.map((frame) => frame.link)).toEqual([2]);
  });

  it("is refused without the secret, and refuses a node that is not the one expected", async () => {
    const stranger = link("another-secret-entirely");
    await until(() => events.some((entry) => entry.includes("4401")));
    expect(stranger.isOpen).toBe(false);
    const mistaken = link(SECRET, "node-c" as NodeId);
    await until(() => events.some((entry) => entry.includes("another node")));
    expect(mistaken.isOpen).toBe(false);
    expect(server.frames).toEqual([]);
  });

  it("sends what does not fit into one frame in several, in order", async () => {
    const open = link();
    await until(() => open.isOpen);
    const count = Math.ceil((4 * linkFrameBytesPreferred) / eventBytesMax);
    const origin = { source: "till" as SourceId, trusted: true, visitor: undefined, receivedAt: 1 };
    const body = new Uint8Array(eventBytesMax);
    const rest = { kind: "event", origin, profile: undefined, told: false, route: 0, decide: false, body } as const;
    for (let request = 1; request <= count; request++)
      expect(open.write(1 as ShardId, { ...rest, shard: 1 as ShardId, request })).toBe(true);
    await until(() => messages.length === count);
    expect(server.frames.length).toBeGreaterThanOrEqual(4);
    expect(messages.map((message) => message.kind === "answer" && message.request)).toEqual(
      Array.from({ length: count }, (_, index) => index + 1),
    );
  });

  it("keeps few who have proved nothing, and none for long, and lets nodes in all the same", async () => {
    const closed: number[] = [];
    const guests = await Promise.all(
      Array.from({ length: linkGuestsMax + 3 }, async (_, index) => {
        const raw = new WebSocket(`ws://127.0.0.1:${server.port}/link`);
        raw.on("close", (code) => code === 4401 && closed.push(index));
        await new Promise((resolve) => raw.once("message", resolve).once("close", resolve));
        return raw;
      }),
    );
    await until(() => closed.length === 3);
    const open = link();
    await until(() => open.isOpen);
    expect(waits.size).toBe(linkGuestsMax - 1);
    for (const wait of [...waits]) wait();
    await until(() => closed.length === guests.length);
    expect([waits.size, open.isOpen, server.unlinked]).toEqual([0, true, []]);
  });

  it("breaks for who speaks before proving, and for frames that cannot be read", async () => {
    const raw = new WebSocket(`ws://127.0.0.1:${server.port}/link`);
    const codes: number[] = [];
    raw.on("close", (code) => codes.push(code));
    raw.on("open", () => raw.send(new Uint8Array(64)));
    await until(() => codes.length === 1);
    expect(codes).toEqual([4401]);
  });
});
