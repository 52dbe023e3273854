/**
 * Finds the owner of each event's shard and sees every request to its one final answer: follows redirects, repeats what is
 * unanswered when a shard changes hands, keeps the order of a lane (router-flow.ts), and says `busy` in bounded time when
 * it cannot. One a node, on the gateway's thread. It does no I/O: `send` puts a message on a link, answers come in by
 * `receive`, so that the simulator runs this very code.
 *
 * A request's modes: waiting (an earlier one of its flow goes another way) -> sent (stands in its shard's list; on the link
 * when the shard has an owner that can be reached) -> answered. A redirect puts it back to waiting. What was sent twice is
 * dropped by the shard as a duplicate, so repeating is always allowed; late answers to an earlier sending are not looked at.
 */
import {
  busyRetryAfterMs,
  routerAnswerMsMax,
  routerHopsMax,
  routerPeersMax,
  routerRequestsMax,
  routerShardRequestsMax,
  routerSweepMs,
  routerWatchesMax,
  routerWatchRetryMs,
} from "../limits.ts";
import type { Identifier } from "../model/identifier.ts";
import type { ProfileId, ShardId } from "../model/ids.ts";
import type { Answer, FromShard, PeerMessage, ReadWant } from "../shard/port.ts";
import { BodySlabs } from "./body-slabs.ts";
import { RequestTable } from "./request-table.ts";
import { personOf, Routed, routedRead, routedTold, whoseIs, wireForm } from "./routed.ts";
import type { Asked, Settle, ToldMessage } from "./routed.ts";
import { dropEmptyFlow, flowOf, joinFlow, leaveFlow, redirectInFlow } from "./router-flow.ts";
import type { FlowSender, LaneFlows } from "./router-flow.ts";
import type { Router, RouterOptions } from "./router-contract.ts";
import { RouterHints } from "./router-hints.ts";
import type { EventOptions, FinalAnswer, Lane, Push } from "./router-port.ts";
import { RouterWatches } from "./router-watches.ts";
import { ShardLine } from "./shard-line.ts";

export function createRouter(options: RouterOptions): Router {
  const { shards, clock, timers, send, hint, switchHint } = options;
  const requestsMax = options.limits?.requestsMax ?? routerRequestsMax;
  const shardRequestsMax = options.limits?.shardRequestsMax ?? routerShardRequestsMax;
  const answerMsMax = options.limits?.answerMsMax ?? routerAnswerMsMax;

  const hints = new RouterHints(shards, switchHint);
  const watches = new RouterWatches(clock);
  const slabs = new BodySlabs();
  const table = new RequestTable();
  const lines: ShardLine[] = Array.from({ length: shards }, () => new ShardLine());
  const peers: PeerMessage[][] = Array.from({ length: shards }, () => []);
  let lanes = 0;
  let inFlight = 0;
  let watching = 0;
  let redirected = 0;
  let repeated = 0;
  let refused = 0;
  let closed = false;
  let refusals: ((answer: FinalAnswer) => void)[] = [];
  let cancelSweep = timers.after(routerSweepMs, sweep);
  const sender: FlowSender = { aim: (request) => hints.aim(request), dispatch };

  function createLane(): Lane {
    const lane: LaneFlows = { lane: ++lanes, flow: undefined, others: undefined };
    return lane;
  }

  function event(lane: Lane, body: Uint8Array, eventOptions: EventOptions, done: (answer: FinalAnswer) => void): void {
    if (closed || inFlight >= requestsMax) return refuseSoon(done);
    const { person, flowKey } = whoseIs(body, eventOptions.receipt, hint);
    const kept = slabs.keep(body);
    const asked: Asked = { is: "event", body: kept, options: eventOptions };
    const flow = flowKey === undefined ? undefined : flowOf(lane as LaneFlows, flowKey);
    const request = enter(
      new Routed({ slot: table.nextSlot(), sinceMs: clock.monotonicMs(), flow }, person, { asked, done }),
    );
    if (lineOf(request.shard).length >= shardRequestsMax) {
      forget(request);
      if (flow !== undefined) dropEmptyFlow(flow);
      return refuseSoon(done);
    }
    if (flow === undefined) dispatch(request);
    else joinFlow(flow, request, sender);
    kept.returnLent();
  }

  function read(whom: Identifier | ProfileId, want: ReadWant, done: (answer: FinalAnswer) => void): void {
    if (closed || inFlight >= requestsMax) return refuseSoon(done);
    const place = { slot: table.nextSlot(), sinceMs: clock.monotonicMs(), flow: undefined };
    dispatch(enter(routedRead(whom, place, { want, done, shards })));
  }

  function tell(to: Parameters<Router["tell"]>[0], message: ToldMessage, settle: Settle): void {
    if (closed || inFlight >= requestsMax) return refuseSoon(() => settle(false));
    const place = { slot: table.nextSlot(), sinceMs: clock.monotonicMs(), flow: undefined };
    dispatch(enter(routedTold(to, place, { is: "told", message, settle })));
  }

  function watch(identifier: Identifier, onPush: (push: Push) => void): (() => void) | undefined {
    if (closed || watching >= routerWatchesMax) return undefined;
    const asked: Asked = { is: "watch", identifier, state: watches.create(onPush) };
    const place = { slot: table.nextSlot(), sinceMs: clock.monotonicMs(), flow: undefined };
    const request = new Routed(place, personOf(identifier), { asked, done: undefined });
    request.id = table.nextId(request);
    dispatch(enter(request));
    return () => unwatch(request);
  }

  function unwatch(request: Routed): void {
    if (!table.has(request)) return;
    if (request.onLink) send(request.shard, { kind: "unwatch", shard: request.shard, watch: request.id });
    forget(request);
  }

  function enter(request: Routed): Routed {
    hints.aim(request);
    table.put(request);
    if (request.asked.is === "watch") watching++;
    else inFlight++;
    return request;
  }

  /** Takes a request out of everything; the flow behind it moves on. */
  function forget(request: Routed): void {
    const { asked, flow } = request;
    table.remove(request);
    if (request.sent) lineOf(request.shard).remove(request);
    if (asked.is === "watch") {
      watching--;
      watches.end(request);
    } else inFlight--;
    if (asked.is === "event") slabs.release(asked.body);
    if (flow !== undefined && (flow.first === request || request.flowBefore !== undefined))
      leaveFlow(flow, request, sender);
  }

  /** First everything is put in order, then the asker is told, who may call in again at once. */
  function finish(request: Routed, answer: FinalAnswer): void {
    forget(request);
    request.done?.(answer);
  }

  function refuseSoon(done: (answer: FinalAnswer) => void): void {
    if (refusals.push(done) === 1) timers.after(0, refuseAll);
  }

  function refuseAll(): void {
    const told = refusals;
    refusals = [];
    refused += told.length;
    for (const done of told) done(busy());
  }

  function lineOf(shard: ShardId): ShardLine {
    const line = lines[shard];
    if (line === undefined) throw new RangeError(`There is no shard ${shard}: the store has ${shards}`);
    return line;
  }

  function dispatch(request: Routed): void {
    const line = lineOf(request.shard);
    line.append(request);
    if (!line.away) transmit(line, request);
  }

  /** Puts a request on the link; false, and the shard is away, when there is none. */
  function transmit(line: ShardLine, request: Routed): boolean {
    if (request.asked.is !== "watch") request.id = table.nextId(request);
    request.onLink = send(request.shard, wireForm(request));
    if (!request.onLink) line.away = true;
    return request.onLink;
  }

  function resume(shard: ShardId): void {
    const line = lineOf(shard);
    line.away = false;
    line.disowned = false;
    line.probe = undefined;
    const waiting = peers[shard] ?? [];
    for (let sent = 0; sent < waiting.length; sent++) {
      if (send(shard, waiting[sent] as PeerMessage)) continue;
      waiting.splice(0, sent);
      line.away = true;
      return;
    }
    waiting.length = 0;
    for (let at = line.first; at !== undefined; at = at.lineAfter) if (!at.onLink && !transmit(line, at)) return;
  }

  function ownerChanged(shard: ShardId): void {
    for (let at = lineOf(shard).first; at !== undefined; at = at.lineAfter) {
      if (at.onLink) repeated++;
      at.onLink = false;
    }
    resume(shard);
  }

  function receive(message: FromShard): void {
    const request = table.find(message.kind === "answer" ? message.request : message.watch);
    // Otherwise it is of an earlier sending, or for somebody who was answered busy meanwhile.
    if (request?.onLink !== true) return;
    if (message.kind === "answer") onAnswer(request, message.answer);
    else if (message.kind === "push") watches.push(request, message);
    else onStale(request);
  }

  function onAnswer(request: Routed, answer: Answer): void {
    const { shard } = request;
    if (lineOf(shard).disowned && answer.is !== "not_owner") resume(shard);
    switch (answer.is) {
      case "applied":
        if (answer.created && request.key !== undefined) for (const met of watches.met(request.key)) watchAgain(met);
        return finish(request, answer);
      case "duplicate":
      case "receipt":
      case "refused":
      case "read":
        return finish(request, answer);
      case "busy":
        return request.asked.is === "watch"
          ? watches.retryAfter(request, answer.retryAfterMs)
          : finish(request, answer);
      case "done":
        forget(request);
        return request.asked.is === "told" ? request.asked.settle(true) : undefined;
      case "moved":
        hints.learn(request, answer);
        return redirect(request, () => {
          request.told = true;
          request.shard = answer.shard;
          request.profile = answer.profile;
          request.route = answer.route;
        });
      case "stale":
        return onStale(request);
      case "not_owner":
        return onNotOwner(request);
      case "watching":
        request.hops = 0;
        if (watches.registered(request, answer.profile)) catchUp(request);
        return;
    }
  }

  /** By the way it has; when the shard is away it goes with all others. */
  function watchAgain(request: Routed): void {
    const line = lineOf(request.shard);
    if (!line.away) transmit(line, request);
  }

  /** What changed before a watch was registered is pushed by nobody: it is read. */
  function catchUp(request: Routed): void {
    if (request.asked.is !== "watch") return;
    read(request.asked.identifier, "decisions", (answer) => {
      if (!table.has(request)) return;
      if (answer.is === "read") watches.caughtUp(request, answer);
      else watches.retryAfter(request, routerWatchRetryMs);
    });
  }

  /** It keeps its place in the shard's line, and goes again when the owner is known. */
  function onNotOwner(request: Routed): void {
    const line = lineOf(request.shard);
    request.onLink = false;
    line.away = true;
    line.disowned = true;
  }

  function onStale(request: Routed): void {
    hints.forget(request);
    redirect(request, () => {
      request.told = false;
      request.profile = undefined;
      request.route = 0;
      // One that names nobody begins again at the shard where it is, which finds the way.
      hints.aim(request);
    });
  }

  function redirect(request: Routed, turn: () => void): void {
    redirected++;
    // Rings of redirects cannot be, and are ended all the same.
    if (++request.hops > routerHopsMax) {
      if (request.asked.is !== "watch") return finish(request, busy());
      request.hops = 0;
      return watches.retryAfter(request, routerWatchRetryMs);
    }
    const from = request.shard;
    lineOf(from).remove(request);
    turn();
    if (request.shard !== from) watches.movedToOtherShard(request);
    if (request.flow === undefined) dispatch(request);
    else redirectInFlow(request.flow, request, sender);
  }

  function sweep(): void {
    cancelSweep = timers.after(routerSweepMs, sweep);
    const nowMs = clock.monotonicMs();
    for (const [shard, line] of lines.entries()) {
      if (line.disowned) probe(shard as ShardId, line);
      else if (line.away) resume(shard as ShardId);
    }
    table.forEach((request) => {
      if (request.asked.is === "watch") {
        if (watches.takeDue(request, nowMs)) watchAgain(request);
      } else if (nowMs - request.sinceMs >= answerMsMax) {
        refused++;
        finish(request, busy());
      }
    });
  }

  /** The node that should own the shard said that it does not: one request asks again, the others stay. */
  function probe(shard: ShardId, line: ShardLine): void {
    if (line.probe?.onLink === true) return;
    let at = line.first;
    while (at?.onLink === true) at = at.lineAfter;
    if (at === undefined) return resume(shard);
    line.probe = at;
    transmit(line, at);
  }

  function relay(message: PeerMessage): void {
    const waiting = peers[message.shard] ?? [];
    if (waiting.length === 0 && send(message.shard, message)) return;
    if (waiting.length < routerPeersMax) waiting.push(message);
    lineOf(message.shard).away = true;
  }

  function close(): void {
    closed = true;
    cancelSweep();
    table.forEach((request) => {
      if (request.asked.is !== "watch") finish(request, busy());
    });
  }

  return {
    createLane,
    event,
    read,
    watch,
    receive,
    ownerChanged,
    resume,
    relay,
    tell,
    close,
    counts: () => ({
      inFlight,
      watches: watching,
      redirected,
      repeated,
      refused,
      shardsAway: lines.filter(({ away }) => away).length,
    }),
    get inFlight() {
      return inFlight;
    },
  };
}

function busy(): FinalAnswer {
  return { is: "busy", retryAfterMs: busyRetryAfterMs };
}
