/**
 * The live feed between nodes: whoever watches at one sees what happens on all. A node that somebody watches asks every
 * other over its link (node-link.ts); one that is asked passes on what its own workers tell, and nothing that came from
 * elsewhere, so that a sample goes one step and no further. Nobody watching, nobody is asked and workers tell nothing.
 *
 * On a link these are the texts among the binary frames: `{"feed":true}` one way, `{"sample":...}` the other. They are a
 * sample for people's eyes: a link that is full, or broken, loses them.
 */
import type { FeedSample } from "./feed-port.ts";

export interface FeedExchange {
  /** Somebody watches at this node, or nobody does any more. */
  watch(on: boolean): void;
  /** A way to ask another node; called at once, and whenever it changes. @returns ends it */
  join(ask: (on: boolean) => void): () => void;
  /** The node behind this link of the door wants to be told, or does no more. */
  asked(link: number, on: boolean): void;
  /** From a worker of this node. */
  happened(sample: FeedSample): void;
  /** From another node. */
  came(sample: FeedSample): void;
}

export interface FeedExchangeOptions {
  /** Whether the workers of this node are to pass on what happens. */
  readonly workers: (on: boolean) => void;
  /** To who watches here. */
  readonly show: (sample: FeedSample) => void;
  /** To the node behind a link of the door. */
  readonly tell: (link: number, sample: FeedSample) => void;
}

export function createFeedExchange({ workers, show, tell }: FeedExchangeOptions): FeedExchange {
  const ways = new Set<(on: boolean) => void>();
  const askers = new Set<number>();
  let isWatched = false;
  let isFed = false;

  function settle(): void {
    const wanted = isWatched || askers.size > 0;
    if (wanted !== isFed) workers(wanted);
    isFed = wanted;
  }

  return {
    watch(on) {
      isWatched = on;
      settle();
      for (const ask of ways) ask(on);
    },
    join(ask) {
      ways.add(ask);
      ask(isWatched);
      return () => void ways.delete(ask);
    },
    asked(link, on) {
      if (on) askers.add(link);
      else askers.delete(link);
      settle();
    },
    happened(sample) {
      if (isWatched) show(sample);
      for (const link of askers) tell(link, sample);
    },
    came(sample) {
      if (isWatched) show(sample);
    },
  };
}
