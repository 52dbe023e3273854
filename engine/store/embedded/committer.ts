/**
 * The one writer of the embedded store. It takes everything that waits from all clients, does it in one transaction and
 * answers when that is durable; while it is being flushed the next asks gather, so commits group themselves under load
 * and come singly when there is none.
 *
 * Modes: idle (nothing queued) -> scheduled (a run is due when the event loop has delivered what has come) -> running ->
 * scheduled again while anything is queued, else idle. Appends, leases and plans go first, in order of arrival. Checkpoint
 * pieces and trims have a queue of their own of which a bounded part rides along in each transaction, so that however
 * much is checkpointed an append waits for one piece at most. A transaction that fails (disk full) did nothing: all of its
 * asks are answered `failed` and may be repeated.
 */
import { commitJournalBytesMax, commitStateBytesMax, commitTrimBatchesMax } from "../../limits.ts";
import type { Answers, Ask, Reply } from "./client-messages.ts";
import { commitCheckpoint, commitSmall, commitTrim } from "./committed-writes.ts";
import type { WriteTree } from "./lmdb-tree.ts";
import type { ShardHeads } from "./shard-heads.ts";

/** Where the answers to one client go; all of one transaction at once. */
export type SendReplies = (replies: readonly Reply[]) => void;

type PacedAsk = Ask & { readonly ask: "checkpoint" | "trim" };
type SmallAsk = Exclude<Ask, PacedAsk>;

interface Queued<A extends Ask> {
  readonly client: SendReplies;
  readonly call: number;
  readonly ask: A;
}

export class Committer {
  readonly #tree: WriteTree;
  readonly #heads: ShardHeads;
  #small: Queued<SmallAsk>[] = [];
  #paced: Queued<PacedAsk>[] = [];
  #scheduled = false;

  constructor(tree: WriteTree, heads: ShardHeads) {
    this.#tree = tree;
    this.#heads = heads;
  }

  accept(client: SendReplies, call: number, ask: Ask): void {
    if (ask.ask === "checkpoint" || ask.ask === "trim") this.#paced.push({ client, call, ask });
    else this.#small.push({ client, call, ask });
    this.#schedule();
  }

  /** Does all that is queued. */
  finish(): void {
    while (this.#small.length + this.#paced.length > 0) this.#run();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    // Immediates run after the event loop has delivered what stood in the ports.
    setImmediate(() => {
      this.#scheduled = false;
      this.#run();
      if (this.#small.length + this.#paced.length > 0) this.#schedule();
    });
  }

  #run(): void {
    const small = takeUpToBytes(this.#small, commitJournalBytesMax);
    const paced = takeUpToBytes(this.#paced, commitStateBytesMax);
    const replies = new Replies();
    let unfinished: readonly Queued<PacedAsk>[] = [];
    try {
      this.#tree.commit(() => {
        for (const { client, call, ask } of small) {
          replies.add(client, { call, answer: commitSmall(this.#tree, this.#heads, ask) });
        }
        unfinished = paced.filter((queued) => !this.#commitPaced(queued, replies));
      });
      this.#heads.settle();
      this.#paced.unshift(...unfinished);
      replies.send();
    } catch (cause) {
      this.#heads.forgetStaged();
      const failed = cause instanceof Error ? cause.message : String(cause);
      const failures = new Replies();
      for (const { client, call } of [...small, ...paced]) failures.add(client, { call, failed });
      failures.send();
      // After a failed write of its meta page LMDB refuses everything until it is opened anew: better no committer than one
      // that cannot commit. The read throws then, and ends the thread.
      this.#tree.lastEntry(WHOLE_TREE);
    }
  }

  /** @returns false when the ask is not done yet */
  #commitPaced({ client, call, ask }: Queued<PacedAsk>, replies: Replies): boolean {
    if (ask.ask === "trim") {
      const done = commitTrim(this.#tree, this.#heads, ask, commitTrimBatchesMax);
      if (done) replies.add(client, { call, answer: undefined });
      return done;
    }
    replies.add(client, { call, answer: commitCheckpoint(this.#tree, this.#heads, ask.frame) });
    return true;
  }
}

const WHOLE_TREE = { start: Buffer.from([0]), end: Buffer.from([0xff, 0xff, 0xff]) };

class Replies {
  readonly #byClient = new Map<SendReplies, Reply[]>();

  add(client: SendReplies, reply: { call: number; answer: Answers[keyof Answers] } | { call: number; failed: string }) {
    const replies = this.#byClient.get(client);
    if (replies === undefined) this.#byClient.set(client, [reply]);
    else replies.push(reply);
  }

  send(): void {
    for (const [client, replies] of this.#byClient) client(replies);
  }
}

/** Takes from the front; at least one, so that even an oversized ask is done. */
function takeUpToBytes<A extends Ask>(queue: Queued<A>[], bytesMax: number): readonly Queued<A>[] {
  let bytes = 0;
  let taken = 0;
  for (const { ask } of queue) {
    bytes += "frame" in ask ? ask.frame.byteLength : 0;
    if (taken > 0 && bytes > bytesMax) break;
    taken++;
  }
  return queue.splice(0, taken);
}
