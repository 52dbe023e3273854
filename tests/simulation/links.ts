/**
 * The links of a simulated cluster: one from each gateway to each shard host, made when first needed. A link keeps order
 * and breaks as a whole; both of its ends learn of it a little later, each in its own time.
 */
import type { FromShard, ToShard } from "../../engine/shard/port.ts";
import { Channel } from "./channel.ts";
import type { NodeLife } from "./node-life.ts";
import type { Observer } from "./observer.ts";
import type { Scheduler } from "./scheduler.ts";

/** Longest that an end takes to see that its link is broken. */
const NOTICE_MS_MAX = 200;

export interface Link {
  readonly id: number;
  readonly from: NodeLife;
  readonly to: NodeLife;
  readonly host: number;
  readonly up: Channel<ToShard>;
  readonly down: Channel<FromShard>;
  /** Requests that have not been answered on this link. */
  readonly asked: Map<number, ToShard>;
}

export class Links {
  readonly #scheduler: Scheduler;
  readonly #observer: Observer;
  readonly #byId = new Map<number, Link>();
  readonly #byEnds = new Map<string, Link>();
  #last = 0;
  /** Longest that one message takes after the one before it. */
  delayMsMax = 2;

  constructor(scheduler: Scheduler, observer: Observer) {
    this.#scheduler = scheduler;
    this.#observer = observer;
  }

  between(from: NodeLife, to: NodeLife, host: number): Link {
    const ends = `${from.name}>${to.name}/${host}`;
    const known = this.#byEnds.get(ends);
    if (known !== undefined) return known;
    const id = this.#last++;
    const delayMsMax = (): number => this.delayMsMax;
    const asked = new Map<number, ToShard>();
    const link: Link = {
      id,
      from,
      to,
      host,
      asked,
      up: new Channel<ToShard>(this.#scheduler, {
        label: (message) => `${ends} ${describeToShard(message)}`,
        receiver: to,
        delayMsMax,
        deliver: (message) => {
          this.#observer.arrives(message);
          if ("request" in message) asked.set(message.request, message);
          to.hosts[host]?.receive(id, message);
        },
      }),
      down: new Channel<FromShard>(this.#scheduler, {
        label: (message) => `${ends} ${describeFromShard(message)}`,
        receiver: from,
        delayMsMax,
        deliver: (message) => from.receive(message),
      }),
    };
    this.#byId.set(id, link);
    this.#byEnds.set(ends, link);
    return link;
  }

  /** What a host sends by a link: checked before anything else happens to it. */
  answer(id: number, message: FromShard): void {
    const link = this.#byId.get(id);
    if (link === undefined) return;
    const request = message.kind === "answer" ? link.asked.get(message.request) : undefined;
    if (message.kind === "answer") link.asked.delete(message.request);
    this.#observer.sends(link.to, message, request);
    link.down.send(message);
  }

  all(): readonly Link[] {
    return [...this.#byId.values()];
  }

  break(link: Link): void {
    this.#scheduler.note(() => `link ${link.from.name}>${link.to.name}/${link.host} breaks`);
    link.up.close();
    link.down.close();
    this.#byId.delete(link.id);
    const ends = `${link.from.name}>${link.to.name}/${link.host}`;
    const notice = (): number => this.#scheduler.random.fraction() * NOTICE_MS_MAX;
    // Until it knows, the gateway goes on sending into the void.
    this.#scheduler.after(notice(), `${ends} down`, link.from, () => {
      this.#byEnds.delete(ends);
      link.from.linkBroken(link);
    });
    this.#scheduler.after(notice(), `${ends} gone`, link.to, () => link.to.hosts[link.host]?.unlinked(link.id));
  }

  breakAllTo(life: NodeLife, host: number): void {
    for (const link of this.all()) if (link.to === life && link.host === host) this.break(link);
  }

  breakAllOf(life: NodeLife): void {
    for (const link of this.all()) if (link.from === life || link.to === life) this.break(link);
  }
}

function describeToShard(message: ToShard): string {
  switch (message.kind) {
    case "event":
      return `event s${message.shard} #${message.request % 2 ** 20}`;
    case "send":
      return `send ${message.body.ask} s${message.from}>s${message.shard} n${message.n % 2 ** 32}`;
    case "result":
      return `result ${message.result.is} s${message.from}>s${message.shard} n${message.n % 2 ** 32}`;
    default:
      return `${message.kind} s${message.shard}`;
  }
}

function describeFromShard(message: FromShard): string {
  return message.kind === "answer" ? `answer ${message.answer.is} #${message.request % 2 ** 20}` : message.kind;
}
