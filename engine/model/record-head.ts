/**
 * The first bytes of a journal record: format version, kind, and of most kinds a byte of flags and the profile. What goes
 * through many records reads no more of each than this.
 */
import type { ByteReader } from "./byte-buffer.ts";
import type { ProfileId } from "./ids.ts";
import type { JournalRecord } from "./record.ts";

/** Version of a record's own bytes; history keeps records for years, so a change of form raises it. */
export const RECORD_VERSION = 1;

/** Kinds by their number in the bytes; a number is never given to another kind. */
const KINDS = [
  undefined,
  "event",
  "transition",
  "sent",
  "received",
  "answered",
  "plan",
  "ledger",
  "receipt",
  "decided",
  "control",
  "backfilled",
  "warmed",
  "attempt",
  "outcome",
  "repaired",
  "exposed",
] as const;
export type Kind = JournalRecord["kind"];
export const KIND_NUMBER: Readonly<Record<Kind, number>> = {
  event: 1,
  transition: 2,
  sent: 3,
  received: 4,
  answered: 5,
  plan: 6,
  ledger: 7,
  receipt: 8,
  decided: 9,
  control: 10,
  backfilled: 11,
  warmed: 12,
  attempt: 13,
  outcome: 14,
  repaired: 15,
  exposed: 16,
};
/** Bytes of a ProfileId. */
export const PROFILE_BYTES = 12;
/** Where it stands in a record: behind version, kind and flags. */
const PROFILE_AT = 3;

/** A record that a later version wrote: the shard that meets it stops rather than fold half of its journal. */
export class UnknownRecordError extends Error {
  readonly code = "unknown_record";
  constructor(message: string) {
    super(message);
    this.name = "UnknownRecordError";
  }
}

/** What can be said of a record without reading its body. */
export interface RecordHead {
  readonly kind: Kind;
  /** Of events, transitions, ledger entries, and of all that messages leave. */
  readonly profile: ProfileId | undefined;
}

/** Kinds of which the profile stands in the head. */
export const HEADED: ReadonlySet<Kind> = new Set<Kind>([
  "event",
  "transition",
  "ledger",
  "decided",
  "attempt",
  "outcome",
  "exposed",
]);

/** @param reader stands at the first of the record's bytes */
export function readRecordHead(reader: ByteReader): RecordHead {
  const kind = readKind(reader);
  if (!HEADED.has(kind)) return { kind, profile: undefined };
  reader.u8();
  return { kind, profile: reader.hex(PROFILE_BYTES) as ProfileId };
}

export function readKind(reader: ByteReader): Kind {
  return kindOf(reader.u8(), reader.u8());
}

function kindOf(version: number, number: number): Kind {
  if (version !== RECORD_VERSION)
    throw new UnknownRecordError(`a record has form ${version}; this engine reads ${RECORD_VERSION}`);
  const kind = KINDS[number];
  if (kind === undefined) throw new UnknownRecordError(`a record has kind ${number}, which this engine does not know`);
  return kind;
}

/**
 * The kind of the record that begins at `at`.
 * @throws UnknownRecordError as `decodeRecord`
 */
export function kindAt(bytes: Uint8Array, at: number): Kind {
  return kindOf(bytes[at] as number, bytes[at + 1] as number);
}

/** Where the profile stands in a record of this kind; undefined: its head has none. */
export function profileAt(kind: Kind): number | undefined {
  return HEADED.has(kind) ? PROFILE_AT : undefined;
}

export function profileOf(record: Buffer, at: number): ProfileId {
  return record.toString("hex", at, at + PROFILE_BYTES) as ProfileId;
}
