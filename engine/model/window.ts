/** Which contributions an aggregate counts at an instant, by their timestamps. */

export type Window =
  | { readonly kind: "ever" }
  /** at - ms < timestamp <= at */
  | { readonly kind: "last"; readonly ms: number };

export const EVER: Window = Object.freeze({ kind: "ever" });
