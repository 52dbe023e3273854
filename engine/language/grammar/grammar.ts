/**
 * The grammar of a condition line, from words to syntax tree. One method is one production; the production is its
 * comment; values are in operand-grammar.ts. What a wrong line is answered with is in grammar-faults.ts.
 */
import type { IParserErrorMessageProvider, IToken, ParserMethod } from "chevrotain";
import { EventGrammar } from "./event-grammar.ts";
import type { Rest } from "./near-grammar.ts";
import { cover, type Span } from "../source/source.ts";
import {
  type ComparisonOperator,
  type ConditionSyntax,
  freeze,
  type NearDaySyntax,
  type OperandSyntax,
} from "./syntax.ts";
import { keywords as k, softKeywords as w, tokens as t } from "./tokens.ts";

export class ConditionGrammar extends EventGrammar {
  constructor(errorMessageProvider: IParserErrorMessageProvider, validate: boolean) {
    super(errorMessageProvider, validate);
    this.performSelfAnalysis();
  }

  /** condition = conjunction { "or" conjunction } */
  readonly condition: ParserMethod<[], ConditionSyntax> = this.RULE("condition", () => {
    const parts: ConditionSyntax[] = [this.SUBRULE(this.conjunction)];
    this.MANY(() => {
      this.CONSUME(k.or);
      parts.push(this.SUBRULE2(this.conjunction));
    });
    return this.ACTION(() => joined("any", parts));
  });

  /** conjunction = negation { "and" negation } */
  readonly conjunction: ParserMethod<[], ConditionSyntax> = this.RULE("conjunction", () => {
    const parts: ConditionSyntax[] = [this.SUBRULE(this.negation)];
    this.MANY(() => {
      this.CONSUME(k.and);
      parts.push(this.SUBRULE2(this.negation));
    });
    return this.ACTION(() => joined("all", parts));
  });

  /** negation = "not" negation | "(" condition ")" | "in" "segment" name | "never" event [ where ] [ window ] | predicate */
  readonly negation: ParserMethod<[], ConditionSyntax> = this.RULE("negation", () =>
    this.OR<ConditionSyntax>({
      IGNORE_AMBIGUITIES: true,
      DEF: [
        {
          ALT: () => {
            const not = this.CONSUME(k.not);
            const part = this.SUBRULE(this.negation);
            return this.ACTION(() => freeze({ kind: "not", part, span: cover(this.spanOf(not), part.span) }));
          },
        },
        {
          // `(a + b) / 2 > 3` is a comparison.
          GATE: () => !this.opensOperand(),
          ALT: () => {
            this.CONSUME(t.Open);
            const inner = this.SUBRULE(this.condition);
            this.CONSUME(t.Close);
            return inner;
          },
        },
        {
          ALT: () => {
            const start = this.CONSUME(k.in);
            this.CONSUME(k.segment);
            const segment = this.SUBRULE(this.segmentName);
            return this.ACTION(() =>
              freeze({ kind: "in-segment", segment, span: cover(this.spanOf(start), segment.span) }),
            );
          },
        },
        {
          ALT: () => {
            const start = this.CONSUME1(k.in);
            this.CONSUME(w.list);
            const list = this.SUBRULE(this.listName);
            return this.ACTION(() => freeze({ kind: "in-list", list, span: cover(this.spanOf(start), list.span) }));
          },
        },
        {
          GATE: () => this.LA(2).tokenType === k.segment,
          ALT: () => this.SUBRULE(this.turned),
        },
        { GATE: () => this.reads(t.Percent, k.of), ALT: () => this.SUBRULE(this.sample) },
        {
          ALT: () => {
            const start = this.CONSUME(k.never);
            const event = this.SUBRULE(this.name);
            const where = this.OPTION(() => this.SUBRULE(this.where));
            const window = this.OPTION1(() => this.SUBRULE(this.window));
            return this.ACTION(() => {
              const span = cover(this.spanOf(start), window?.span ?? where?.span ?? event.span);
              return freeze({ kind: "never", event, where, window, span });
            });
          },
        },
        { ALT: () => this.SUBRULE(this.predicate) },
      ],
    }),
  );

  /** turned = ( "entered" | "left" ) "segment" name "in" "last" duration */
  readonly turned: ParserMethod<[], ConditionSyntax> = this.RULE("turned", () => {
    const word = this.OR<IToken>([{ ALT: () => this.CONSUME(w.entered) }, { ALT: () => this.CONSUME(w.left) }]);
    this.CONSUME(k.segment);
    const segment = this.SUBRULE(this.segmentName);
    this.CONSUME(k.in);
    this.CONSUME(k.last);
    const length = this.SUBRULE(this.duration);
    return this.ACTION(() => {
      const span = cover(this.spanOf(word), length.span);
      return freeze({ kind: "turned", segment, entered: word.image === "entered", length, span });
    });
  });

  /** predicate = operand [ comparison | "is" ... | "in" list | "between" ... | text match | "was" ... ] */
  readonly predicate: ParserMethod<[], ConditionSyntax> = this.RULE("predicate", () => {
    const left = this.SUBRULE(this.operand);
    // `where gift in last 7 days`: the window belongs to the aggregate around, not to `gift`.
    const rest = this.OPTION({
      MAX_LOOKAHEAD: 1,
      GATE: () => !this.reads(k.in, k.last) && !this.reads(k.in, w.brand) && !this.endsWhere(),
      DEF: () => this.SUBRULE(this.rest),
    });
    const end = this.OPTION1({
      GATE: () => this.reads(k.in, w.brand),
      DEF: () => {
        this.CONSUME(k.in);
        this.CONSUME(w.brand);
        return this.CONSUME(w.time);
      },
    });
    return this.ACTION(() => {
      const part: ConditionSyntax = rest === undefined ? freeze({ kind: "truth", left, span: left.span }) : rest(left);
      if (end === undefined) return part;
      return freeze({ kind: "brand-time", part, span: cover(part.span, this.spanOf(end)) });
    });
  });

  readonly rest: ParserMethod<[], Rest> = this.RULE("rest", () =>
    this.OR<Rest>([
      { ALT: () => this.SUBRULE(this.comparison) },
      { ALT: () => this.SUBRULE(this.being) },
      { ALT: () => this.SUBRULE(this.oneOf) },
      { ALT: () => this.SUBRULE(this.between) },
      { ALT: () => this.SUBRULE(this.textMatch) },
      { ALT: () => this.SUBRULE(this.recency) },
      { ALT: () => this.SUBRULE(this.within) },
      { ALT: () => this.SUBRULE(this.has) },
      { ALT: () => this.SUBRULE(this.ofEvents) },
    ]),
  );

  /** comparison = ( "=" | "!=" | "<" | "<=" | ">" | ">=" ) operand */
  readonly comparison: ParserMethod<[], Rest> = this.RULE("comparison", () => {
    const sign = this.OR<IToken>([
      { ALT: () => this.CONSUME(t.Equal) },
      { ALT: () => this.CONSUME(t.NotEqual) },
      { ALT: () => this.CONSUME(t.Less) },
      { ALT: () => this.CONSUME(t.AtMost) },
      { ALT: () => this.CONSUME(t.Greater) },
      { ALT: () => this.CONSUME(t.AtLeast) },
    ]);
    const right = this.SUBRULE(this.operand);
    return this.ACTION(() => this.compared(sign.image as ComparisonOperator, this.spanOf(sign), right));
  });

  /** being = "is" [ "not" ] ( "known" | "unknown" | "today" | "tomorrow" | "yesterday" | operand ) */
  readonly being: ParserMethod<[], Rest> = this.RULE("being", () => {
    const is = this.CONSUME(k.is);
    const not = this.OPTION(() => this.CONSUME(k.not));
    return this.OR<Rest>({
      IGNORE_AMBIGUITIES: true,
      DEF: [
        {
          ALT: () => {
            const word = this.OR1<IToken>([
              { ALT: () => this.CONSUME(k.known) },
              { ALT: () => this.CONSUME(k.unknown) },
            ]);
            return this.ACTION(() => (left: OperandSyntax) => {
              const unknown = (word.image === "unknown") !== (not !== undefined);
              return freeze({ kind: "known", left, unknown, span: cover(left.span, this.spanOf(word)) });
            });
          },
        },
        {
          ALT: () => {
            const word = this.OR2<IToken>([
              { ALT: () => this.CONSUME(w.today) },
              { ALT: () => this.CONSUME(w.tomorrow) },
              { ALT: () => this.CONSUME(w.yesterday) },
            ]);
            return this.ACTION(() => (left: OperandSyntax) => {
              const day = word.image as NearDaySyntax["day"];
              const span = cover(left.span, this.spanOf(word));
              return freeze({ kind: "near-day", left, day, negated: not !== undefined, span });
            });
          },
        },
        {
          ALT: () => {
            const right = this.SUBRULE(this.operand);
            return this.ACTION(() => {
              const span = not === undefined ? this.spanOf(is) : cover(this.spanOf(is), this.spanOf(not));
              return this.compared(not === undefined ? "=" : "!=", span, right);
            });
          },
        },
      ],
    });
  });

  /** sample = percentage "of" "profiles" "by" text */
  readonly sample: ParserMethod<[], ConditionSyntax> = this.RULE("sample", () => {
    const percent = this.CONSUME(t.Percent);
    this.CONSUME(k.of);
    this.CONSUME(w.profiles);
    this.CONSUME(w.by);
    const salt = this.CONSUME(t.Text);
    return this.ACTION(() => {
      const percentSpan = this.spanOf(percent);
      return freeze({
        kind: "sample",
        percent: Number(percent.image.slice(0, -1)),
        percentSpan,
        salt: salt.image.slice(1, -1),
        span: cover(percentSpan, this.spanOf(salt)),
      });
    });
  });

  /** oneOf = [ "not" ] "in" list */
  readonly oneOf: ParserMethod<[], Rest> = this.RULE("oneOf", () => {
    const not = this.OPTION(() => this.CONSUME(k.not));
    this.CONSUME(k.in);
    const { values, end } = this.SUBRULE(this.list);
    return this.ACTION(
      () => (left: OperandSyntax) =>
        freeze({ kind: "one-of", left, negated: not !== undefined, values, span: cover(left.span, end) }),
    );
  });

  /** between = "between" operand "and" operand */
  readonly between: ParserMethod<[], Rest> = this.RULE("between", () => {
    this.CONSUME(k.between);
    const low = this.SUBRULE(this.operand);
    this.CONSUME(k.and);
    const high = this.SUBRULE2(this.operand);
    return this.ACTION(
      () => (left: OperandSyntax) => freeze({ kind: "between", left, low, high, span: cover(left.span, high.span) }),
    );
  });

  /** textMatch = ( "contains" | "starts" "with" | "ends" "with" ) operand */
  readonly textMatch: ParserMethod<[], Rest> = this.RULE("textMatch", () => {
    const sign = this.OR<IToken>([
      { ALT: () => this.CONSUME(k.contains) },
      { ALT: () => this.CONSUME(w.matches) },
      {
        ALT: () => {
          const verb = this.CONSUME(k.starts);
          this.CONSUME1(k.with);
          return verb;
        },
      },
      {
        ALT: () => {
          const verb = this.CONSUME(k.ends);
          this.CONSUME2(k.with);
          return verb;
        },
      },
    ]);
    const right = this.SUBRULE(this.operand);
    return this.ACTION(() => (left: OperandSyntax) => {
      const how = TEXT_MATCHES[sign.image as keyof typeof TEXT_MATCHES];
      const operatorSpan = this.spanOf(sign);
      return freeze({ kind: "text-match", left, how, operatorSpan, right, span: cover(left.span, right.span) });
    });
  });

  /** recency = "was" ( ( "more" | "less" ) "than" duration "ago" | ( "before" | "after" ) operand ) */
  readonly recency: ParserMethod<[], Rest> = this.RULE("recency", () => {
    const was = this.CONSUME(k.was);
    return this.OR<Rest>([
      {
        ALT: () => {
          const how = this.OR1<IToken>([{ ALT: () => this.CONSUME(k.more) }, { ALT: () => this.CONSUME(k.less) }]);
          this.CONSUME(k.than);
          const ago = this.SUBRULE(this.duration);
          const end = this.CONSUME(k.ago);
          return this.ACTION(() => (left: OperandSyntax) => {
            const span = cover(left.span, this.spanOf(end));
            return freeze({ kind: "recency", left, how: how.image as "more" | "less", ago, span });
          });
        },
      },
      {
        ALT: () => {
          const side = this.OR2<IToken>([{ ALT: () => this.CONSUME(k.before) }, { ALT: () => this.CONSUME(k.after) }]);
          const right = this.SUBRULE(this.operand);
          return this.ACTION(() =>
            this.compared(side.image === "before" ? "<" : ">", cover(this.spanOf(was), this.spanOf(side)), right),
          );
        },
      },
    ]);
  });

  private compared(operator: ComparisonOperator, operatorSpan: Span, right: OperandSyntax): Rest {
    return (left) => {
      const span = cover(left.span, right.span);
      return freeze({ kind: "compare", left, operator, operatorSpan, right, span });
    };
  }
}

const TEXT_MATCHES = { contains: "contains", matches: "matches", starts: "starts with", ends: "ends with" } as const;

function joined(kind: "all" | "any", parts: readonly ConditionSyntax[]): ConditionSyntax {
  const [first] = parts;
  const last = parts.at(-1);
  if (first === undefined || last === undefined) throw new Error("the grammar joined nothing");
  return parts.length === 1 ? first : freeze({ kind, parts: Object.freeze(parts), span: cover(first.span, last.span) });
}
