/**
 * The one writer of the tree. Each run takes the leases, nodes and plans that wait, and a bounded part of the checkpoint
 * pieces, does them in one transaction and answers when that is durable. It has a thread of its own, so that however much
 * is checkpointed, appends to the journal wait for the disk at most.
 *
 * Modes: idle -> scheduled -> running -> scheduled again while anything is queued, else idle. A run that fails (disk full)
 * did nothing; its asks are answered with the failure and may be repeated. A claim is answered only when the journal's
 * thread has adopted the new epoch too: from then on the former owner can neither append nor checkpoint.
 */
import { commitStateBytesMax } from "../../limits.ts";
import type { Epoch, ShardId } from "../../model/ids.ts";
import { writeFailureText } from "./folder-fitness.ts";
import type { JournalAsks } from "./journal-asks.ts";
import { settingsKey } from "./key-layout.ts";
import type { WriteTree } from "./lmdb-tree.ts";
import type { ShardHeads } from "./shard-heads.ts";
import type { StateAsks } from "./state-asks.ts";
import { commitAsk } from "./state-writes.ts";
import type { AnswerOf, Asked, ThreadLink } from "./thread-calls.ts";

type StateAsk = Asked<StateAsks>;

interface Answered {
  readonly asked: StateAsk;
  readonly answer: AnswerOf<StateAsks>;
}

/** 0: it is none. */
function pieceBytes({ ask }: StateAsk): number {
  return ask.name === "checkpoint" || ask.name === "fill" ? ask.frame.byteLength : 0;
}

export interface StateCommitterOptions {
  readonly folder: string;
  readonly tree: WriteTree;
  readonly heads: ShardHeads;
  readonly journal: ThreadLink<JournalAsks>;
}

export class StateCommitter {
  readonly #options: StateCommitterOptions;
  #small: StateAsk[] = [];
  #pieces: StateAsk[] = [];
  #scheduled = false;
  readonly #adoptions = new Set<Promise<void>>();

  constructor(options: StateCommitterOptions) {
    this.#options = options;
  }

  accept(asked: StateAsk): void {
    (pieceBytes(asked) > 0 ? this.#pieces : this.#small).push(asked);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#runScheduled());
  }

  /** Does all that is queued. */
  async finish(): Promise<void> {
    while (this.#isQueued()) this.#run();
    await Promise.all(this.#adoptions);
  }

  #runScheduled(): void {
    this.#run();
    this.#scheduled = this.#isQueued();
    // One turn of the event loop between runs, to take in what has come.
    if (this.#scheduled) setImmediate(() => this.#runScheduled());
  }

  #isQueued(): boolean {
    return this.#small.length + this.#pieces.length > 0;
  }

  #run(): void {
    const { tree, heads, folder } = this.#options;
    const asks = [...this.#small.splice(0), ...this.#takePieces()];
    const answers: Answered[] = [];
    try {
      tree.commit(() => {
        for (const asked of asks) answers.push({ asked, answer: commitAsk(tree, heads, asked.ask) });
      });
      heads.settle();
      this.#answer(answers);
    } catch (cause) {
      heads.forgetStaged();
      for (const { from, call } of asks) from.fail(call, writeFailureText(folder, cause));
      for (const { from } of asks) from.flush();
      // After a failed write of its meta page LMDB refuses everything until it is opened anew: better no committer than one
      // that cannot commit. This look then throws, and ends the thread.
      tree.has(settingsKey());
    }
  }

  #takePieces(): readonly StateAsk[] {
    let bytes = 0;
    let taken = 0;
    for (const asked of this.#pieces) {
      bytes += pieceBytes(asked);
      if (taken > 0 && bytes > commitStateBytesMax) break;
      taken++;
    }
    return this.#pieces.splice(0, taken);
  }

  #answer(answers: readonly Answered[]): void {
    const claims = answers.filter(({ asked, answer }) => asked.ask.name === "claim" && answer !== undefined);
    const others = answers.filter((answered) => !claims.includes(answered));
    for (const { asked, answer } of others) asked.from.answer(asked.call, answer);
    for (const { asked } of others) asked.from.flush();
    if (claims.length === 0) return;
    const adoption = this.#adopt(claims).finally(() => this.#adoptions.delete(adoption));
    this.#adoptions.add(adoption);
  }

  async #adopt(claims: readonly Answered[]): Promise<void> {
    const { journal, heads, folder } = this.#options;
    const shards = claims.flatMap(({ asked: { ask } }) => (ask.name === "claim" ? [ask.seen.shard] : []));
    const epochs = shards.map((shard): readonly [ShardId, Epoch] => [shard, heads.get(shard).epoch]);
    try {
      await journal.send("adopt", { epochs });
      for (const { asked, answer } of claims) asked.from.answer(asked.call, answer);
    } catch (cause) {
      for (const { asked } of claims) asked.from.fail(asked.call, writeFailureText(folder, cause));
    }
    for (const { asked } of claims) asked.from.flush();
  }
}
