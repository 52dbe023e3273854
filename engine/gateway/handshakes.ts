/**
 * Handshakes of tills that were taken: each opens one socket. A socket's receipts are not signed one by one, so whoever
 * overheard a handshake could else open a second socket with it and send receipts in the till's name for as long as its
 * time is honoured. What is kept is the signature, until its time is honoured no longer. It is this node's memory: behind
 * a balancer that sends a till to several nodes a handshake may be taken once by each, and only TLS keeps it from being
 * overheard at all.
 */
import { socketsMax, tillSkewMsMax } from "../limits.ts";

/** Far more than tills open in the time for which one is kept. */
const handshakesMax = 16 * socketsMax;

export class Handshakes {
  /** When each may be forgotten, in the order in which they came. */
  readonly #taken = new Map<string, number>();

  /** False when it was taken before, or when there are more than any brand has tills. */
  take(signature: string, nowMs: number): boolean {
    for (const [old, untilMs] of this.#taken) {
      if (untilMs > nowMs) break;
      this.#taken.delete(old);
    }
    // Of one signature there are many spellings: hex digits come in two cases.
    const known = signature.toLowerCase();
    if (this.#taken.has(known) || this.#taken.size >= handshakesMax) return false;
    // A till's clock may be ahead by as much as it may be behind.
    this.#taken.set(known, nowMs + 2 * tillSkewMsMax);
    return true;
  }
}
