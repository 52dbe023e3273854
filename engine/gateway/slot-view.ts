/**
 * What decisions look like. `Slots` are the templates in force, shared by all sockets; a `SlotView` is one socket's: its
 * language, and what it was shown last, so that an event's reply carries only what it has changed. Rendering happens here,
 * on the gateway's thread, since only here is known who wants markup and in which language; it is a look-up for all but the
 * first who is shown the same, and what a template shows of a profile came with the decision, from the owner's own state.
 */
import type { TemplateRenderer } from "../language/port.ts";
import type { Decision } from "../model/plan.ts";
import type { EventOutcome, ShownDecision } from "./replies.ts";

export interface Slots {
  /** Replaces all templates. @param messagePlaces those of a page in which triggers show messages */
  set(renderer: TemplateRenderer, messagePlaces: ReadonlySet<string>): void;
  /** Whether a message may come to stand in a place of this name, which need not be a content's. */
  isForMessages(place: string): boolean;
  html(decision: Decision, language: string): string | undefined;
  /** Languages that the templates have. */
  readonly languages: readonly string[];
  /** Calls back whenever the templates were replaced, until the returned function is called. */
  listen(onChange: () => void): () => void;
}

export function createSlots(): Slots {
  let renderer: TemplateRenderer | undefined;
  let places: ReadonlySet<string> = new Set();
  const listeners = new Set<() => void>();
  return {
    set(next, messagePlaces) {
      renderer = next;
      places = messagePlaces;
      for (const tell of [...listeners]) tell();
    },
    isForMessages: (place) => places.has(place),
    html: ({ show, values, event, products }, language) =>
      renderer?.render(show, language, event === undefined ? values : { ...values, event }, products),
    get languages() {
      return renderer?.languages ?? [];
    },
    listen(onChange) {
      listeners.add(onChange);
      return () => void listeners.delete(onChange);
    },
  };
}

export class SlotView {
  readonly #slots: Slots;
  readonly #language: string;
  readonly #told = new Map<string, string | undefined>();

  constructor(slots: Slots, language: string) {
    this.#slots = slots;
    this.#language = language;
  }

  /** With all markup: a push may replace one that has not gone out yet, and must then say all that it would have said. */
  whole(decisions: readonly Decision[]): readonly ShownDecision[] {
    return decisions.map((decision) => {
      const html = this.#slots.html(decision, this.#language);
      if (decision.message === undefined) this.#told.set(decision.content, html);
      return html === undefined ? decision : { ...decision, html };
    });
  }

  /** With the markup that differs from what was told last; a message's always, as it stands before what a place has else. */
  outcome(outcome: EventOutcome): EventOutcome {
    const { answer } = outcome;
    if ((answer.is !== "applied" && answer.is !== "duplicate") || answer.decisions === undefined) return outcome;
    const decisions = answer.decisions.map((decision): ShownDecision => {
      const html = this.#slots.html(decision, this.#language);
      if (decision.message === undefined) {
        if (html === this.#told.get(decision.content)) return decision;
        this.#told.set(decision.content, html);
      }
      return html === undefined ? decision : { ...decision, html };
    });
    return { ...outcome, answer: { ...answer, decisions } };
  }
}
