/** What goes over the wire between a page and the engine, as the SDK uses it; the whole is in the engine's asyncapi.json. */

export type Properties = Readonly<Record<string, unknown>>;

/** What is decided for one place of the page. */
export interface Decision {
  /** Name of the place: the content rule. */
  readonly content: string;
  /** Name of what is shown there. */
  readonly show: string;
  /** The choice of the rule that held, from 1; 0 for `otherwise`. */
  readonly choice: number;
  /** Fields of the visitor's profile that the template shows. */
  readonly values?: Properties;
  /** Products of the recommendation that is shown, with the reason of each. */
  readonly products?: readonly Properties[];
  /** Id of the product that they were found by, or would have been; null: there is none. */
  readonly seed?: string | null;
  /** Id of a message that a trigger sends: it stands in this place before what the content shows. */
  readonly message?: string;
  /** What such a message shows of the event that set it off. */
  readonly event?: Properties;
  /** Rendered by the engine from the brand's own templates, values escaped. */
  readonly html?: string;
}

export interface Problem {
  readonly code: string;
  readonly field?: string;
  readonly message: string;
}

/** The engine's answer to one event: `ok` when it is durable. */
export type Reply =
  | { readonly ok: true; readonly duplicate?: true; readonly decisions?: readonly Decision[] }
  | { readonly ok: false; readonly problem: Problem };

/** As it is kept until it was answered. */
export interface WireEvent extends Properties {
  readonly type: "page" | "track" | "identify";
  readonly messageId: string;
  readonly timestamp: string;
  /** Only when the visitor has changed since; else the present one's is sent. */
  readonly anonymousId?: string;
}

export interface Visitor {
  readonly anonymousId: string;
  /** Proof that it is this browser's own: with it the engine shows what is decided for the visitor. */
  readonly visitorToken: string;
}

export interface EventReply {
  readonly messageId?: string;
  readonly ok: boolean;
  readonly duplicate?: true;
  readonly problem?: Problem;
  readonly retryAfterMs?: number;
  readonly decisions?: readonly Decision[];
}

export interface HelloReply extends Partial<Visitor> {
  readonly ok: boolean;
  readonly problem?: Problem;
  readonly decisions?: readonly Decision[];
}
