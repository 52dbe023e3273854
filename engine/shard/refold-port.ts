/** The fold of a shard's records, and its stored small state, for who compares and rebuilds: the same code as live. */
export { CorruptShardError, profileOfRecord, profilesOf } from "./fold.ts";
export { Refold } from "./refold.ts";
export type { FoldedPerson, RefoldBase } from "./refold.ts";
export { Shard } from "./shard.ts";
export { parseMeta } from "./stored-meta.ts";
export type { StoredMeta } from "./stored-meta.ts";
