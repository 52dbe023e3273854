/**
 * The part of the grammar that says values: literals, names, arithmetic, functions (function-grammar.ts) and aggregates of
 * events (aggregate-grammar.ts). Conditions, in grammar.ts, are made of these.
 */
import { EOF, type IToken, type ParserMethod, type TokenType } from "chevrotain";
import { unitMs } from "./duration.ts";
import { FunctionGrammar } from "./function-grammar.ts";
import { cover } from "../source/source.ts";
import { type ArithmeticSyntax, freeze, type Name, type OperandSyntax } from "./syntax.ts";
import { keywords as k, softKeywords as w, tokens as t } from "./tokens.ts";

export abstract class OperandGrammar extends FunctionGrammar {
  /** operand = product { ( "+" | "-" ) product } */
  readonly operand: ParserMethod<[], OperandSyntax> = this.RULE("operand", () => {
    let left = this.SUBRULE(this.product);
    this.MANY(() => {
      const sign = this.OR<IToken>([{ ALT: () => this.CONSUME(t.Plus) }, { ALT: () => this.CONSUME(t.Minus) }]);
      const right = this.SUBRULE2(this.product);
      left = this.ACTION(() => this.calculated(left, sign, right));
    });
    return left;
  });

  /** product = factor { ( "*" | "/" ) factor } */
  readonly product: ParserMethod<[], OperandSyntax> = this.RULE("product", () => {
    let left = this.SUBRULE(this.factor);
    this.MANY(() => {
      const sign = this.OR<IToken>([{ ALT: () => this.CONSUME(t.Times) }, { ALT: () => this.CONSUME(t.Divide) }]);
      const right = this.SUBRULE2(this.factor);
      left = this.ACTION(() => this.calculated(left, sign, right));
    });
    return left;
  });

  private calculated(left: OperandSyntax, sign: IToken, right: OperandSyntax): OperandSyntax {
    const operator = sign.image as ArithmeticSyntax["operator"];
    const span = cover(left.span, right.span);
    return freeze({ kind: "arithmetic", operator, operatorSpan: this.spanOf(sign), left, right, span });
  }

  /** factor = "(" operand ")" | aggregate | extreme | a function, a clock | literal | name */
  readonly factor: ParserMethod<[], OperandSyntax> = this.RULE("factor", () =>
    this.OR<OperandSyntax>({
      IGNORE_AMBIGUITIES: true,
      DEF: [
        {
          ALT: () => {
            this.CONSUME(t.Open);
            const inner = this.SUBRULE(this.operand);
            this.CONSUME(t.Close);
            return inner;
          },
        },
        { ALT: () => this.SUBRULE(this.aggregate) },
        { ALT: () => this.SUBRULE(this.extreme) },
        { GATE: () => this.reads(w.size, k.of), ALT: () => this.SUBRULE(this.size) },
        { GATE: () => this.reads(w.anniversary, k.of), ALT: () => this.SUBRULE(this.anniversary) },
        { GATE: () => this.opensFunction(), ALT: () => this.SUBRULE(this.textFunction) },
        { GATE: () => this.opensCalendar(), ALT: () => this.SUBRULE(this.calendar) },
        { GATE: () => this.opensClock(), ALT: () => this.SUBRULE(this.clock) },
        { ALT: () => this.SUBRULE(this.word) },
        { ALT: () => this.SUBRULE(this.literal) },
      ],
    }),
  );

  /** literal = text | number [ unit ] | percentage | date | time | "true" | "false" */
  readonly literal: ParserMethod<[], OperandSyntax> = this.RULE("literal", () =>
    this.OR<OperandSyntax>([
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
          const unit = this.OPTION({
            GATE: () => unitMs(this.LA(1).image) !== undefined,
            DEF: () => this.CONSUME(t.Word),
          });
          return this.ACTION(() => {
            const [count, span] = [Number(token.image), this.spanOf(token)];
            if (unit === undefined) return freeze({ kind: "number", value: count, span });
            return freeze({ kind: "duration", count, unit: this.nameOf(unit), span: cover(span, this.spanOf(unit)) });
          });
        },
      },
      {
        ALT: () => {
          const token = this.CONSUME(t.Percent);
          return this.ACTION(() =>
            freeze({ kind: "percentage", value: Number(token.image.slice(0, -1)), span: this.spanOf(token) }),
          );
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
          const token = this.CONSUME(t.Clock);
          return this.ACTION(() => freeze({ kind: "time", written: token.image, span: this.spanOf(token) }));
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

  /** Whether the parenthesis here closes before something that goes on with a value. */
  protected opensOperand(): boolean {
    if (this.LA(1).tokenType !== t.Open) return false;
    let depth = 0;
    for (let ahead = 1; ; ahead++) {
      const { tokenType } = this.LA(ahead);
      if (tokenType === EOF) return false;
      if (tokenType === t.Open) depth++;
      if (tokenType === t.Close && --depth === 0) return AFTER_VALUES.includes(this.LA(ahead + 1).tokenType);
    }
  }

  readonly word: ParserMethod<[], OperandSyntax> = this.RULE("word", () => {
    const token = this.OR<IToken>([{ ALT: () => this.CONSUME(t.Word) }, { ALT: () => this.CONSUME(t.TickedName) }]);
    return this.ACTION(() => freeze({ kind: "word", ...this.nameOf(token), ticked: token.image.startsWith("`") }));
  });

  readonly segmentName: ParserMethod<[], Name> = this.anyName("segmentName");
  readonly listName: ParserMethod<[], Name> = this.anyName("listName");
  readonly placeName: ParserMethod<[], Name> = this.anyName("placeName");

  private anyName(rule: string): ParserMethod<[], Name> {
    return this.RULE(rule, () => {
      const token = this.OR<IToken>([
        { ALT: () => this.CONSUME(t.Word) },
        { ALT: () => this.CONSUME(t.TickedName) },
        { ALT: () => this.CONSUME(t.Text) },
      ]);
      return this.ACTION(() => freeze(this.nameOf(token)));
    });
  }
}

/** What follows a value and never a whole condition. */
const AFTER_VALUES: readonly TokenType[] = [
  t.Plus,
  t.Minus,
  t.Times,
  t.Divide,
  t.Equal,
  t.NotEqual,
  t.Less,
  t.AtMost,
  t.Greater,
  t.AtLeast,
  k.is,
  k.between,
  k.was,
  k.contains,
  k.starts,
  k.ends,
  w.within,
  w.has,
  w.matches,
];

function unquote(image: string): string {
  const inner = image.slice(1, -1);
  return image.startsWith('"') ? inner.replace(/\\(.)/g, "$1") : inner;
}
