/**
 * The part of the grammar that says values: literals, names, and aggregates of events (aggregate-grammar.ts). Conditions,
 * in grammar.ts, are made of these.
 */
import type { IToken, ParserMethod } from "chevrotain";
import { AggregateGrammar } from "./aggregate-grammar.ts";
import { type EventSyntax, freeze, type Name, type OperandSyntax } from "./syntax.ts";
import { keywords as k, tokens as t } from "./tokens.ts";

export abstract class OperandGrammar extends AggregateGrammar {
  /** operand = word | text | number | date | "true" | "false" | aggregate | extreme */
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

  /** occasion = name [ where ] */
  readonly occasion: ParserMethod<[], EventSyntax> = this.RULE("occasion", () => {
    const event = this.SUBRULE(this.name);
    const where = this.OPTION(() => this.SUBRULE(this.where));
    return this.ACTION(() => freeze({ event, where }));
  });

  readonly segmentName: ParserMethod<[], Name> = this.RULE("segmentName", () => {
    const token = this.OR<IToken>([
      { ALT: () => this.CONSUME(t.Word) },
      { ALT: () => this.CONSUME(t.TickedName) },
      { ALT: () => this.CONSUME(t.Text) },
    ]);
    return this.ACTION(() => freeze(this.nameOf(token)));
  });
}

function unquote(image: string): string {
  const inner = image.slice(1, -1);
  return image.startsWith('"') ? inner.replace(/\\(.)/g, "$1") : inner;
}
