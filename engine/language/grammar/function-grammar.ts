/**
 * The part of the grammar that says what is worked out by name: functions, the time between dates, and clocks. Their words
 * are names elsewhere; what makes them more is the word that follows.
 */
import { type IToken, type ParserMethod, tokenMatcher } from "chevrotain";
import { AggregateGrammar } from "./aggregate-grammar.ts";
import { cover } from "../source/source.ts";
import { freeze, type FunctionSyntax, type OperandSyntax } from "./syntax.ts";
import { keywords as k, softKeywords as w, tokens as t } from "./tokens.ts";

export abstract class FunctionGrammar extends AggregateGrammar {
  /** Of operand-grammar.ts. */
  abstract readonly operand: ParserMethod<[], OperandSyntax>;
  abstract readonly factor: ParserMethod<[], OperandSyntax>;

  /** size = "size" "of" factor */
  readonly size: ParserMethod<[], OperandSyntax> = this.RULE("size", () => {
    const start = this.CONSUME(w.size);
    this.CONSUME(k.of);
    const of = this.SUBRULE(this.factor);
    return this.ACTION(() => this.functionOf(start, "size", [of]));
  });

  /** anniversary = "anniversary" "of" factor */
  readonly anniversary: ParserMethod<[], OperandSyntax> = this.RULE("anniversary", () => {
    const start = this.CONSUME(w.anniversary);
    this.CONSUME(k.of);
    const of = this.SUBRULE(this.factor);
    return this.ACTION(() => freeze({ kind: "anniversary", of, span: cover(this.spanOf(start), of.span) }));
  });

  /** textFunction = ( "lowercase" | "uppercase" | "round" ) "(" operand ")" */
  readonly textFunction: ParserMethod<[], OperandSyntax> = this.RULE("textFunction", () => {
    const start = this.CONSUME(t.Word);
    this.CONSUME(t.Open);
    const of = this.SUBRULE(this.operand);
    const end = this.CONSUME(t.Close);
    return this.ACTION(() => this.functionOf(start, start.image as FunctionSyntax["name"], [of], end));
  });

  /** calendar = ( "days" | ... ) ( "since" factor | "until" factor | "between" operand "and" operand ) */
  readonly calendar: ParserMethod<[], OperandSyntax> = this.RULE("calendar", () => {
    const start = this.CONSUME(t.Word);
    const of = this.OR<readonly OperandSyntax[]>([
      {
        ALT: () => {
          const since = this.CONSUME(w.since);
          const from = this.SUBRULE1(this.factor);
          return this.ACTION(() => [from, this.todayAt(since)]);
        },
      },
      {
        ALT: () => {
          const until = this.CONSUME(w.until);
          const to = this.SUBRULE2(this.factor);
          return this.ACTION(() => [this.todayAt(until), to]);
        },
      },
      {
        ALT: () => {
          this.CONSUME(k.between);
          const from = this.SUBRULE1(this.operand);
          this.CONSUME(k.and);
          const to = this.SUBRULE2(this.operand);
          return [from, to];
        },
      },
    ]);
    return this.ACTION(() => this.functionOf(start, start.image as FunctionSyntax["name"], of));
  });

  private functionOf(
    start: IToken,
    name: FunctionSyntax["name"],
    of: readonly OperandSyntax[],
    end?: IToken,
  ): OperandSyntax {
    const last = end === undefined ? of.at(-1)?.span : this.spanOf(end);
    return freeze({
      kind: "function",
      name,
      of: Object.freeze(of),
      span: last === undefined ? this.spanOf(start) : cover(this.spanOf(start), last),
    });
  }

  private todayAt(token: IToken): OperandSyntax {
    return freeze({ kind: "clock", shows: "today", brand: false, span: this.spanOf(token) });
  }

  /** clock = "today" | "weekday" | ( "local" | "brand" ) "time" */
  readonly clock: ParserMethod<[], OperandSyntax> = this.RULE("clock", () => {
    const start = this.CONSUME(t.Word);
    const end = this.OPTION({ GATE: () => tokenMatcher(this.LA(1), w.time), DEF: () => this.CONSUME(w.time) });
    return this.ACTION(() => {
      const shows = end !== undefined ? "time" : start.image === "weekday" ? "weekday" : "today";
      const span = end === undefined ? this.spanOf(start) : cover(this.spanOf(start), this.spanOf(end));
      return freeze({ kind: "clock", shows, brand: start.image === "brand", span });
    });
  });

  protected opensFunction(): boolean {
    return ["lowercase", "uppercase", "round"].includes(this.LA(1).image) && this.LA(2).tokenType === t.Open;
  }

  protected opensCalendar(): boolean {
    const [unit, next] = [this.LA(1), this.LA(2)];
    return CALENDAR.has(unit.image) && [w.since, w.until, k.between].some((type) => tokenMatcher(next, type));
  }

  protected opensClock(): boolean {
    const first = this.LA(1).tokenType;
    if (first === w.today || first === w.weekday) return true;
    return (first === w.local || first === w.brand) && tokenMatcher(this.LA(2), w.time);
  }
}

const CALENDAR: ReadonlySet<string> = new Set(["days", "weeks", "months", "years"]);
