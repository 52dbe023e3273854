/**
 * The catalogue of what can be refused or fail, by stable code. A code is never reused for another meaning; the text
 * says what was wrong and what is allowed and never carries a personal value.
 */

/** code -> [HTTP status, meaning] */
export const PROBLEMS = {
  malformed_json: [400, "The body is not one JSON value in UTF-8."],
  invalid_field: [400, "A field has the wrong type or is outside its limits."],
  missing_field: [400, "A required field is missing."],
  too_large: [413, "The body, or one event in it, is over the size limit."],
  too_deep: [400, "The JSON is nested more deeply than allowed."],
  no_identifier: [400, "The event names nobody: anonymousId, userId or another identifier is required."],
  message_id_conflict: [409, "This messageId was used before for another body."],
  receipt_conflict: [409, "This receipt was sent before with another content, or for another customer."],
  too_old: [400, "The event is older than the horizon within which duplicates can be told."],
  clock_far_off: [400, "The sender's clock is too far from ours to be corrected."],
  bad_key: [401, "The key is unknown, missing, or not allowed here."],
  bad_signature: [401, "The till is unknown, or the signature is not its key's over this time and body."],
  bad_time: [401, "The signature's time is too far from ours, or no time at all."],
  origin_refused: [403, "This origin may not connect with that key."],
  bad_visitor_token: [403, "The visitor token is not valid for this visitor."],
  not_found: [404, "There is no such path or thing."],
  method_not_allowed: [405, "This path is not asked by that method; the header Allow says by which."],
  busy: [503, "Over capacity or between two owners: repeat after the given delay."],
  fault: [500, "A fault of the program; its log says more."],
  not_done: [409, "What was asked for has come to nothing; the message says why."],
  rate_limited: [429, "Too many requests: repeat after the given delay."],
} as const satisfies Record<string, readonly [number, string]>;

export type ProblemCode = keyof typeof PROBLEMS;

/** The store did not do what was asked and may on repetition; nothing is known of whether it did. */
export class StoreUnavailable extends Error {
  readonly code = "store_unavailable";
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "StoreUnavailable";
  }
}

/** The durable history did not do what was asked and may on repetition; nothing is known of whether it did. */
export class HistoryUnavailable extends Error {
  readonly code = "history_unavailable";
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "HistoryUnavailable";
  }
}

/** A thread that had work of ours ended before it was done, and told no fault: begun anew, the work goes on where it was. */
export class ThreadEnded extends Error {
  readonly code = "thread_ended";
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ThreadEnded";
  }
}

/** A file, folder, port or setting is unfit; said to the person who starts Vif, with the remedy. */
export class SetupError extends Error {
  readonly code = "setup";
  readonly remedy: string;
  constructor(message: string, remedy: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "SetupError";
    this.remedy = remedy;
  }
}
