/**
 * The links between the nodes of a simulated cluster: what node-link.ts and link-door.ts do with a WebSocket is done here
 * with a pair of channels. A link keeps order, delivers or breaks as a whole, connects again by itself; both of its ends
 * learn of a break a little later, each in its own time.
 */
import type { ShardId } from "../../engine/model/ids.ts";
import type { NodeLinkEvents } from "../../engine/shard/cluster.ts";
import { FrameWriter, readFrame } from "../../engine/shard/link-codec.ts";
import type { NodeLink } from "../../engine/shard/node-link.ts";
import type { FromShard, ToShard } from "../../engine/shard/port.ts";
import { Channel } from "./channel.ts";
import type { NodeLife } from "./node-life.ts";
import type { Scheduler } from "./scheduler.ts";

const NOTICE_MS_MAX = 200;
const CONNECT_MS_MAX = 100;
const RETRY_MS = 250;

/** One connection, from its opening to its break. */
interface Connection {
  readonly from: NodeLife;
  readonly to: NodeLife;
  /** As the receiving node counts. */
  readonly number: number;
  readonly up: Channel<ArrayBuffer>;
  readonly down: Channel<ArrayBuffer>;
  readonly broken: () => void;
}

export class SimulatedLinks {
  readonly #scheduler: Scheduler;
  readonly #lifeOf: (node: string) => NodeLife | undefined;
  readonly #connections = new Set<Connection>();
  #last = 0;
  /** Longest that one frame takes after the one before it. */
  delayMsMax = 2;

  constructor(scheduler: Scheduler, lifeOf: (node: string) => NodeLife | undefined) {
    this.#scheduler = scheduler;
    this.#lifeOf = lifeOf;
  }

  /** @param node whom to reach */
  create(from: NodeLife, node: string, events: NodeLinkEvents): NodeLink {
    const scheduler = this.#scheduler;
    const writer = new Map<ShardId, FrameWriter>();
    let connection: Connection | undefined;
    let closed = false;
    const connect = (): void => {
      const delayMs = scheduler.random.fraction() * CONNECT_MS_MAX;
      scheduler.after(delayMs, `${from.name} links to ${node}`, from, () => {
        const to = this.#lifeOf(node);
        if (closed) return;
        if (to === undefined) return void scheduler.after(RETRY_MS, `${from.name} retries`, from, connect);
        connection = this.#connect(from, to, events, () => {
          if (connection === undefined) return;
          connection = undefined;
          if (closed) return;
          events.onBroken("broken");
          scheduler.after(RETRY_MS, `${from.name} retries`, from, connect);
        });
        events.onOpen();
      });
    };
    connect();
    return {
      address: `ws://${node}`,
      get isOpen() {
        return connection !== undefined;
      },
      write(shard: ShardId, message: ToShard) {
        if (connection === undefined) return false;
        const frames = writer.get(shard) ?? new FrameWriter(0, shard);
        writer.set(shard, frames);
        frames.write(message);
        const frame = frames.take();
        if (frame !== undefined) connection.up.send(frame);
        return true;
      },
      close: () => {
        closed = true;
        if (connection !== undefined) this.break(connection);
      },
    };
  }

  #connect(from: NodeLife, to: NodeLife, events: NodeLinkEvents, broken: () => void): Connection {
    const number = ++this.#last;
    const name = `${from.name}>${to.name}`;
    const delayMsMax = (): number => this.delayMsMax;
    const connection: Connection = {
      from,
      to,
      number,
      broken,
      up: new Channel<ArrayBuffer>(this.#scheduler, {
        label: () => `${name} up`,
        receiver: to,
        delayMsMax,
        deliver: (frame) => to.pass(number, frame),
      }),
      down: new Channel<ArrayBuffer>(this.#scheduler, {
        label: () => `${name} down`,
        receiver: from,
        delayMsMax,
        deliver: (frame) => readFrame(frame, (message) => events.onMessage(message as FromShard)),
      }),
    };
    this.#connections.add(connection);
    return connection;
  }

  /** A frame back to the gateway at the other end of a node's incoming link. */
  sendBack(number: number, frame: ArrayBuffer): void {
    for (const connection of this.#connections) if (connection.number === number) connection.down.send(frame);
  }

  all(): readonly Connection[] {
    return [...this.#connections];
  }

  break(connection: Connection): void {
    const { from, to, number, up, down, broken } = connection;
    this.#scheduler.note(() => `link ${from.name}>${to.name} breaks`);
    this.#connections.delete(connection);
    up.close();
    down.close();
    const notice = (): number => this.#scheduler.random.fraction() * NOTICE_MS_MAX;
    this.#scheduler.after(notice(), `${from.name} sees the break`, from, broken);
    this.#scheduler.after(notice(), `${to.name} sees the break`, to, () => to.unlinked(number));
  }

  breakAllTo(life: NodeLife): void {
    for (const connection of this.all()) if (connection.to === life) this.break(connection);
  }

  breakAllOf(life: NodeLife): void {
    for (const connection of this.all()) if (connection.to === life || connection.from === life) this.break(connection);
  }
}
