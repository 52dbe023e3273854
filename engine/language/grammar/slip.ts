/** A known slip in a line of conditions: how it is recognised by the words around the fault, and what is said of it. */
import { reservedWords } from "./keywords.ts";

export interface Fault {
  readonly words: readonly string[];
  /** Of the word at which the grammar gave up; `words.length` at the end of the line. */
  readonly index: number;
  /** Label of the one token that would have been right; undefined when there were several. */
  readonly expected: string | undefined;
  /** The innermost production at work. */
  readonly rule: string;
  /** The whole line is about what sets a trigger off. */
  readonly isOccasion: boolean;
}

/** A fault with the words around it named; `at` is empty at the end of the line. */
export interface Around extends Fault {
  readonly at: string;
  readonly before: string;
  readonly beforeThat: string;
  readonly next: string;
}

export interface Slip {
  readonly is: (around: Around) => boolean;
  readonly say: (around: Around) => readonly [message: string, suggestion: string];
}

export const isWord = (text: string): boolean => /^[\p{L}_]/u.test(text);
export const isNumeral = (text: string): boolean => /^-?\d/.test(text);
export const isReserved = (text: string): boolean => reservedWords.includes(text);
