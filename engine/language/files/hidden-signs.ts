/**
 * Signs that YAML would take for its own, where a line of ours has them: put out of its sight each by one character, so that
 * every place in the file stays where it is, and had back from the text that it gives.
 */
const HIDDEN = {
  "{": "\u2983",
  "}": "\u2984",
  ":": "\u2982",
  ",": "\u2981",
  "[": "\u27e6",
  "]": "\u27e7",
  "#": "\u2988",
  '"': "\u2989",
  "'": "\u298a",
};

export function hide(text: string): string {
  return text.replace(/[{}:,[\]#"']/g, (sign) => HIDDEN[sign as keyof typeof HIDDEN]);
}

const SHOWN = new Map(Object.entries(HIDDEN).map(([sign, hidden]) => [hidden, sign]));

export function reveal(text: string): string {
  return [...text].map((sign) => SHOWN.get(sign) ?? sign).join("");
}
