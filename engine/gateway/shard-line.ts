/**
 * What one shard has not answered yet, oldest first: the order in which it is repeated to a new owner. While the shard is
 * away (no owner that can be reached) requests gather here and nothing is put on a link.
 */
import type { Routed } from "./routed.ts";

export class ShardLine {
  first: Routed | undefined;
  length = 0;
  away = false;
  /** Away because the node that should own it said that it does not. */
  disowned = false;
  /** Then the request that was sent to find out whether it still says so. */
  probe: Routed | undefined = undefined;
  #last: Routed | undefined;

  append(request: Routed): void {
    request.sent = true;
    request.onLink = false;
    request.lineBefore = this.#last;
    request.lineAfter = undefined;
    if (this.#last === undefined) this.first = request;
    else this.#last.lineAfter = request;
    this.#last = request;
    this.length++;
  }

  remove(request: Routed): void {
    const { lineBefore, lineAfter } = request;
    if (lineBefore === undefined) this.first = lineAfter;
    else lineBefore.lineAfter = lineAfter;
    if (lineAfter === undefined) this.#last = lineBefore;
    else lineAfter.lineBefore = lineBefore;
    request.lineBefore = undefined;
    request.lineAfter = undefined;
    request.sent = false;
    request.onLink = false;
    this.length--;
  }
}
