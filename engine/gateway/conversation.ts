/**
 * What one socket and the gateway say to each other, whatever carries it: hello, events, questions, and the decisions that
 * are pushed. A browser's visitor becomes its own in one of three ways: it shows a token; the gateway makes the visitor; or
 * the socket sends the visitor's first event. Until then it may send, and is shown nothing.
 */
import { socketWatchesMax } from "../limits.ts";
import type { IdentifierRules } from "../model/identifier-rules.ts";
import { cellKey } from "../model/identifier.ts";
import type { CellKey } from "../model/identifier.ts";
import type { Decision } from "../model/plan.ts";
import type { Problem } from "../shard/port.ts";
import { submitBatch } from "./batch.ts";
import type { Batch } from "./batch.ts";
import { NOTHING } from "./event-bytes.ts";
import type { Intake, ReadOutcome, Sender } from "./intake.ts";
import { namedPerson, readablePerson } from "./read-access.ts";
import type { Person } from "./read-access.ts";
import { problemOf } from "./replies.ts";
import type { EventOutcome, ShownDecision } from "./replies.ts";
import { SlotView } from "./slot-view.ts";
import type { Slots } from "./slot-view.ts";
import { isProblem } from "./wire-validators.ts";
import type { DecideFrame, HelloFrame } from "./wire-schemas.ts";

export type Refusal = Extract<ReadOutcome, { is: "refused" }>;

export type HelloOutcome =
  | Refusal
  | {
      readonly is: "welcome";
      readonly anonymousId: string | undefined;
      readonly visitorToken: string | undefined;
      readonly subscribed: boolean;
      readonly decisions: readonly ShownDecision[] | undefined;
    };

export class Conversation {
  readonly sender: Sender;
  readonly #intake: Intake;
  readonly #rules: IdentifierRules;
  readonly #onPush: (person: Person, decisions: readonly ShownDecision[]) => void;
  readonly #slots: Slots | undefined;
  /** What this socket has been shown; undefined while no language was named. */
  #view: SlotView | undefined;
  #stopListening: (() => void) | undefined;
  readonly #watches = new Map<CellKey, () => void>();
  /** Pushes are wanted as soon as the visitor is this socket's. */
  #wantsPushes = false;
  #closed = false;

  constructor(
    intake: Intake,
    sender: Sender,
    options: {
      readonly identifiers: IdentifierRules;
      readonly onPush: (person: Person, decisions: readonly ShownDecision[]) => void;
      readonly slots?: Slots | undefined;
    },
  ) {
    this.#intake = intake;
    this.sender = sender;
    this.#rules = options.identifiers;
    this.#onPush = options.onPush;
    this.#slots = options.slots;
  }

  get closed(): boolean {
    return this.#closed;
  }

  hello(frame: HelloFrame, done: (outcome: HelloOutcome) => void): void {
    const { sender } = this;
    const token = frame.visitorToken ?? undefined;
    const named = namedPerson(frame, this.#rules);
    if (named !== undefined && isProblem(named)) return this.#later(() => done(refusal(named)));
    let made: string | undefined;
    if (token !== undefined) {
      const visitor = this.#intake.visitorOf(token);
      if (
        visitor === undefined ||
        (named !== undefined && named.identifier.value !== visitor && !sender.access.trusted)
      )
        return this.#later(() => done(refusal(problemOf("bad_visitor_token", "/visitorToken"))));
      this.#become(visitor);
    } else if (!sender.access.trusted && named === undefined && sender.visitor === undefined) {
      const visitor = this.#intake.createVisitor();
      made = visitor.token;
      this.#become(visitor.anonymousId);
    }
    this.#wantsPushes = frame.subscribe === true;
    this.#render(frame.language ?? undefined);
    const person = this.#readable(named);
    const subscribed = person !== undefined && this.#wantsPushes && this.#watch(person);
    if (person !== undefined && !this.#wantsPushes) this.#unwatch(person);
    const greet = (decisions: readonly Decision[] | undefined): void =>
      done({
        is: "welcome",
        anonymousId: sender.visitor ?? (named?.field === "anonymousId" ? named.identifier.value : undefined),
        visitorToken: made ?? token,
        subscribed,
        decisions: decisions === undefined ? undefined : this.#shown(decisions),
      });
    if (person === undefined) return this.#later(() => greet(undefined));
    this.#intake.decide(sender, person.identifier, (outcome) =>
      greet(outcome.is === "decided" ? outcome.decisions : undefined),
    );
  }

  decide(frame: DecideFrame, done: (outcome: ReadOutcome) => void): void {
    const token = frame.visitorToken ?? undefined;
    const visitor = token === undefined ? this.sender.visitor : this.#intake.visitorOf(token);
    const person = readablePerson(this.sender.access, visitor, namedPerson(frame, this.#rules));
    if (isProblem(person)) return this.#later(() => done(refusal(person)));
    this.#intake.decide(this.sender, person.identifier, (outcome) =>
      done(outcome.is === "decided" ? { ...outcome, decisions: this.#shown(outcome.decisions) } : outcome),
    );
  }

  submit(body: Uint8Array, done: (outcome: EventOutcome) => void): void {
    this.#intake.submit(this.sender, body, NOTHING, (outcome) => {
      if (outcome.visitor !== undefined) this.#visitorKnown();
      done(this.#view?.outcome(outcome) ?? outcome);
    });
  }

  /** Of a till that has signed its handshake; anybody else is told to. */
  submitReceipt(body: Uint8Array, done: (outcome: EventOutcome) => void): void {
    if (this.sender.access.till === true) return this.#intake.submitReceipt(this.sender, body, done);
    const problem = problemOf(
      "bad_signature",
      undefined,
      "Only a till may send receipts: open the socket with `till`, `time` and `signature`.",
    );
    this.#later(() => done({ answer: { is: "refused", messageId: undefined, problem }, messageId: undefined }));
  }

  submitBatch(batch: Batch, done: (outcomes: readonly EventOutcome[]) => void): void {
    submitBatch(this.#intake, this.sender, batch, (outcomes) => {
      if (outcomes.some(({ visitor }) => visitor !== undefined)) this.#visitorKnown();
      const view = this.#view;
      done(view === undefined ? outcomes : outcomes.map((outcome) => view.outcome(outcome)));
    });
  }

  close(): void {
    this.#closed = true;
    this.#stopListening?.();
    for (const unwatch of this.#watches.values()) unwatch();
    this.#watches.clear();
  }

  /** From now on decisions carry what they look like in this language. */
  #render(language: string | undefined): void {
    this.#stopListening?.();
    this.#stopListening = undefined;
    const slots = this.#slots;
    this.#view = language === undefined || slots === undefined ? undefined : new SlotView(slots, language);
    if (this.#view === undefined || !this.#wantsPushes) return;
    // A template was saved: whoever looks at it sees it at once.
    this.#stopListening = slots?.listen(() => this.sender.guard(() => this.#showAgain()));
  }

  #showAgain(): void {
    const person = this.#readable(undefined);
    if (person === undefined || this.#closed) return;
    this.#intake.decide(this.sender, person.identifier, (outcome) => {
      if (outcome.is === "decided" && !this.#closed) this.#onPush(person, this.#shown(outcome.decisions));
    });
  }

  #shown(decisions: readonly Decision[]): readonly ShownDecision[] {
    return this.#view?.whole(decisions) ?? decisions;
  }

  #later(task: () => void): void {
    queueMicrotask(() => this.sender.guard(task));
  }

  #readable(named: Person | undefined): Person | undefined {
    const { access, visitor } = this.sender;
    if (access.trusted && named === undefined) return undefined;
    const person = readablePerson(access, visitor, named);
    return isProblem(person) ? undefined : person;
  }

  #become(visitor: string): void {
    const { sender } = this;
    if (sender.visitor === visitor) return;
    sender.visitor = visitor;
    if (sender.access.trusted) return;
    // A browser has one visitor at a time.
    for (const unwatch of this.#watches.values()) unwatch();
    this.#watches.clear();
  }

  #visitorKnown(): void {
    const person = this.#readable(undefined);
    if (this.#wantsPushes && person !== undefined && !this.#closed) this.#watch(person);
  }

  #unwatch({ identifier }: Person): void {
    const key = cellKey(identifier);
    this.#watches.get(key)?.();
    this.#watches.delete(key);
  }

  #watch(person: Person): boolean {
    const key = cellKey(person.identifier);
    if (this.#watches.has(key)) return true;
    if (this.#watches.size >= socketWatchesMax) return false;
    const unwatch = this.#intake.watch(person.identifier, ({ decisions }) =>
      this.sender.guard(() => this.#onPush(person, this.#shown(decisions))),
    );
    if (unwatch !== undefined) this.#watches.set(key, unwatch);
    return unwatch !== undefined;
  }
}

export function refusal(problem: Problem, retryAfterMs?: number): Refusal {
  return { is: "refused", problem, retryAfterMs };
}
