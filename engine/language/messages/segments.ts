/**
 * How a network counts a text message (3GPP TS 23.038 and 23.040): 160 signs of its own alphabet, GSM-7, or 70 of UCS-2 as
 * soon as one sign is not in it; a longer one is cut into segments of 153 or 67, each of which is billed. Pure.
 */

const BASIC =
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/** Each takes two places: an escape, and itself. */
const EXTENDED = "\f^{}\\[~]|€";

const COST: ReadonlyMap<string, number> = new Map([
  ...Array.from(BASIC).map((sign) => [sign, 1] as const),
  ...Array.from(EXTENDED).map((sign) => [sign, 2] as const),
]);

const PLAIN: Readonly<Record<string, string>> = {
  "\u00a0": " ",
  "\u202f": " ",
  "’": "'",
  "‘": "'",
  "“": '"',
  "”": '"',
  "–": "-",
  "—": "-",
  "…": "...",
};

/** Typographers' quotes and dashes as a typewriter has them; spaces, by which lines are not to be broken, stay. */
export function spellSigns(text: string): string {
  return text.replace(/[’‘“”–—…]/g, (sign) => PLAIN[sign] ?? sign);
}

/** Typographers' spaces, quotes and dashes as a typewriter has them: one of them would make the whole message dearer. */
export function spellPlainly(text: string): string {
  return text.replace(/[\u00a0\u202f’‘“”–—…]/g, (sign) => PLAIN[sign] ?? sign);
}

export interface SegmentCount {
  readonly encoding: "GSM-7" | "UCS-2";
  /** In units of the encoding: septets, or 16 bits. */
  readonly units: number;
  readonly segments: number;
  /** The first sign that is not in GSM-7; undefined where all are. */
  readonly foreign: string | undefined;
}

/** Nothing is one empty segment. */
export function countSegments(text: string): SegmentCount {
  const signs = [...text];
  const foreign = signs.find((sign) => !COST.has(sign));
  // A sign is never cut: neither an escape from what it escapes, nor one half of a surrogate pair from the other.
  const costs = signs.map((sign) => (foreign === undefined ? (COST.get(sign) ?? 1) : sign.length));
  const [single, each] = foreign === undefined ? [160, 153] : [70, 67];
  const units = costs.reduce((sum, cost) => sum + cost, 0);
  const encoding = foreign === undefined ? "GSM-7" : "UCS-2";
  if (units <= single) return { encoding, units, segments: 1, foreign };
  let segments = 1;
  let used = 0;
  for (const cost of costs) {
    if (used + cost > each) {
      segments++;
      used = 0;
    }
    used += cost;
  }
  return { encoding, units, segments, foreign };
}
