/** The stored form of what a person has said of consent: part of a profile's row (row-codec.ts). */
import type { ByteReader, ByteWriter } from "../model/byte-buffer.ts";
import type { ConsentStatement, Consents } from "../model/consent.ts";
import type { Instant } from "../model/ids.ts";
import { internSource } from "./attributes.ts";

const GRANTED = 1;
const WORDED = 2;

export function writeConsents(writer: ByteWriter, consents: Consents, clock: Instant): void {
  writer.varint(consents.length);
  for (const { purpose, channel, answer, since, at, source, wording } of consents) {
    writer.u8((answer === "granted" ? GRANTED : 0) | (wording === undefined ? 0 : WORDED));
    writer.text(purpose);
    writer.text(channel);
    writer.signedVarint(clock - since);
    writer.signedVarint(since - at);
    writer.text(source);
    if (wording !== undefined) writer.text(wording);
  }
}

export function readConsents(reader: ByteReader, clock: Instant): Consents {
  return Array.from({ length: reader.count() }, (): ConsentStatement => {
    const flags = reader.u8();
    const purpose = internSource(reader.text());
    const channel = internSource(reader.text());
    const since = clock - reader.signedVarint();
    const at = since - reader.signedVarint();
    const source = internSource(reader.text());
    const wording = (flags & WORDED) === 0 ? undefined : reader.text();
    const answer = (flags & GRANTED) === 0 ? "refused" : "granted";
    return { purpose, channel, answer, since, at, source, wording };
  });
}
