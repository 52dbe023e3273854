/**
 * A trait as the value of a declared attribute: by the one reading of JSON values that conditions on events use too, and
 * within bounds, so that no sender can make a profile large. Longer texts are cut, longer lists end early.
 */
import { attributeCharsMax, attributeListMax } from "../limits.ts";
import type { Json } from "../model/event.ts";
import { readFieldValue } from "../model/field-value.ts";
import type { FieldType, FieldValue } from "../model/plan.ts";

/** undefined when the trait is not of the type and is to be ignored. */
export function readAttribute(raw: Json, type: FieldType): FieldValue | undefined {
  const value = readFieldValue(raw, type);
  switch (typeof value) {
    case "string":
      return cut(value);
    case "number":
      // Adding 0 makes -0 the 0 that it is equal to, so that two folds never differ by it.
      return value + 0;
    case "object":
      return value.slice(0, attributeListMax).map(cut);
    default:
      return value;
  }
}

const cut = (text: string): string => cutText(text, attributeCharsMax);

/** Never in the middle of a character. */
export function cutText(text: string, charsMax: number): string {
  if (text.length <= charsMax) return text;
  const last = text.charCodeAt(charsMax - 1);
  return text.slice(0, last >= 0xd800 && last < 0xdc00 ? charsMax - 1 : charsMax);
}
