import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countSegments } from "./segments.ts";

describe("the segments of a text message", () => {
  it.each([
    ["", "GSM-7", 0, 1],
    ["a".repeat(160), "GSM-7", 160, 1],
    ["a".repeat(161), "GSM-7", 161, 2],
    ["a".repeat(306), "GSM-7", 306, 2],
    ["a".repeat(307), "GSM-7", 307, 3],
    ["€".repeat(80), "GSM-7", 160, 1],
    ["€".repeat(81), "GSM-7", 162, 2],
    // An escape is not cut from its sign: 152 units, and the euro begins the second segment.
    [`${"a".repeat(152)}€${"a".repeat(151)}`, "GSM-7", 305, 2],
    [`${"a".repeat(152)}€${"a".repeat(152)}`, "GSM-7", 306, 3],
    ["ê".repeat(70), "UCS-2", 70, 1],
    ["ê".repeat(71), "UCS-2", 71, 2],
    ["ê".repeat(134), "UCS-2", 134, 2],
    ["ê".repeat(135), "UCS-2", 135, 3],
    ["😀".repeat(35), "UCS-2", 70, 1],
    ["😀".repeat(36), "UCS-2", 72, 2],
    // 33 of two units fill 66 of 67.
    ["😀".repeat(66), "UCS-2", 132, 2],
    ["😀".repeat(67), "UCS-2", 134, 3],
  ] as const)("%j is %s, %i units, %i segments", (text, encoding, units, segments) => {
    expect(countSegments(text)).toMatchObject({ encoding, units, segments });
  });

  it("names the first sign that costs the small alphabet", () => {
    expect(countSegments("Joyeuse fête 😀").foreign).toBe("ê");
    expect(countSegments("À bientôt").foreign).toBe("À");
    expect(countSegments("à è é ù ì ò Ç Ä Ö Ü ñ § £ ¥ ¿").foreign).toBeUndefined();
  });

  it("never grow fewer by a longer text, and hold it", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 400 }), fc.string({ unit: "binary" }), (text, more) => {
        const short = countSegments(text);
        const long = countSegments(text + more);
        expect(long.units).toBeGreaterThanOrEqual(short.units);
        if (short.encoding === long.encoding) expect(long.segments).toBeGreaterThanOrEqual(short.segments);
        const each = short.encoding === "GSM-7" ? (short.segments === 1 ? 160 : 153) : short.segments === 1 ? 70 : 67;
        expect(short.units).toBeLessThanOrEqual(short.segments * each);
      }),
    );
  });
});
