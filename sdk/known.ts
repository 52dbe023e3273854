/** What is decided for the visitor, as far as the engine has told it. */
import type { Decision } from "./wire.ts";

export interface Known {
  absorb(decisions: readonly Decision[]): void;
  /** Another visitor comes. */
  forget(): void;
  of(content: string): Decision | undefined;
  /** Of every content, and behind them the messages of now. */
  all(): readonly Decision[];
}

export function createKnown(): Known {
  const contents = new Map<string, Decision>();
  let messages: readonly Decision[] = [];
  return {
    absorb(decisions) {
      messages = decisions.filter(({ message }) => message !== undefined);
      for (const decision of decisions.filter(({ message }) => message === undefined)) {
        const html = decision.html ?? contents.get(decision.content)?.html;
        // Markup is left out where it is what was told last.
        contents.set(decision.content, html === undefined ? decision : { ...decision, html });
      }
    },
    forget() {
      contents.clear();
      messages = [];
    },
    of: (content) => contents.get(content),
    all: () => [...contents.values(), ...messages],
  };
}
