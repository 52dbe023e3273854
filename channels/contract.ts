/**
 * What every channel's adapter keeps to, whatever is behind it: one call a message, an outcome for everything that a provider
 * can do, and no doubt hidden. `channels/README.md` tells how a new one is added; this suite is half of it.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ChannelAdapter, OutgoingMessage, RenderedParts } from "../engine/model/message.ts";
import type { MessageId } from "../engine/model/trigger.ts";

/**
 * `busy`: it takes no more for now. `silent`: takes the request and says nothing. `drops`: takes it and hangs up. `saying`: as
 * the test of the one channel has it.
 */
export type Mood = "well" | "busy" | "silent" | "drops" | "saying";

export interface Provider {
  become(mood: Mood): void;
  /** Messages, or requests for one, that have reached it. */
  readonly taken: number;
  close(): Promise<void>;
}

export interface Channel<P extends Provider> {
  readonly name: string;
  /** Why it cannot be tried here; undefined: it can. */
  readonly missing?: string | undefined;
  start(): Promise<P>;
  open(provider: P): ChannelAdapter;
  /** One that speaks to nobody. */
  openNowhere(): ChannelAdapter;
  readonly message: (provider: P | undefined) => OutgoingMessage;
  /** Addresses that are none. */
  readonly badAddresses: readonly string[];
  /** There is nothing behind it that could be busy, silent or away: what is asked of a provider does not apply. */
  readonly isAlone?: true;
  /** Tests of its own. */
  readonly more?: (given: () => { readonly adapter: ChannelAdapter; readonly provider: P }) => void;
}

const MESSAGE = {
  id: "0123456789abcdef0123456789abcdef" as MessageId,
  attempt: 1,
  category: "marketing",
  language: "fr",
  template: "hello",
  reference: "p1.0123456789abcdef0123456789abcdef.c2lnbmF0dXJl",
} as const;

export function messageTo(address: string, parts: RenderedParts, more: Partial<OutgoingMessage> = {}): OutgoingMessage {
  return { ...MESSAGE, channel: parts.is, address, parts, links: {}, ...more };
}

export function describeChannel<P extends Provider>(channel: Channel<P>): void {
  describe.skipIf(channel.missing !== undefined)(`the channel ${channel.name}`, () => {
    let provider: P;
    let adapter: ChannelAdapter;
    beforeAll(async () => {
      provider = await channel.start();
      adapter = channel.open(provider);
    });
    beforeEach(() => provider.become("well"));
    afterAll(async () => {
      await adapter.close();
      await provider.close();
    });
    const deliver = (message: OutgoingMessage, signal = AbortSignal.timeout(30_000)) =>
      adapter.deliver(message, signal);
    /** The outcome, and how many requests it took. */
    const counted = async (message: OutgoingMessage, signal?: AbortSignal) => {
      const before = provider.taken;
      const outcome = await deliver(message, signal);
      return { outcome, requests: provider.taken - before };
    };

    it("says who it is, and whether the provider tells repetitions", () => {
      expect(adapter.name).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect(adapter.channel).toBe(channel.message(provider).channel);
      expect(adapter.abilities.idempotentForMs).toBeGreaterThanOrEqual(0);
    });

    it("hands a message over once", async () => {
      const { outcome, requests } = await counted(channel.message(provider));
      expect(outcome).toMatchObject({ is: "accepted" });
      expect(requests).toBe(1);
    });

    it("hands over many at once, each once", async () => {
      const before = provider.taken;
      const outcomes = await Promise.all(Array.from({ length: 20 }, () => deliver(channel.message(provider))));
      expect(outcomes.map(({ is }) => is)).toEqual(Array.from({ length: 20 }, () => "accepted"));
      expect(provider.taken - before).toBe(20);
    });

    it.skipIf(channel.isAlone)("asks nobody about what it cannot send", async () => {
      const { id, address } = channel.message(provider);
      const parts: RenderedParts = { is: adapter.channel === "web" ? "sms" : "web", html: "", text: "", segments: 1 };
      const { outcome, requests } = await counted({ ...channel.message(provider), id, address, parts });
      expect(outcome).toEqual({ is: "rejected", reason: "unsupported" });
      expect(requests).toBe(0);
    });

    it.each(channel.badAddresses)("asks nobody about the address %j", async (address) => {
      const { outcome, requests } = await counted({ ...channel.message(provider), address });
      expect(outcome).toMatchObject({
        is: "rejected",
        reason: expect.stringMatching(/^(bad|forbidden)_address$/) as string,
      });
      expect(requests).toBe(0);
    });

    it.skipIf(channel.isAlone)("tells of a provider that takes no more, and does not try again by itself", async () => {
      provider.become("busy");
      const { outcome, requests } = await counted(channel.message(provider));
      expect(["throttled", "failed"]).toContain(outcome.is);
      expect(requests).toBe(1);
    });

    it.skipIf(channel.isAlone)("does not know what a provider has done that hung up", async () => {
      provider.become("drops");
      const { outcome, requests } = await counted(channel.message(provider));
      expect(outcome).toMatchObject({ is: "unknown" });
      expect(requests).toBe(1);
    });

    it.skipIf(channel.isAlone)(
      "waits for a silent provider as long as it is told to, and then does not know",
      async () => {
        provider.become("silent");
        const ends = new AbortController();
        const before = provider.taken;
        const delivery = deliver(channel.message(provider), ends.signal);
        while (provider.taken === before) await new Promise((resolve) => setTimeout(resolve, 5));
        ends.abort();
        expect(await delivery).toMatchObject({ is: "unknown" });
        expect(provider.taken - before).toBe(1);
      },
    );

    it.skipIf(channel.isAlone)("sends nothing when it is told to stop before it began", async () => {
      const { outcome, requests } = await counted(channel.message(provider), AbortSignal.abort());
      expect(outcome.is).toBe("failed");
      expect(requests).toBe(0);
    });

    it.skipIf(channel.isAlone)("knows that nothing was sent where nobody listens", async () => {
      const nowhere = channel.openNowhere();
      const outcome = await nowhere.deliver(channel.message(undefined), AbortSignal.timeout(30_000));
      expect(outcome).toMatchObject({ is: "failed", reason: "unreachable" });
      await nowhere.close();
    });

    it.skipIf(channel.isAlone)("ends what is under way when it is closed", async () => {
      provider.become("silent");
      const other = channel.open(provider);
      const before = provider.taken;
      const delivery = other.deliver(channel.message(provider), AbortSignal.timeout(30_000));
      while (provider.taken === before) await new Promise((resolve) => setTimeout(resolve, 5));
      await other.close();
      expect((await delivery).is).toBe("unknown");
    });

    channel.more?.(() => ({ adapter, provider }));
  });
}
