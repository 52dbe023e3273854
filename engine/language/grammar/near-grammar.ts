/**
 * The part of the grammar of what follows a value: lists of values, and what is near in time or on earth. The other
 * comparisons are in grammar.ts.
 */
import type { IToken, ParserMethod } from "chevrotain";
import { OperandGrammar } from "./operand-grammar.ts";
import { cover, type Span } from "../source/source.ts";
import {
  type ConditionSyntax,
  freeze,
  type HasSyntax,
  type OperandSyntax,
  type PlaceSyntax,
  type RangeSyntax,
  type WithinSyntax,
} from "./syntax.ts";
import { keywords as k, softKeywords as w, tokens as t } from "./tokens.ts";

/** What follows the left side of a condition, waiting for it. */
export type Rest = (left: OperandSyntax) => ConditionSyntax;

export abstract class NearGrammar extends OperandGrammar {
  /** within = "within" ( ( "next" | "last" ) duration | number unit "of" target ) */
  readonly within: ParserMethod<[], Rest> = this.RULE("within", () => {
    this.CONSUME(w.within);
    return this.OR<Rest>([
      {
        ALT: () => {
          const side = this.OR1<IToken>([{ ALT: () => this.CONSUME(w.next) }, { ALT: () => this.CONSUME(k.last) }]);
          const length = this.SUBRULE(this.duration);
          return this.ACTION(() => (left: OperandSyntax) => {
            const span = cover(left.span, length.span);
            return freeze({ kind: "within", left, side: side.image as WithinSyntax["side"], length, span });
          });
        },
      },
      {
        ALT: () => {
          const count = this.CONSUME(t.Numeral);
          const unit = this.CONSUME(t.Word);
          this.CONSUME(k.of);
          const target = this.SUBRULE(this.target);
          return this.ACTION(() => (left: OperandSyntax) => {
            const span = cover(left.span, target.span);
            return freeze({
              kind: "near-place",
              left,
              count: Number(count.image),
              unit: this.nameOf(unit),
              target,
              span,
            });
          });
        },
      },
    ]);
  });

  /** target = "[" number "," number "]" | "any" kind | kind name */
  readonly target: ParserMethod<[], PlaceSyntax> = this.RULE("target", () =>
    this.OR<PlaceSyntax>([
      {
        ALT: () => {
          const start = this.CONSUME(t.OpenList);
          const latitude = this.CONSUME1(t.Numeral);
          this.CONSUME(t.Comma);
          const longitude = this.CONSUME2(t.Numeral);
          const end = this.CONSUME(t.CloseList);
          return this.ACTION(() => {
            const span = cover(this.spanOf(start), this.spanOf(end));
            return freeze({
              kind: "point",
              latitude: Number(latitude.image),
              longitude: Number(longitude.image),
              span,
            });
          });
        },
      },
      {
        ALT: () => {
          const first = this.SUBRULE1(this.placeName);
          const second = this.SUBRULE2(this.placeName);
          return this.ACTION(() => {
            const span = cover(first.span, second.span);
            if (first.name === "any") return freeze({ kind: "named", group: second, name: undefined, span });
            return freeze({ kind: "named", group: first, name: second, span });
          });
        },
      },
    ]),
  );

  /** has = "has" ( "any" | "all" | "none" ) "of" list */
  readonly has: ParserMethod<[], Rest> = this.RULE("has", () => {
    const start = this.CONSUME(w.has);
    const how = this.OR<IToken>([
      { ALT: () => this.CONSUME(w.any) },
      { ALT: () => this.CONSUME(w.all) },
      { ALT: () => this.CONSUME(w.none) },
    ]);
    const of = this.CONSUME(k.of);
    const { values, end } = this.SUBRULE(this.list);
    return this.ACTION(() => (left: OperandSyntax) => {
      const operatorSpan = cover(this.spanOf(start), this.spanOf(of));
      const plain = values.flatMap((value) => (value.kind === "range" ? [value.from, value.to] : [value]));
      const span = cover(left.span, end);
      return freeze({ kind: "has", left, how: how.image as HasSyntax["how"], operatorSpan, values: plain, span });
    });
  });

  /** list = "[" entry { "," entry } "]" */
  readonly list: ParserMethod<[], { values: readonly (OperandSyntax | RangeSyntax)[]; end: Span }> = this.RULE(
    "list",
    () => {
      this.CONSUME(t.OpenList);
      const values = [this.SUBRULE(this.entry)];
      this.MANY(() => {
        this.CONSUME(t.Comma);
        values.push(this.SUBRULE2(this.entry));
      });
      const end = this.CONSUME(t.CloseList);
      return this.ACTION(() => ({ values: Object.freeze(values), end: this.spanOf(end) }));
    },
  );

  /** entry = operand [ ".." operand ] */
  readonly entry: ParserMethod<[], OperandSyntax | RangeSyntax> = this.RULE("entry", () => {
    const from = this.SUBRULE(this.operand);
    const to = this.OPTION(() => {
      this.CONSUME(t.Range);
      return this.SUBRULE2(this.operand);
    });
    return this.ACTION(() =>
      to === undefined ? from : freeze({ kind: "range", from, to, span: cover(from.span, to.span) }),
    );
  });
}
