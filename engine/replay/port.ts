/** The face of the replay room: a file of rows in, receipts through the receipts' socket, each exactly once. */
export { createReceiptSender, SenderRefused } from "./receipt-sender.ts";
export type { ReceiptSender, SenderOptions } from "./receipt-sender.ts";
export { openText } from "./open-text.ts";
export type { OpenText } from "./open-text.ts";
export { renderProgress } from "./progress-text.ts";
export { createRejectedFile } from "./rejected-file.ts";
export type { RejectedFile } from "./rejected-file.ts";
export { replay } from "./replay.ts";
export type { ReplayEnd, ReplayOptions, ReplayProgress } from "./replay.ts";
export { readReplayState, replayStateFile, writeReplayState } from "./replay-state.ts";
export type { ReplayState } from "./replay-state.ts";
