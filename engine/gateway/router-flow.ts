/**
 * Order within a lane. A flow is what one lane has unanswered of one person, in the order given; a way is where a request
 * goes: (shard, profile, route). The one rule that keeps order through redirects and takeovers:
 *
 *   a request is sent only when every earlier one of its flow is answered, or in flight on the very same way.
 *
 * For a link keeps order, and a shard does what it is sent in order. So what a shard redirects follows one behind the
 * other, and a newcomer that knows the new way already waits until the old way is empty. Pure; the router sends.
 */
import type { Routed } from "./routed.ts";
import type { Lane } from "./router-port.ts";

/** What the flow asks of the router. */
export interface FlowSender {
  /** Looks the way up, unless a shard has told it. */
  aim(request: Routed): void;
  dispatch(request: Routed): void;
}

/** `run` is the last of the leading requests that are in flight on the first one's way. */
export interface Flow {
  key: number;
  readonly lane: LaneFlows;
  first: Routed | undefined;
  last: Routed | undefined;
  run: Routed | undefined;
}

/** A lane and its flows: nearly always one, so that one is kept at hand. */
export interface LaneFlows extends Lane {
  flow: Flow | undefined;
  others: Map<number, Flow> | undefined;
}

export function flowOf(lane: LaneFlows, key: number): Flow {
  const { flow } = lane;
  if (flow === undefined) {
    const made: Flow = { key, lane, first: undefined, last: undefined, run: undefined };
    lane.flow = made;
    return made;
  }
  if (flow.key === key) return flow;
  const other = lane.others?.get(key);
  if (other !== undefined) return other;
  if (flow.first === undefined) {
    flow.key = key;
    return flow;
  }
  const made: Flow = { key, lane, first: undefined, last: undefined, run: undefined };
  lane.others ??= new Map();
  lane.others.set(key, made);
  return made;
}

/** A new request, aimed already, joins behind all others and is sent if the rule allows. */
export function joinFlow(flow: Flow, request: Routed, sender: FlowSender): void {
  const { last } = flow;
  flow.last = request;
  if (last === undefined) {
    flow.first = request;
    flow.run = request;
    sender.dispatch(request);
    return;
  }
  last.flowAfter = request;
  request.flowBefore = last;
  if (flow.run === last && sameWay(flow.first as Routed, request)) {
    flow.run = request;
    sender.dispatch(request);
  }
}

/** The request has its final answer. */
export function leaveFlow(flow: Flow, request: Routed, sender: FlowSender): void {
  const { flowBefore, flowAfter } = request;
  if (flowBefore === undefined) flow.first = flowAfter;
  else flowBefore.flowAfter = flowAfter;
  if (flowAfter === undefined) flow.last = flowBefore;
  else flowAfter.flowBefore = flowBefore;
  request.flowBefore = undefined;
  request.flowAfter = undefined;
  if (flow.run === request) flow.run = flowBefore;
  if (flow.first === undefined) dropEmptyFlow(flow);
  else advance(flow, sender);
}

/** So that a lane of many people keeps no more flows than it has people with something unanswered. */
export function dropEmptyFlow(flow: Flow): void {
  if (flow.first === undefined && flow !== flow.lane.flow) flow.lane.others?.delete(flow.key);
}

/** The request was told another way, and is not in flight any more. */
export function redirectInFlow(flow: Flow, request: Routed, sender: FlowSender): void {
  // Shards answer in order, so this is the first, or follows the run; else the run is cut before it.
  if (request === flow.first) flow.run = undefined;
  else if (request.flowBefore !== flow.run && isInRun(flow, request)) flow.run = request.flowBefore;
  advance(flow, sender);
}

function isInRun(flow: Flow, request: Routed): boolean {
  for (let at = flow.run; at !== undefined; at = at.flowBefore) if (at === request) return true;
  return false;
}

/** Lengthens the run as far as the rule allows. */
function advance(flow: Flow, sender: FlowSender): void {
  for (;;) {
    const next = flow.run === undefined ? flow.first : flow.run.flowAfter;
    if (next === undefined) return;
    if (!next.sent) sender.aim(next);
    if (next !== flow.first && !sameWay(flow.first as Routed, next)) return;
    flow.run = next;
    if (!next.sent) sender.dispatch(next);
  }
}

function sameWay(a: Routed, b: Routed): boolean {
  return a.shard === b.shard && a.profile === b.profile && a.route === b.route;
}
