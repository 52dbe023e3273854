/**
 * The part of the grammar that says values: literals, names, aggregates of events and their windows. Conditions, in
 * grammar.ts, are made of these, and a `where` is made of conditions again.
 */
import {
  EmbeddedActionsParser,
  type IParserErrorMessageProvider,
  type IToken,
  type ParserMethod,
  type TokenType,
} from "chevrotain";
import { cover, type Span } from "./source.ts";
import {
  type AggregateSyntax,
  type ConditionSyntax,
  type DurationSyntax,
  freeze,
  type Name,
  type OperandSyntax,
} from "./syntax.ts";
import { keywords as k, tokens as t, tokenTypes } from "./tokens.ts";

export abstract class OperandGrammar extends EmbeddedActionsParser {
  /** Turns an offset in the line into one in the file; set before each parse. */
  place: (offset: number) => number = (offset) => offset;

  /** Of grammar.ts. */
  abstract readonly condition: ParserMethod<[], ConditionSyntax>;
  abstract readonly predicate: ParserMethod<[], ConditionSyntax>;

  /** @param validate looks for ambiguities, which takes long and is for a test */
  constructor(errorMessageProvider: IParserErrorMessageProvider, validate: boolean) {
    super(tokenTypes, { errorMessageProvider, maxLookahead: 2, skipValidations: !validate });
  }

  /** operand = word | text | number | date | "true" | "false" | ("count"|"sum") "of" ... | ("first"|"last") event [where] */
  readonly operand: ParserMethod<[], OperandSyntax> = this.RULE("operand", () =>
    this.OR<OperandSyntax>([
      { ALT: () => this.SUBRULE(this.aggregate) },
      { ALT: () => this.SUBRULE(this.extreme) },
      { ALT: () => this.SUBRULE(this.word) },
      {
        ALT: () => {
          const token = this.CONSUME(t.Text);
          return this.ACTION(() =>
            freeze({ kind: "text", value: unquote(token.image).normalize("NFC"), span: this.spanOf(token) }),
          );
        },
      },
      {
        ALT: () => {
          const token = this.CONSUME(t.Numeral);
          return this.ACTION(() => freeze({ kind: "number", value: Number(token.image), span: this.spanOf(token) }));
        },
      },
      {
        ALT: () => {
          const token = this.CONSUME(t.Instant);
          return this.ACTION(() => freeze({ kind: "instant", written: token.image, span: this.spanOf(token) }));
        },
      },
      {
        ALT: () => {
          const token = this.OR1<IToken>([{ ALT: () => this.CONSUME(k.true) }, { ALT: () => this.CONSUME(k.false) }]);
          return this.ACTION(() =>
            freeze({ kind: "boolean", value: token.image === "true", span: this.spanOf(token) }),
          );
        },
      },
    ]),
  );

  readonly word: ParserMethod<[], OperandSyntax> = this.RULE("word", () => {
    const token = this.OR<IToken>([{ ALT: () => this.CONSUME(t.Word) }, { ALT: () => this.CONSUME(t.TickedName) }]);
    return this.ACTION(() => freeze({ kind: "word", ...this.nameOf(token), ticked: token.image.startsWith("`") }));
  });

  /** aggregate = ( "count" | "sum" ) "of" name [ where ] [ "in" "last" duration | "ever" ] */
  readonly aggregate: ParserMethod<[], AggregateSyntax> = this.RULE("aggregate", () => {
    const start = this.OR<IToken>([{ ALT: () => this.CONSUME(k.count) }, { ALT: () => this.CONSUME(k.sum) }]);
    this.CONSUME(k.of);
    const of = this.SUBRULE(this.name);
    const where = this.OPTION(() => this.SUBRULE(this.where));
    let window: DurationSyntax | undefined;
    let ever: IToken | undefined;
    this.OPTION1({
      // `count of x in [1, 2]` compares the count.
      GATE: () => !this.reads(k.in, t.OpenList),
      DEF: () =>
        this.OR1([
          {
            ALT: () => {
              this.CONSUME(k.in);
              this.CONSUME(k.last);
              window = this.SUBRULE(this.duration);
            },
          },
          {
            ALT: () => {
              ever = this.CONSUME(k.ever);
            },
          },
        ]),
    });
    return this.ACTION(() => {
      const end = window?.span ?? (ever === undefined ? undefined : this.spanOf(ever)) ?? where?.span ?? of.span;
      const reduce = start.image as "count" | "sum";
      return freeze({ kind: "aggregate", reduce, of, where, window, span: cover(this.spanOf(start), end) });
    });
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
    return this.OR<ConditionSyntax>([
      {
        ALT: () => {
          this.CONSUME(t.Open);
          const inner = this.SUBRULE(this.condition);
          this.CONSUME(t.Close);
          return inner;
        },
      },
      { ALT: () => this.SUBRULE(this.predicate) },
    ]);
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

  readonly segmentName: ParserMethod<[], Name> = this.RULE("segmentName", () => {
    const token = this.OR<IToken>([
      { ALT: () => this.CONSUME(t.Word) },
      { ALT: () => this.CONSUME(t.TickedName) },
      { ALT: () => this.CONSUME(t.Text) },
    ]);
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

function unquote(image: string): string {
  const inner = image.slice(1, -1);
  return image.startsWith('"') ? inner.replace(/\\(.)/g, "$1") : inner;
}
