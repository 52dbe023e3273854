/**
 * A sender of a simulated run, a browser or the brand's server: one connection to one gateway at a time, on which it sends
 * in order without waiting. What is unanswered when the connection ends, or is answered busy, it repeats in order on the
 * next one, until it is told something final. It also reads back what it was told was applied.
 */
import { type ReceiptWay, receiptWay } from "../../engine/gateway/receipt-way.ts";
import type { EventRouter, FinalAnswer, Lane } from "../../engine/gateway/router-port.ts";
import type { Identifier } from "../../engine/model/identifier.ts";
import type { Decision } from "../../engine/model/plan.ts";
import type { MessageId } from "../../engine/model/trigger.ts";
import type { SourceId } from "../../engine/model/ids.ts";
import { Channel } from "./channel.ts";
import type { Ledger, SentEvent } from "./ledger.ts";
import type { NodeLife } from "./node-life.ts";
import type { Scheduler } from "./scheduler.ts";

export interface SenderOptions {
  readonly name: string;
  readonly scheduler: Scheduler;
  readonly ledger: Ledger;
  /** A node to connect to; undefined when none lives. */
  readonly pickNode: () => NodeLife | undefined;
  /** The visitor whose token it shows. */
  readonly visitor: string | undefined;
}

/** How long a sender waits for an answer before it tries another gateway. */
const PATIENCE_MS = 15_000;
const RECONNECT_MS_MAX = 300;

interface Connection {
  readonly life: NodeLife;
  readonly lane: Lane;
  readonly laneNumber: number;
  readonly up: Channel<() => void>;
  readonly down: Channel<() => void>;
}

/** What somebody who watches a person was shown last. */
export interface Shown {
  readonly identifier: Identifier;
  readonly decisions: string;
}

interface Watching {
  readonly identifier: Identifier;
  readonly connection: Connection;
  /** The decisions pushed last, as text. */
  shown: string | undefined;
}

export class Sender {
  readonly name: string;
  /** Messages that it has been shown. */
  readonly seen = new Set<MessageId>();
  readonly #options: SenderOptions;
  readonly #unanswered: SentEvent[] = [];
  #connection: Connection | undefined;
  readonly #watches: Watching[] = [];
  #cancelPatience: () => void = () => {};
  #connecting = false;

  constructor(options: SenderOptions) {
    this.name = options.name;
    this.#options = options;
  }

  get waiting(): number {
    return this.#unanswered.length;
  }

  send(event: SentEvent): void {
    if (!this.#unanswered.includes(event)) this.#unanswered.push(event);
    if (this.#connection === undefined) this.connect();
    else this.#put(this.#connection, event);
  }

  /** Ends the connection; a new one is made, and everything unanswered repeated. */
  reconnect(): void {
    this.#connection?.up.close();
    this.#connection?.down.close();
    this.#connection = undefined;
    this.connect();
  }

  /** The gateway's process is gone. */
  nodeDied(life: NodeLife): void {
    if (this.#connection?.life === life) this.reconnect();
  }

  connect(): void {
    if (this.#connecting || this.#connection !== undefined) return;
    this.#connecting = true;
    const { scheduler, ledger, pickNode, name } = this.#options;
    scheduler.after(scheduler.random.fraction() * RECONNECT_MS_MAX, `${name} connects`, undefined, () => {
      this.#connecting = false;
      const life = pickNode();
      if (life === undefined) return this.connect();
      const laneNumber = ledger.nextLane();
      const channel = (receiver: NodeLife | undefined): Channel<() => void> =>
        new Channel(scheduler, {
          label: () => `${name} ${receiver === undefined ? "hears from" : "speaks to"} ${life.name}`,
          receiver,
          deliver: (act) => act(),
          delayMsMax: () => 3,
        });
      this.#connection = {
        life,
        laneNumber,
        lane: life.router.createLane(),
        up: channel(life),
        down: channel(undefined),
      };
      for (const event of this.#unanswered) this.#put(this.#connection, event);
    });
  }

  /** Reads a person's profile, and checks that everything this sender was told of it before is in it. */
  read(identifier: Identifier): void {
    const connection = this.#connection;
    if (connection === undefined) return this.connect();
    const { ledger } = this.#options;
    const before = [...ledger.events.values()].filter((event) => event.told !== undefined);
    connection.up.send(() => {
      connection.life.router.read(identifier, "profile", (answer) => {
        if (answer.is !== "read" || answer.view === undefined) return;
        const { view } = answer;
        const seen = new Set(view.applied);
        const lacking = before.find(
          (event) => event.profile === view.profile && ledger.isDurable(event.key) && !seen.has(event.digest),
        );
        if (lacking !== undefined && !ledger.mayHaveBeenForgotten)
          ledger.violate(`${this.name} reads ${view.profile} without ${lacking.wire.messageId}, told applied before`);
      });
    });
  }

  watch(identifier: Identifier): void {
    const connection = this.#connection;
    connection?.up.send(() => {
      const watch: Watching = { identifier, connection, shown: undefined };
      this.#watches.push(watch);
      connection.life.router.watch(identifier, ({ decisions }) => {
        connection.life.pushed();
        watch.shown = JSON.stringify(decisions);
        this.#see(decisions);
      });
    });
  }

  /** What was last pushed to it for whom, on the connection that it has now. */
  get shown(): readonly Shown[] {
    return this.#watches.flatMap(({ identifier, connection, shown }) =>
      connection === this.#connection && shown !== undefined ? [{ identifier, decisions: shown }] : [],
    );
  }

  #put(connection: Connection, event: SentEvent): void {
    event.lanes.push(connection.laneNumber);
    const { life, lane, up, down } = connection;
    up.send(() => {
      this.#options.scheduler.note(() => `${this.name} sends ${describe(event)}`);
      const router: EventRouter = life.router;
      const origin = {
        source: event.source as SourceId,
        trusted: event.trusted,
        visitor: this.#options.visitor,
        receivedAt: life.now(),
      };
      const tell = (answer: FinalAnswer): void => down.send(() => this.#hear(connection, event, answer));
      router.event(lane, event.body, { origin, decide: true, ...this.#way(event) }, tell);
    });
    this.#waitPatiently();
  }

  #way({ body, source, receipt }: SentEvent): { readonly receipt?: ReceiptWay } {
    return receipt === undefined ? {} : { receipt: receiptWay(body, source as SourceId) };
  }

  #hear(connection: Connection, event: SentEvent, answer: FinalAnswer): void {
    if (this.#connection !== connection) return;
    const at = this.#unanswered.indexOf(event);
    if (at === -1) return;
    this.#options.scheduler.note(() => `${this.name} is told ${answer.is} for ${event.wire.messageId}`);
    if (answer.is === "busy") return this.reconnect();
    this.#unanswered.splice(at, 1);
    this.#waitPatiently();
    if (answer.is === "applied" || answer.is === "duplicate") {
      event.told = answer.is;
      event.profile = answer.profile;
      this.#see(answer.decisions ?? []);
    } else if (answer.is === "receipt") this.#hearReceipt(event, answer);
    else if (answer.is === "refused") event.refused = answer.problem.code;
  }

  /** A page shows what it is told, and nothing that may still be lost. */
  #see(decisions: readonly Decision[]): void {
    const { ledger } = this.#options;
    for (const { message } of decisions) {
      if (message === undefined) continue;
      const isDurable = [...ledger.attempts.keys()].some((attempt) => attempt.startsWith(`${message}.`));
      if (!isDurable) ledger.violate(`${this.name} is shown ${message} before its attempt is durable`);
      this.seen.add(message);
    }
  }

  /** The same receipt is told the same, whoever answers. */
  #hearReceipt(event: SentEvent, answer: Extract<FinalAnswer, { is: "receipt" }>): void {
    const { ledger } = this.#options;
    event.told = answer.repeated ? "duplicate" : "applied";
    event.profile = answer.profile;
    if (answer.members.includes("points_later")) return;
    event.members ??= answer.members;
    if (event.members !== answer.members && ledger.excusedRecords === 0)
      ledger.violate(`${event.wire.messageId} was told ${event.members}, and then ${answer.members}`);
  }

  #waitPatiently(): void {
    this.#cancelPatience();
    if (this.#unanswered.length === 0) return;
    const { scheduler, name } = this.#options;
    this.#cancelPatience = scheduler.after(PATIENCE_MS, `${name} loses patience`, undefined, () => this.reconnect());
  }
}

function describe({ wire, trusted }: SentEvent): string {
  const { messageId, type, event, anonymousId, previousId, userId, email } = wire;
  const names = [anonymousId ?? previousId, userId, email].filter((name) => name !== undefined).join(" ");
  const again = wire.fields["other"] === undefined ? "" : ` (other body ${String(wire.fields["other"])})`;
  return `${messageId}${again} ${event ?? type} of ${names}${trusted ? "" : ", without proof"}`;
}
