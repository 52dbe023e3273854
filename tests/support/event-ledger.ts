/**
 * What a load has sent and what it was told, event by event: the record that history and profiles are held against after
 * a fault. It also says what comes next: visitors who take steps (two of three become one person with another, by identify),
 * messages repeated on purpose, messages that use an id again for another body, and messages that must be refused.
 */
import type { SeededRandom } from "../simulation/seeded-random.ts";
import { LANES, STEP_EVENT } from "./counting-rules.ts";

/** Divisible by LANES, so that every lane has as many. Beyond it a visitor goes home, and a new one comes. */
const STEPS_PER_VISITOR = 40;
/** Visitors under way at once: each stays for seconds, over several faults. */
const VISITORS_AT_ONCE = 120;
const REPEATED = 0.03;
const CONFLICTING = 0.01;
const UNSOUND = 0.01;
/** Acknowledged events that may be repeated: the latest ones, and so those around a fault. */
const REPEATABLE_MAX = 512;

export type EventState = "waiting" | "acknowledged" | "abandoned";

export interface SentEvent {
  readonly messageId: string;
  readonly visitor: Visitor;
  /** undefined: an identify call. */
  readonly lane: number | undefined;
  readonly text: string;
  state: EventState;
}

export interface Visitor {
  readonly anonymousId: string;
  /** Whom this visitor turns out to be; undefined: nobody known. */
  readonly userId: string | undefined;
  readonly identifyAt: number;
  steps: number;
  identified: boolean;
}

/** A message to send, and what must be answered to it in the end. */
export type Message =
  | { readonly wants: "acceptance"; readonly event: SentEvent }
  | { readonly wants: "duplicate"; readonly event: SentEvent }
  | { readonly wants: "refusal"; readonly messageId: string; readonly code: string; readonly text: string };

export interface EventLedgerOptions {
  /** Begins every id, so that two loads on one store do not meet. */
  readonly name: string;
  readonly random: SeededRandom;
  /** Added to every step: larger events fill a disk sooner. */
  readonly fillerBytes: number;
}

export class EventLedger {
  readonly name: string;
  readonly events = new Map<string, SentEvent>();
  readonly visitors: Visitor[] = [];
  /** Ids of messages that were to be refused, and that no other message has. */
  readonly refusedIds = new Set<string>();
  /** Answers that no sound engine gives; a run ends with none. */
  readonly faults: string[] = [];
  acknowledged = 0;
  duplicates = 0;
  refusals = 0;
  readonly #options: EventLedgerOptions;
  readonly #present: Visitor[] = [];
  readonly #repeatable: SentEvent[] = [];
  #lastNumber = 0;

  constructor(options: EventLedgerOptions) {
    this.name = options.name;
    this.#options = options;
  }

  next(): Message {
    const { random } = this.#options;
    const chance = random.fraction();
    const known = this.#repeatable.length > 0 ? random.pick(this.#repeatable) : undefined;
    if (chance < UNSOUND) return this.#unsound();
    if (known !== undefined && chance < UNSOUND + CONFLICTING) return conflictWith(known);
    if (known !== undefined && chance < UNSOUND + CONFLICTING + REPEATED) return { wants: "duplicate", event: known };
    return { wants: "acceptance", event: this.#step() };
  }

  /** An answer that is final has come. */
  answered(
    message: Message,
    answer: { readonly ok: boolean; readonly duplicate: boolean; readonly code: string },
  ): void {
    const said = answer.ok ? (answer.duplicate ? "duplicate" : "applied") : answer.code;
    switch (message.wants) {
      case "acceptance":
        if (!answer.ok) return this.#fault(message.event.messageId, said);
        message.event.state = "acknowledged";
        this.acknowledged++;
        if (this.#repeatable.push(message.event) > REPEATABLE_MAX) this.#repeatable.shift();
        return;
      case "duplicate":
        if (said !== "duplicate") return this.#fault(`a repetition of ${message.event.messageId}`, said);
        this.duplicates++;
        return;
      case "refusal":
        if (said !== message.code) return this.#fault(`${message.messageId}, to be refused as ${message.code}`, said);
        this.refusals++;
    }
  }

  /** The sender gives an unanswered event up: whether it arrived is not known. False for what must arrive. */
  abandon(event: SentEvent): boolean {
    if (event.lane === undefined) return false;
    event.state = "abandoned";
    return true;
  }

  summary(): string {
    const { events, acknowledged, duplicates, refusals, visitors } = this;
    return `${events.size} events of ${visitors.length} visitors, ${acknowledged} acknowledged, ${duplicates} duplicates, ${refusals} refusals`;
  }

  #fault(what: string, said: string): void {
    this.faults.push(`${what} was answered: ${said}`);
  }

  #step(): SentEvent {
    const { random, fillerBytes } = this.#options;
    while (this.#present.length < VISITORS_AT_ONCE) this.#present.push(this.#comes());
    const at = random.below(this.#present.length);
    const visitor = this.#present[at] as Visitor;
    if (visitor.userId !== undefined && !visitor.identified && visitor.steps >= visitor.identifyAt) {
      visitor.identified = true;
      return this.#sent(visitor, undefined, { type: "identify", userId: visitor.userId });
    }
    const lane = visitor.steps % LANES;
    if (++visitor.steps >= STEPS_PER_VISITOR) this.#present[at] = this.#comes();
    const filler = fillerBytes === 0 ? {} : { filler: "x".repeat(fillerBytes) };
    return this.#sent(visitor, lane, { type: "track", event: STEP_EVENT, properties: { lane, ...filler } });
  }

  /** Visitors 3k and 3k + 1 are one person; 3k + 2 stays unknown. */
  #comes(): Visitor {
    const { name, random } = this.#options;
    const number = this.visitors.length;
    const visitor = {
      anonymousId: `${name}-visitor-${number}`,
      userId: number % 3 === 2 ? undefined : `${name}-user-${Math.floor(number / 3)}`,
      identifyAt: random.between(1, STEPS_PER_VISITOR - 2),
      steps: 0,
      identified: false,
    };
    this.visitors.push(visitor);
    return visitor;
  }

  #sent(visitor: Visitor, lane: number | undefined, body: object): SentEvent {
    const messageId = this.#nextId();
    const { anonymousId } = visitor;
    const event: SentEvent = {
      messageId,
      visitor,
      lane,
      text: JSON.stringify({ messageId, anonymousId, ...body }),
      state: "waiting",
    };
    this.events.set(messageId, event);
    return event;
  }

  /** Properties must be an object; were this one taken for a step, its visitor would count one too many. */
  #unsound(): Message {
    const messageId = this.#nextId();
    const anonymousId = this.#present[0]?.anonymousId ?? "nobody";
    this.refusedIds.add(messageId);
    const text = JSON.stringify({ messageId, anonymousId, type: "track", event: STEP_EVENT, properties: [1] });
    return { wants: "refusal", messageId, code: "invalid_field", text };
  }

  #nextId(): string {
    return `${this.#options.name}-message-${++this.#lastNumber}`;
  }
}

/** The same id and visitor with another body. */
function conflictWith({ messageId, visitor, lane }: SentEvent): Message {
  const properties = { lane: ((lane ?? 0) + 1) % LANES, filler: "of another message" };
  const { anonymousId } = visitor;
  const text = JSON.stringify({ messageId, anonymousId, type: "track", event: STEP_EVENT, properties });
  return { wants: "refusal", messageId, code: "message_id_conflict", text };
}

export function textOf(message: Message): string {
  return message.wants === "refusal" ? message.text : message.event.text;
}

export function idOf(message: Message): string {
  return message.wants === "refusal" ? message.messageId : message.event.messageId;
}
