/** Records that are kept as JSON: the rare kinds; see record-form.ts, which frames them. */
import { type ByteReader, BytesUnreadable, type ByteWriter } from "./byte-buffer.ts";
import type { EventRecord, JournalRecord, PeerBody, TransitionRecord } from "./record.ts";
import type { SendIntent } from "./trigger.ts";

export type JsonRecord = Exclude<JournalRecord, EventRecord | TransitionRecord>;

/** Writes the record as one text. */
export function writeJson(writer: ByteWriter, record: JsonRecord): void {
  writer.text(JSON.stringify(record));
}

/** @throws BytesUnreadable on a text that is no JSON, or another kind of record */
export function readJson(reader: ByteReader, kind: JsonRecord["kind"]): JsonRecord {
  const record = parseJson(reader.text()) as JsonRecord;
  if (record?.kind !== kind) throw new BytesUnreadable("a record's content is not of its kind");
  if (record.kind === "receipt") return { ...record, unclaimed: record.unclaimed };
  if (record.kind === "decided") return { ...record, intent: intentFromJson(record.intent) };
  return "body" in record ? { ...record, body: peerBodyFromJson(record.body) } : record;
}

/** JSON leaves out what is undefined; the type has it. */
function intentFromJson(intent: SendIntent): SendIntent {
  return { ...intent, expiresMs: intent.expiresMs, holdout: intent.holdout };
}

function peerBodyFromJson(body: PeerBody): PeerBody {
  // JSON leaves out what is undefined; the type has it.
  return body.ask === "merge" || body.ask === "absorb" ? { ...body, user: body.user } : body;
}

/** @throws BytesUnreadable */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new BytesUnreadable("a record's text is not JSON");
  }
}
