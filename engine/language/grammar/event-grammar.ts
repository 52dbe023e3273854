/**
 * The part of the grammar that says of an event how it came: on how many days, and one after the other. It stands behind
 * the name of an event, as other conditions stand behind a value.
 */
import type { ParserMethod } from "chevrotain";
import { unitMs } from "./duration.ts";
import { NearGrammar, type Rest } from "./near-grammar.ts";
import { cover } from "../source/source.ts";
import {
  type EventSyntax,
  freeze,
  type Name,
  type OperandSyntax,
  type SequenceSyntax,
  type StepSyntax,
} from "./syntax.ts";
import { keywords as k, softKeywords as w, tokens as t } from "./tokens.ts";

export abstract class EventGrammar extends NearGrammar {
  /** In a `where` these words belong to what is around it. */
  protected endsWhere(): boolean {
    const { tokenType } = this.LA(1);
    const isDuration = tokenType === w.within && unitMs(this.LA(3).image) !== undefined;
    return this.whereDepth > 0 && (tokenType === w.on || tokenType === w.then || tokenType === k.where || isDuration);
  }

  /** ofEvents = [ where ] ( "on" number "different" "days" | step { step } ) [ window ] */
  readonly ofEvents: ParserMethod<[], Rest> = this.RULE("ofEvents", () => {
    const where = this.OPTION(() => this.SUBRULE(this.where));
    return this.OR<Rest>([
      {
        ALT: () => {
          this.CONSUME(w.on);
          const count = this.CONSUME(t.Numeral);
          this.CONSUME(w.different);
          const days = this.CONSUME(w.days);
          const window = this.OPTION1(() => this.SUBRULE1(this.window));
          return this.ACTION(() => (left: OperandSyntax) => {
            const span = cover(left.span, window?.span ?? this.spanOf(days));
            const times = { value: Number(count.image), span: this.spanOf(count) };
            return freeze({ kind: "on-days", left, where, times, window, span });
          });
        },
      },
      {
        ALT: () => {
          const next: StepSyntax[] = [];
          this.AT_LEAST_ONE(() => next.push(this.SUBRULE(this.step)));
          const window = this.OPTION2(() => this.SUBRULE2(this.window));
          return this.ACTION(() => (left: OperandSyntax) => {
            const { span } = where ?? left;
            const first = {
              of: left,
              where,
              absent: false,
              within: undefined,
              same: [],
              span: cover(left.span, span),
            };
            const steps = Object.freeze([first, ...next]);
            const end = window?.span ?? next.at(-1)?.span ?? span;
            return freeze({ kind: "sequence", steps, window, span: cover(left.span, end) });
          });
        },
      },
    ]);
  });

  /** occasion = event [ where ] { step } [ window ]: what sets a trigger off */
  readonly occasion: ParserMethod<[], EventSyntax | SequenceSyntax> = this.RULE("occasion", () => {
    const event = this.SUBRULE(this.name);
    const where = this.OPTION(() => this.SUBRULE(this.where));
    const next: StepSyntax[] = [];
    this.MANY(() => next.push(this.SUBRULE(this.step)));
    const window = this.OPTION1(() => this.SUBRULE(this.window));
    return this.ACTION(() => {
      const end = cover(event.span, window?.span ?? next.at(-1)?.span ?? where?.span ?? event.span);
      if (next.length === 0) return freeze({ kind: "event", event, where, window, span: end });
      const of = freeze({ kind: "word", ...event, ticked: false });
      const begins = cover(event.span, where?.span ?? event.span);
      const first = freeze({ of, where, absent: false, within: undefined, same: [], span: begins });
      return freeze({ kind: "sequence", steps: Object.freeze([first, ...next]), window, span: end });
    });
  });

  /** step = "then" [ "no" ] event [ where ] [ same ] "within" duration [ same ] */
  readonly step: ParserMethod<[], StepSyntax> = this.RULE("step", () => {
    const start = this.CONSUME(w.then);
    const no = this.OPTION(() => this.CONSUME(w.no));
    const of = this.SUBRULE(this.word);
    const where = this.OPTION1(() => this.SUBRULE(this.where));
    const before = this.OPTION2(() => this.SUBRULE1(this.same));
    this.CONSUME(w.within);
    const within = this.SUBRULE(this.duration);
    const behind = this.OPTION3(() => this.SUBRULE2(this.same));
    return this.ACTION(() => {
      const span = cover(this.spanOf(start), behind?.span ?? within.span);
      return freeze({
        of,
        where,
        absent: no !== undefined,
        within,
        same: [before, behind].filter((name) => name !== undefined),
        span,
      });
    });
  });

  /** same = "with" "same" property */
  readonly same: ParserMethod<[], Name> = this.RULE("same", () => {
    this.CONSUME(k.with);
    this.CONSUME(w.same);
    return this.SUBRULE(this.name);
  });
}
