/**
 * The one way in for events, whatever brought them: bounds, admission, a messageId where there is none, the route to the
 * shard, and the token of a visitor who was seen for the first time. HTTP, the raw socket and Socket.IO stand in front of
 * it and know only how their bytes come and their replies go.
 */
import { browserInFlightMax, busyRetryAfterMs, eventBytesMax, gatewayInFlightMax, receiptBytesMax } from "../limits.ts";
import type { Clock } from "../model/clock.ts";
import { slotOfCell } from "../model/hash.ts";
import { cellKey } from "../model/identifier.ts";
import type { Identifier } from "../model/identifier.ts";
import { slotOfProfile } from "../model/ids.ts";
import type { PlanDigest, ProfileId } from "../model/ids.ts";
import type { Decision } from "../model/plan.ts";
import type { Problem, ProfileSummary, SegmentsRead } from "../shard/port.ts";
import { completeEvent } from "./event-bytes.ts";
import type { Completion } from "./event-bytes.ts";
import type { Access } from "./keys.ts";
import type { Guard } from "./guard.ts";
import type { GatewayMetrics } from "./metrics.ts";
import { problemOf } from "./replies.ts";
import type { EventOutcome, Shortage } from "./replies.ts";
import { ownText, soughtKey } from "./key-search.ts";
import { Pace } from "./pace.ts";
import { receiptWay } from "./receipt-way.ts";
import type { EventRouter, FinalAnswer, Lane, Push } from "./router-port.ts";
import { signVisitorToken, verifyVisitorToken } from "./visitor-token.ts";

/** Who sends: one socket, or one HTTP request. */
export interface Sender {
  readonly access: Access;
  readonly lane: Lane;
  /** Unanswered events that it may have. */
  readonly inFlightMax: number;
  inFlight: number;
  /** The anonymousId whose token it has shown, or was given. */
  visitor: string | undefined;
  /** Decisions are wanted with each reply; only who may see them gets them. */
  decide: boolean;
  /** Runs what belongs to this sender: an error in it ends this one connection, never the process. */
  readonly guard: Guard;
}

export interface IntakeOptions {
  readonly router: EventRouter;
  readonly clock: Clock;
  readonly metrics: GatewayMetrics;
  /** The present one first. */
  readonly visitorSecrets: readonly string[];
  /** A new, unguessable text: a visitor's id, or a message's. */
  readonly makeId: () => string;
  /** False while starting and while closing: everything is answered busy. */
  readonly ready: () => boolean;
  /** Whether journals wait for history beyond their bound; absent: there is none. */
  readonly isBehind?: () => boolean;
}

export interface Visitor {
  readonly anonymousId: string;
  readonly token: string;
}

export type ReadOutcome =
  | { readonly is: "refused"; readonly problem: Problem; readonly retryAfterMs: number | undefined }
  | {
      readonly is: "decided";
      readonly known: boolean;
      readonly decisions: readonly Decision[];
      readonly plan: PlanDigest;
      /** Of somebody known, where it was asked for. */
      readonly view: ProfileSummary | undefined;
      /** Where they were asked for. */
      readonly segments: SegmentsRead | undefined;
    };

const RECEIPT_ID = soughtKey("receiptId");

export class Intake {
  readonly #options: IntakeOptions;
  readonly #pace: Pace;

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.#pace = new Pace(options.isBehind ?? (() => false), options.clock);
  }

  createSender(access: Access, inFlightMax: number, guard: Guard): Sender {
    const lane = this.#options.router.createLane();
    return { access, lane, inFlightMax, inFlight: 0, visitor: undefined, decide: false, guard };
  }

  /** What keeps a sender's next event out for now, if anything. */
  shortage({ access, inFlight, inFlightMax }: Sender): Shortage | undefined {
    const { router, ready } = this.#options;
    const total = router.inFlight;
    if (!ready() || total >= gatewayInFlightMax || inFlight >= inFlightMax) return "busy";
    return !access.trusted && total >= browserInFlightMax ? "rate_limited" : undefined;
  }

  /** `body` is valid during the call only. `done` is called once, later. */
  submit(sender: Sender, body: Uint8Array, completion: Completion, done: (outcome: EventOutcome) => void): void {
    const { router, clock, metrics, makeId } = this.#options;
    const completed = completeEvent(body, completion, makeId);
    const { messageId } = completed;
    const refusal = this.#refusal(sender, body, messageId);
    if (refusal !== undefined) {
      metrics.counts.events[refusal.answer.is === "busy" ? "busy" : "refused"]++;
      queueMicrotask(() => sender.guard(() => done(refusal)));
      return;
    }
    const { access, visitor } = sender;
    const origin = { source: access.source, trusted: access.trusted, visitor, receivedAt: clock.now() };
    const startedMs = clock.monotonicMs();
    sender.inFlight++;
    router.event(sender.lane, completed.body, { origin, decide: sender.decide }, (answer) => {
      sender.inFlight--;
      sender.guard(() => {
        metrics.steps.record("answer", clock.monotonicMs() - startedMs);
        if (answer.is !== "read" && answer.is !== "receipt") metrics.counts.events[answer.is]++;
        if ("decisions" in answer && answer.decisions !== undefined) metrics.counts.decisions++;
        done({ answer, messageId, visitor: this.#firstVisitor(sender, answer) });
      });
    });
  }

  /** As `submit`, of one receipt of a till that has signed. `outcome.messageId` is the receipt's id. */
  submitReceipt(sender: Sender, body: Uint8Array, done: (outcome: EventOutcome) => void): void {
    const { router, clock, metrics } = this.#options;
    const receiptId = ownText(body, RECEIPT_ID);
    const refusal = this.#refusal(sender, body, receiptId, receiptBytesMax);
    if (refusal !== undefined) {
      metrics.counts.events[refusal.answer.is === "busy" ? "busy" : "refused"]++;
      queueMicrotask(() => sender.guard(() => done(refusal)));
      return;
    }
    const { access } = sender;
    const origin = { source: access.source, trusted: true, visitor: undefined, receivedAt: clock.now() };
    const receipt = receiptWay(body, access.source);
    const startedMs = clock.monotonicMs();
    sender.inFlight++;
    router.event(sender.lane, body, { origin, decide: sender.decide, receipt }, (answer) => {
      sender.inFlight--;
      sender.guard(() => {
        metrics.steps.record("answer", clock.monotonicMs() - startedMs);
        if (answer.is === "receipt") metrics.counts.events[answer.repeated ? "duplicate" : "applied"]++;
        else if (answer.is !== "read") metrics.counts.events[answer.is]++;
        done({ answer, messageId: receiptId });
      });
    });
  }

  #refusal(
    sender: Sender,
    body: Uint8Array,
    messageId: string | undefined,
    bytesMax = eventBytesMax,
  ): EventOutcome | undefined {
    if (body.length > bytesMax) {
      const what = bytesMax === eventBytesMax ? "An event" : "A receipt";
      const problem = problemOf("too_large", undefined, `${what} may have at most ${bytesMax} bytes.`);
      return { answer: { is: "refused", messageId, problem }, messageId };
    }
    const shortage = this.shortage(sender) ?? (this.#pace.admits() ? undefined : "busy");
    if (shortage === undefined) return undefined;
    return { answer: { is: "busy", retryAfterMs: busyRetryAfterMs }, messageId, shortage };
  }

  /** What is decided for this person now; the caller has seen to it that the sender may know. */
  decide(sender: Sender, identifier: Identifier, done: (outcome: ReadOutcome) => void): void {
    this.look(sender, { whom: identifier, want: "decisions" }, done);
  }

  /** The same, with what else is wanted. */
  look(
    sender: Sender,
    { whom, want }: { readonly whom: Identifier | ProfileId; readonly want: "decisions" | "segments" | "profile" },
    done: (outcome: ReadOutcome) => void,
  ): void {
    const shortage = this.shortage(sender);
    if (shortage !== undefined)
      return queueMicrotask(() =>
        sender.guard(() => done({ is: "refused", problem: problemOf(shortage), retryAfterMs: busyRetryAfterMs })),
      );
    sender.inFlight++;
    this.#options.router.read(whom, want, (answer) => {
      sender.inFlight--;
      if (answer.is === "read" && want !== "profile") this.#options.metrics.counts.decisions++;
      sender.guard(() => done(readOutcome(answer)));
    });
  }

  watch(identifier: Identifier, onPush: (push: Push) => void): (() => void) | undefined {
    return this.#options.router.watch(identifier, (push) => {
      this.#options.metrics.counts.decisions++;
      onPush(push);
    });
  }

  /** A visitor that nobody can know of yet. */
  createVisitor(): Visitor {
    return this.#visitor(this.#options.makeId());
  }

  /** The anonymousId that the token stands for. */
  visitorOf(token: string): string | undefined {
    return verifyVisitorToken(this.#options.visitorSecrets, token);
  }

  /**
   * Trust on first use: whoever sends the first event of an anonymousId owns it. The shard says which, as it has parsed it:
   * what this thread reads off the bytes may be fooled. The profile must have begun under that very id: an event that began
   * another person's profile (a switch on a shared device) gives no right to the visitor it names. Only a browser that has
   * no visitor yet is given one.
   */
  #firstVisitor(sender: Sender, answer: FinalAnswer): Visitor | undefined {
    if (answer.is !== "applied" || sender.access.trusted || sender.visitor !== undefined) return undefined;
    const { visitor, profile } = answer;
    if (visitor === undefined || !beganUnder(profile, { kind: "anonymous", value: visitor })) return undefined;
    sender.visitor = visitor;
    return this.#visitor(visitor);
  }

  #visitor(anonymousId: string): Visitor {
    return { anonymousId, token: signVisitorToken(this.#options.visitorSecrets[0] ?? "", anonymousId) };
  }
}

function readOutcome(answer: FinalAnswer): ReadOutcome {
  switch (answer.is) {
    case "read":
      return {
        is: "decided",
        known: answer.profile !== undefined,
        decisions: answer.decisions,
        plan: answer.plan,
        segments: answer.segments,
        view: answer.view,
      };
    case "busy":
      return { is: "refused", problem: problemOf("busy"), retryAfterMs: answer.retryAfterMs };
    case "refused":
      return { is: "refused", problem: answer.problem, retryAfterMs: undefined };
    case "applied":
    case "duplicate":
    case "receipt":
      throw new TypeError("an event's answer came to a read");
  }
}

function beganUnder(profile: ProfileId, identifier: Identifier): boolean {
  return slotOfProfile(profile) === slotOfCell(cellKey(identifier));
}
