/**
 * The stored form of one attribute's value: a tag, then what it says. The tag is of the value, not of the field, so that a
 * row can be read past a field that the plan does not know any more.
 */
import { type ByteReader, type ByteWriter, BytesUnreadable } from "../model/byte-buffer.ts";
import type { Instant } from "../model/ids.ts";
import type { FieldValue } from "../model/plan.ts";

const CLEARED = 0;
const TEXT = 1;
const INTEGER = 2;
const FLOAT = 3;
const FALSE = 4;
const TRUE = 5;
const LIST = 6;
/** An integer near the clock: an instant, nearly always; written as the distance. */
const NEAR_CLOCK = 7;

const integerMax = 2 ** 51;
/** About a year. */
const nearMs = 2 ** 35;

export function writeValue(writer: ByteWriter, value: FieldValue | undefined, clock: Instant): void {
  if (value === undefined) writer.u8(CLEARED);
  else if (typeof value === "string") {
    writer.u8(TEXT);
    writer.text(value);
  } else if (typeof value === "boolean") writer.u8(value ? TRUE : FALSE);
  else if (typeof value === "object") {
    writer.u8(LIST);
    writer.varint(value.length);
    for (const text of value) writer.text(text);
  } else if (!Number.isInteger(value) || Math.abs(value) > integerMax) {
    writer.u8(FLOAT);
    writer.f64(value);
  } else if (Math.abs(clock - value) < nearMs) {
    writer.u8(NEAR_CLOCK);
    writer.signedVarint(clock - value);
  } else {
    writer.u8(INTEGER);
    writer.signedVarint(value);
  }
}

export function readValue(reader: ByteReader, clock: Instant): FieldValue | undefined {
  const tag = reader.u8();
  switch (tag) {
    case CLEARED:
      return undefined;
    case TEXT:
      return reader.text();
    case INTEGER:
      return reader.signedVarint();
    case FLOAT:
      return reader.f64();
    case FALSE:
      return false;
    case TRUE:
      return true;
    case LIST:
      return Array.from({ length: reader.count() }, () => reader.text());
    case NEAR_CLOCK:
      return clock - reader.signedVarint();
    default:
      throw new BytesUnreadable(`no attribute value is tagged ${tag}`);
  }
}
