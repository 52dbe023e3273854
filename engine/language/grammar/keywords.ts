/** The words that the rule language keeps for itself; apart from the lexer, so that a worker loads a plan without it. */

export const KEYWORD_TEXTS = [
  "and",
  "or",
  "not",
  "in",
  "is",
  "between",
  "contains",
  "starts",
  "ends",
  "with",
  "known",
  "unknown",
  "was",
  "more",
  "less",
  "than",
  "ago",
  "before",
  "after",
  "never",
  "first",
  "last",
  "count",
  "sum",
  "of",
  "where",
  "ever",
  "segment",
  "true",
  "false",
] as const;
export type Keyword = (typeof KEYWORD_TEXTS)[number];

/** What stands before a property of the event at hand, where its name alone would not tell. */
export const EVENT_PROPERTIES = "event.properties.";

/**
 * Words that mean something at their place and are plain names elsewhere: a field may be called `size` or `today`. Where
 * the grammar could take one either way, it is the word of the language; in backticks it is the name.
 */
export const SOFT_KEYWORD_TEXTS = [
  "brand",
  "time",
  "local",
  "average",
  "smallest",
  "largest",
  "today",
  "this",
  "distinct",
  "then",
  "no",
  "same",
  "on",
  "different",
  "tomorrow",
  "yesterday",
  "weekday",
  "anniversary",
  "days",
  "weeks",
  "months",
  "years",
  "since",
  "until",
  "size",
  "lowercase",
  "uppercase",
  "round",
  "within",
  "next",
  "has",
  "any",
  "all",
  "none",
  "matches",
  "list",
  "profiles",
  "by",
  "entered",
  "left",
] as const;
export type SoftKeyword = (typeof SOFT_KEYWORD_TEXTS)[number];

/** Words that no field, property, event or segment may have without backticks. */
export const reservedWords: readonly string[] = KEYWORD_TEXTS;

/** Words that a name is put into backticks for where it is printed, as they may mean something there. */
export const softWords: readonly string[] = SOFT_KEYWORD_TEXTS;
