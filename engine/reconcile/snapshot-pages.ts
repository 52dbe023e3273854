/**
 * The bytes of a snapshot's pages: people and cells of one band. A person's row is what the records give, as stored; its
 * mark tells the live row that was found to be the same, and when it is woken, so that who has not changed since is known by
 * that alone. Pure.
 *
 * version u8; people: count, then id, position, since, mark, row; cells: count, then key, holder, instant. A page ends
 * behind any of them: what follows is on the next one.
 */
import { hash } from "node:crypto";
import { ByteReader, ByteWriter } from "../model/byte-buffer.ts";
import type { CellKey } from "../model/identifier.ts";
import type { Instant, Position, ProfileId } from "../model/ids.ts";

export interface KeptPerson {
  readonly id: ProfileId;
  /** Of the last record in the row. */
  readonly position: Position;
  /** Of the record that began the profile. */
  readonly since: Position;
  /** As `markOf` makes it of the live row and its wake-up. */
  readonly mark: number;
  readonly row: Uint8Array;
}

export interface KeptCell {
  readonly key: CellKey;
  readonly holder: ProfileId;
  /** When it was bound. */
  readonly at: Instant;
}

export interface KeptPage {
  readonly people: readonly KeptPerson[];
  readonly cells: readonly KeptCell[];
}

const PAGE_VERSION = 1;
const ID_BYTES = 12;

/**
 * 52 bits of a digest, as a number: a million rows that changed are told from what they were but for once in 4,000,000,000.
 * So many has a double beside its sign and exponent: no two wake-ups near each other give one mark.
 * @param wakeUp as the store has it beside the row; Infinity: none, and the mark is of the row alone
 */
export function markOf(row: Uint8Array, wakeUp: Instant): number {
  const digest = hash("sha1", row, "binary");
  INSTANT[0] = wakeUp === Number.POSITIVE_INFINITY ? 0 : wakeUp;
  const [low = 0, high = 0] = INSTANT_WORDS;
  return markOfWords(wordAt(digest, 0) ^ high, wordAt(digest, 4) ^ low);
}

const INSTANT = new Float64Array(1);
const INSTANT_WORDS = new Uint32Array(INSTANT.buffer);

/** @param digest a byte a character */
function wordAt(digest: string, at: number): number {
  const low = digest.charCodeAt(at) | (digest.charCodeAt(at + 1) << 8);
  return low | (digest.charCodeAt(at + 2) << 16) | (digest.charCodeAt(at + 3) << 24);
}

function markOfWords(high: number, low: number): number {
  return (high & MARK_HIGH) * WORD + (low >>> 0);
}

const WORD = 2 ** 32;
const MARK_HIGH = 0xf_ffff;

/** 64 hex digits. */
export function pageDigest(page: Uint8Array): string {
  return hash("sha256", page, "hex");
}

export function encodePage({ people, cells }: KeptPage): Uint8Array {
  const writer = new ByteWriter(64 * 1024);
  writer.u8(PAGE_VERSION);
  writer.varint(people.length);
  for (const { id, position, since, mark, row } of people) {
    writer.hex(id);
    writer.varint(position);
    writer.varint(since);
    writer.u32(Math.floor(mark / WORD));
    writer.u32(mark % WORD);
    writer.varint(row.length);
    writer.append(row);
  }
  writer.varint(cells.length);
  for (const { key, holder, at } of cells) {
    writer.text(key);
    writer.hex(holder);
    writer.varint(at);
  }
  return writer.copy();
}

/**
 * Rows are views of `page`.
 * @throws BytesUnreadable, RangeError for a page of a later form
 */
export function decodePage(page: Uint8Array): KeptPage {
  const reader = new ByteReader(page);
  const version = reader.u8();
  if (version !== PAGE_VERSION) throw new RangeError(`a snapshot's page has form ${version}, not ${PAGE_VERSION}`);
  const people: KeptPerson[] = [];
  for (let left = reader.count(); left > 0; left--) {
    const id = reader.hex(ID_BYTES) as ProfileId;
    const position = reader.varint();
    const since = reader.varint();
    const mark = markOfWords(reader.u32(), reader.u32());
    people.push({ id, position, since, mark, row: reader.view(reader.varint()) });
  }
  const cells: KeptCell[] = [];
  for (let left = reader.count(); left > 0; left--)
    cells.push({ key: reader.text() as CellKey, holder: reader.hex(ID_BYTES) as ProfileId, at: reader.varint() });
  return { people, cells };
}
