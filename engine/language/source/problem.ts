/**
 * What can be wrong with a set of rule files. A problem is a value: nothing here throws, and a check goes on after the
 * first, so that all problems of all files are told at once. Codes are stable; `wrong-rules.test.ts` shows each.
 */
import { problemCharsMax } from "../../limits-of-rules.ts";
import type { RuleFile, Span } from "./source.ts";
import { placeOf } from "./source.ts";

/** code -> what it means, for the documentation. */
export const RULE_PROBLEMS = {
  yaml_syntax: "The file is not well-formed YAML.",
  yaml_feature: "The file uses a part of YAML that rule files do without: anchors, aliases, tags, several documents.",
  wrong_shape: "A text, a list or a mapping stands where another of them is expected.",
  broken_link: "A link in the folder of rules leads nowhere, or to a folder, which is not followed.",
  unknown_folder: "The file lies in a folder that holds no rules.",
  unknown_key: "A key that this kind of file does not have.",
  missing_key: "A required key, or its value, is missing.",
  bad_name: "A name is not of the required form.",
  file_name_differs: "A rule and its file must have the same name.",
  duplicate_name: "Two files declare the same name.",
  reserved_word: "A name is a word of the language.",
  unknown_type: "There is no such type of field.",
  unknown_choice: "A value is not among those allowed here.",
  condition_syntax: "A line is not a well-formed condition.",
  bad_character: "A character or an operator that the language does not have.",
  unknown_name: "A name that is neither a field nor a property.",
  unknown_event: "There is no such event.",
  unknown_property: "The event has no such property.",
  unknown_segment: "There is no such segment.",
  unknown_column: "The file that is read has no such column.",
  ambiguous_word: "A word without quotes can be read as a text and as a field.",
  type_mismatch: "Two values of different types are compared.",
  not_applicable: "An operator cannot be applied to a value of this type, or not at this place.",
  always_the_same: "A condition is true for everybody or for nobody.",
  inexact: "What is asked for is exact up to a bound only.",
  bad_number: "A number is too large or has too many decimals.",
  bad_instant: "A date or a time does not exist, or lacks its time zone.",
  bad_duration: "A duration has an unknown unit or is outside its limits.",
  data_use: "A field is read against the ground on which it is kept, or something is sent that nobody is asked about.",
  beyond_retention: "A window is longer than its event is kept, or what is asked of a field comes after it is kept.",
  segment_cycle: "Segments refer to each other in a circle.",
  over_limit: "A line, a rule or the whole set is larger than allowed.",
  template_syntax: "A template is not of the form of templates, or uses a part of Handlebars that they do without.",
  template_markup: "Markup that does not belong into a page, or a value at a place where it would not stay a value.",
  unknown_template: "A content that is rendered, or a trigger, names a template that is not there.",
  no_way_out: "A message that is not owed to the customer says nowhere how to stop such messages.",
  stream_collision: "Two conditions on events have the same short id; reword one.",
} as const satisfies Record<string, string>;

export type RuleProblemCode = keyof typeof RULE_PROBLEMS;

export interface RuleProblem {
  readonly code: RuleProblemCode;
  /** Relative to the brand folder. */
  readonly path: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in characters. */
  readonly column: number;
  /** Characters to underline. */
  readonly length: number;
  readonly lineText: string;
  /** The reason: what is wrong and why. One or two sentences. */
  readonly message: string;
  /** What to write instead, or where to look. */
  readonly suggestion: string;
  /** Only to be known: the rules are sound all the same. */
  readonly notice: boolean;
}

/** What a part of the checker says about a place; `report` turns it into a problem. */
export interface Complaint {
  readonly code: RuleProblemCode;
  readonly span: Span;
  readonly message: string;
  readonly suggestion: string;
  /** Told, and no reason to refuse the rules. */
  readonly notice?: true;
}

/** Collects the problems of one file. */
export type Report = (complaint: Complaint) => void;

export interface ProblemList {
  reportOn(file: RuleFile): Report;
  /** What the rules are refused for, in the order of paths, then of places; the same place and code once. */
  sorted(): readonly RuleProblem[];
  /** The others. */
  notices(): readonly RuleProblem[];
}

export function createProblemList(): ProblemList {
  const problems = new Map<string, RuleProblem>();
  return {
    reportOn: (file) => (complaint) => {
      const { code } = complaint;
      const message = shortened(complaint.message);
      const suggestion = shortened(complaint.suggestion);
      const place = placeOf(file.text, complaint.span);
      const problem = Object.freeze({
        code,
        path: file.path,
        ...place,
        message,
        suggestion,
        notice: complaint.notice === true,
      });
      const key = JSON.stringify([file.path, place.line, place.column, code]);
      if (!problems.has(key)) problems.set(key, problem);
    },
    sorted: () => [...problems.values()].filter(({ notice }) => !notice).sort(compareProblems),
    notices: () => [...problems.values()].filter(({ notice }) => notice).sort(compareProblems),
  };
}

/** What is quoted from a file can be as long as the file; its middle says nothing, and the line itself is shown below. */
function shortened(text: string): string {
  const letters = [...text];
  if (letters.length <= problemCharsMax) return text;
  return `${letters.slice(0, problemCharsMax / 2).join("")} … ${letters.slice(-problemCharsMax / 4).join("")}`;
}

function compareProblems(a: RuleProblem, b: RuleProblem): number {
  if (a.path !== b.path) return a.path < b.path ? -1 : 1;
  return a.line - b.line || a.column - b.column;
}
