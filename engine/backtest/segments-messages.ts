/** What the segments' thread is started with, and what it says. */
import type { MessagePort } from "node:worker_threads";
import type { Instant } from "../model/ids.ts";
import type { SegmentSizes } from "./segments-as-of.ts";

export interface SegmentsThreadData {
  readonly history: MessagePort;
  readonly plan: Uint8Array;
  readonly at: Instant;
}

export type FromSegments =
  | { readonly is: "sizes"; readonly sizes: SegmentSizes }
  /** The history is away. */
  | { readonly is: "away"; readonly message: string };
