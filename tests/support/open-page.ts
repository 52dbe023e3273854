/** A page in small, for tests without a browser: a socket that greets, watches, tells events and keeps what it is told to show. */
import { StreamClient } from "../gateway/stream-client.ts";

let told = 0;

export interface ShownDecision {
  readonly content: string;
  readonly show: string;
  readonly message?: string;
  readonly html?: string;
}

/** A page as the SDK makes one: it greets, watches, tells its events, and is told what to show. */
export class OpenPage {
  readonly anonymousId: string;
  readonly token: string;
  readonly #socket: StreamClient;
  /** As the control plane is asked. */
  readonly who: string;
  /** Told last. */
  decisions: readonly ShownDecision[];

  private constructor(socket: StreamClient, { anonymousId, visitorToken, decisions }: Record<string, unknown>) {
    this.#socket = socket;
    this.anonymousId = String(anonymousId);
    this.who = `anonymous:${this.anonymousId}`;
    this.token = String(visitorToken);
    this.decisions = (decisions ?? []) as readonly ShownDecision[];
  }

  static async open(port: number, visitorToken?: string): Promise<OpenPage> {
    const socket = await new StreamClient(port, "writeKey=example-write-key").opened();
    const hello = { type: "hello", subscribe: true, language: "en", ...(visitorToken && { visitorToken }) };
    return new OpenPage(socket, await socket.ask(hello));
  }

  /** Resolves when it is answered. */
  async tell(event: object): Promise<void> {
    const messageId = `${this.anonymousId} ${++told}`;
    this.#socket.send({ messageId, anonymousId: this.anonymousId, ...event });
    for (;;) if ((await this.#hear())["messageId"] === messageId) return;
  }

  view(): Promise<void> {
    return this.tell({ type: "page" });
  }

  shown(message: string | undefined): Promise<void> {
    return this.tell({ type: "track", event: "Message Shown", properties: { message } });
  }

  /** The message that it is told to show, as soon as it is. */
  async message(): Promise<ShownDecision> {
    for (;;) {
      const found = this.decisions.find(({ message }) => message !== undefined);
      if (found !== undefined) return found;
      await this.#hear();
    }
  }

  async withoutMessage(): Promise<void> {
    while (this.decisions.some(({ message }) => message !== undefined)) await this.#hear();
  }

  async #hear(): Promise<Record<string, unknown>> {
    const frame = await this.#socket.next();
    const { decisions } = frame as { readonly decisions?: readonly ShownDecision[] };
    if (decisions !== undefined) this.decisions = decisions;
    return frame;
  }

  async close(): Promise<void> {
    this.#socket.socket.close();
    await this.#socket.closed;
  }
}
