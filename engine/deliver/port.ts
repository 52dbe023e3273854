/**
 * The face of the delivery room (5): what a shard's owner asks before a message goes out, and how it talks with the thread
 * that calls providers. Other rooms import from here only.
 */
export { againAt } from "./back-off.ts";
export type { RetryBounds, Tried } from "./back-off.ts";
export type { ChannelBounds, ChannelStatus, FromDesk, ToDesk } from "./desk-port.ts";
export { endOf, gate, outbidWith, takenBack } from "./gates.ts";
export type { GateVerdict, GateView, Skipped } from "./gates.ts";
export type { AttemptOutcome, Letter } from "./letter.ts";
