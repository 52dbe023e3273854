/**
 * The part of the grammar that says what a profile's events come to: aggregates with their `where` and their windows. A
 * `where` is made of conditions again, which are in grammar.ts.
 */
import {
  EmbeddedActionsParser,
  type IParserErrorMessageProvider,
  type IToken,
  type ParserMethod,
  type TokenType,
} from "chevrotain";
import type { Reduce } from "../../model/plan.ts";
import { cover, type Span } from "../source/source.ts";
import {
  type AggregateSyntax,
  type ConditionSyntax,
  type DurationSyntax,
  freeze,
  type LocalDaysSyntax,
  type Name,
  type WindowSyntax,
} from "./syntax.ts";
import { keywords as k, softKeywords as s, tokens as t, tokenTypes } from "./tokens.ts";

/** `first of E.p` is a value, `first E` an instant. */
const ENDS: Readonly<Record<string, Reduce>> = { first: "first-value", last: "last-value" };

export abstract class AggregateGrammar extends EmbeddedActionsParser {
  /** Turns an offset in the line into one in the file; set before each parse. */
  place: (offset: number) => number = (offset) => offset;

  /** How many `where` the word at hand is within. */
  protected whereDepth = 0;

  /** Of grammar.ts. */
  abstract readonly condition: ParserMethod<[], ConditionSyntax>;
  abstract readonly predicate: ParserMethod<[], ConditionSyntax>;

  /** @param validate looks for ambiguities, which takes long and is for a test */
  constructor(errorMessageProvider: IParserErrorMessageProvider, validate: boolean) {
    super(tokenTypes, { errorMessageProvider, maxLookahead: 2, skipValidations: !validate });
  }

  override reset(): void {
    super.reset();
    this.whereDepth = 0;
  }

  /** aggregate = ( "count" | "sum" | "average" | "smallest" | "largest" | "distinct" | "days" | "first" | "last" ) "of" name [ where ] [ window ] */
  readonly aggregate: ParserMethod<[], AggregateSyntax> = this.RULE("aggregate", () => {
    const start = this.OR<IToken>([
      { ALT: () => this.CONSUME(k.count) },
      { ALT: () => this.CONSUME(k.sum) },
      { ALT: () => this.CONSUME(s.average) },
      { ALT: () => this.CONSUME(s.smallest) },
      { ALT: () => this.CONSUME(s.largest) },
      { ALT: () => this.CONSUME(s.distinct) },
      { ALT: () => this.CONSUME(s.days) },
      { ALT: () => this.CONSUME(k.first) },
      { ALT: () => this.CONSUME(k.last) },
    ]);
    this.CONSUME(k.of);
    const of = this.SUBRULE(this.name);
    const where = this.OPTION(() => this.SUBRULE(this.where));
    const window = this.OPTION1({ GATE: () => this.windowFollows(), DEF: () => this.SUBRULE(this.window) });
    return this.ACTION(() => {
      const span = cover(this.spanOf(start), window?.span ?? where?.span ?? of.span);
      const word = start.image as "count";
      const reduce: Reduce = ENDS[start.image] ?? word;
      return freeze({ kind: "aggregate", reduce, of, where, window, span });
    });
  });

  /** `count of x in [1, 2]` and `count of x between 1 and 2` compare the count; between dates lies a window. */
  protected windowFollows(): boolean {
    const compares = this.LA(1).tokenType === k.between && this.LA(2).tokenType !== t.Instant;
    return !compares && !this.reads(k.in, t.OpenList);
  }

  /** window = "in" "last" duration | "ever" | ( "today" | "this" period | "since" date | "between" date "and" date ) [ brand ] */
  readonly window: ParserMethod<[], WindowSyntax> = this.RULE("window", () =>
    this.OR<WindowSyntax>([
      {
        ALT: () => {
          const start = this.CONSUME(k.in);
          this.CONSUME(k.last);
          const length = this.SUBRULE(this.duration);
          return this.ACTION(() => freeze({ kind: "last", length, span: cover(this.spanOf(start), length.span) }));
        },
      },
      {
        ALT: () => {
          const token = this.CONSUME(k.ever);
          return this.ACTION(() => freeze({ kind: "ever", span: this.spanOf(token) }));
        },
      },
      {
        ALT: () => {
          const local = this.SUBRULE(this.localWindow);
          const brand = this.OPTION({ GATE: () => this.reads(k.in, s.brand), DEF: () => this.SUBRULE(this.brandTime) });
          return this.ACTION(() => {
            const span = brand === undefined ? local.span : cover(local.span, brand);
            return freeze({ ...local, byBrand: brand !== undefined, span });
          });
        },
      },
    ]),
  );

  readonly localWindow: ParserMethod<[], LocalDaysSyntax> = this.RULE("localWindow", () =>
    this.OR<LocalDaysSyntax>([
      {
        ALT: () => {
          const token = this.CONSUME(s.today);
          const span = this.spanOf(token);
          return this.ACTION(() => ({ kind: "calendar", period: { name: "day", span }, span }));
        },
      },
      {
        ALT: () => {
          const start = this.CONSUME(s.this);
          const period = this.SUBRULE(this.name);
          return this.ACTION(() => ({ kind: "calendar", period, span: cover(this.spanOf(start), period.span) }));
        },
      },
      {
        ALT: () => {
          const start = this.CONSUME(s.since);
          const from = this.SUBRULE(this.date);
          return this.ACTION(() => ({ kind: "since", from, span: cover(this.spanOf(start), from.span) }));
        },
      },
      {
        ALT: () => {
          const start = this.CONSUME(k.between);
          const from = this.SUBRULE1(this.date);
          this.CONSUME(k.and);
          const to = this.SUBRULE2(this.date);
          return this.ACTION(() => ({ kind: "between", from, to, span: cover(this.spanOf(start), to.span) }));
        },
      },
    ]),
  );

  /** brandTime = "in" "brand" "time" */
  readonly brandTime: ParserMethod<[], Span> = this.RULE("brandTime", () => {
    const start = this.CONSUME(k.in);
    this.CONSUME(s.brand);
    const end = this.CONSUME(s.time);
    return this.ACTION(() => cover(this.spanOf(start), this.spanOf(end)));
  });

  readonly date: ParserMethod<[], Name> = this.RULE("date", () => {
    const token = this.CONSUME(t.Instant);
    return this.ACTION(() => freeze({ name: token.image, span: this.spanOf(token) }));
  });

  /** extreme = ( "first" | "last" ) name [ where ] */
  readonly extreme: ParserMethod<[], AggregateSyntax> = this.RULE("extreme", () => {
    const start = this.OR<IToken>([{ ALT: () => this.CONSUME(k.first) }, { ALT: () => this.CONSUME(k.last) }]);
    const of = this.SUBRULE(this.name);
    const where = this.OPTION(() => this.SUBRULE(this.where));
    return this.ACTION(() => {
      const span = cover(this.spanOf(start), where?.span ?? of.span);
      return freeze({ kind: "aggregate", reduce: start.image as "first" | "last", of, where, window: undefined, span });
    });
  });

  /** where = "where" ( "(" condition ")" | predicate ); without parentheses it holds one comparison only */
  readonly where: ParserMethod<[], ConditionSyntax> = this.RULE("where", () => {
    this.CONSUME(k.where);
    this.whereDepth += 1;
    const condition = this.OR<ConditionSyntax>({
      IGNORE_AMBIGUITIES: true,
      DEF: [
        {
          ALT: () => {
            this.CONSUME(t.Open);
            const inner = this.SUBRULE(this.condition);
            this.CONSUME(t.Close);
            return inner;
          },
        },
        { ALT: () => this.SUBRULE(this.predicate) },
      ],
    });
    this.whereDepth -= 1;
    return condition;
  });

  /** duration = number unit */
  readonly duration: ParserMethod<[], DurationSyntax> = this.RULE("duration", () => {
    const count = this.CONSUME(t.Numeral);
    const unit = this.CONSUME(t.Word);
    return this.ACTION(() => {
      const span = cover(this.spanOf(count), this.spanOf(unit));
      return freeze({ count: Number(count.image), unit: this.nameOf(unit), span });
    });
  });

  readonly name: ParserMethod<[], Name> = this.RULE("name", () => {
    const token = this.OR<IToken>([{ ALT: () => this.CONSUME(t.Word) }, { ALT: () => this.CONSUME(t.TickedName) }]);
    return this.ACTION(() => freeze(this.nameOf(token)));
  });

  protected reads(first: TokenType, second: TokenType): boolean {
    return this.LA(1).tokenType === first && this.LA(2).tokenType === second;
  }

  protected spanOf(token: IToken): Span {
    return { start: this.place(token.startOffset), end: this.place(token.startOffset + token.image.length) };
  }

  protected nameOf(token: IToken): Name {
    return { name: /^[`"']/.test(token.image) ? token.image.slice(1, -1) : token.image, span: this.spanOf(token) };
  }
}
