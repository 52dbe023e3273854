/**
 * Reads markup as a browser would, a piece at a time, and says what does not belong into a page of the brand: an element or
 * an attribute that is not on the lists below, an address that could run code. It also knows where in the markup it stands,
 * so that a value is only ever put where escaping keeps it a value: in text, or in a quoted attribute that is no address.
 * Stricter than HTML: attributes are quoted, names are in small letters, comments are Handlebars' own.
 */

/** What markup of one kind may hold. */
export interface MarkupGrammar {
  readonly elements: ReadonlySet<string>;
  /** Beside `aria-` and `data-`, which a page may have. */
  readonly attributes: ReadonlySet<string>;
  readonly isOpen: (attribute: string) => boolean;
  /** Whether a value may stand in the attribute, quoted and escaped; never in an address. */
  readonly takesValues: (attribute: string) => boolean;
  /** What may stand instead of what may not. */
  readonly advice: { readonly element: string; readonly attribute: string };
}

/** A page of the brand. */
export const PAGE_GRAMMAR: MarkupGrammar = {
  elements: new Set(
    (
      "a abbr article aside b blockquote br button cite code dd del div dl dt em figcaption figure footer h1 h2 h3 h4 h5 h6 " +
      "header hr i img ins li mark ol p picture q s section small source span strong sub sup time u ul wbr"
    ).split(" "),
  ),
  attributes: new Set(
    (
      "alt class datetime decoding dir height hidden href lang loading media rel role sizes src srcset target title type " +
      "value width"
    ).split(" "),
  ),
  isOpen: (name) => /^(?:aria|data)-[a-z\d-]+$/.test(name) && !name.startsWith("data-vif"),
  takesValues: () => true,
  advice: {
    element:
      "pages are made of text, pictures and links, such as `<p>`, `<a>`, `<img>`, `<div>`; scripts stay in the shop",
    attribute: "looks are the shop's own, by `class`; `data-...` and `aria-...` may stand here",
  },
};

/** A page's own files, other pages over TLS, mail and telephone: nothing that a browser would run. */
const ADDRESSES = new Set(["href", "src", "srcset", "background-url"]);
export const SAFE_ADDRESS = /^(?:https:\/\/[^\s{}"']+|\/(?!\/)[^\s{}"']*|#[\w-]*|mailto:[^\s{}"']+|tel:[+\d]+)$/;

/** What an address may be, to whoever wrote another. */
export const ADDRESS_FORMS = "addresses begin with `/`, `https://`, `#`, `mailto:` or `tel:`";

export type MarkupFault = (message: string, suggestion: string, at: number) => void;

type State =
  | "text"
  | "tag"
  | "comment"
  | "name"
  | "after name"
  | "attributes"
  | "attribute"
  | "equals"
  | "value"
  | "closing";

export class MarkupReader {
  #state: State = "text";
  #quote = "";
  #word = "";
  #attribute = "";
  #wordAt = 0;
  readonly #fault: MarkupFault;
  readonly #grammar: MarkupGrammar;

  constructor(fault: MarkupFault, grammar: MarkupGrammar = PAGE_GRAMMAR) {
    this.#fault = fault;
    this.#grammar = grammar;
  }

  /** Where a value put here would stand; undefined where none may. Two places of the same kind are equal. */
  get place(): string | undefined {
    if (this.#state === "text") return "text";
    if (this.#state === "value" && !ADDRESSES.has(this.#attribute) && this.#grammar.takesValues(this.#attribute))
      return `value of ${this.#attribute}`;
    return undefined;
  }

  get isInAddress(): boolean {
    return this.#state === "value" && ADDRESSES.has(this.#attribute);
  }

  /** At the beginning of an address, where a whole one may be put. */
  get isBeforeAddress(): boolean {
    return this.isInAddress && this.#word === "";
  }

  /** A whole address stands here; what is wrong with it is told elsewhere. */
  skipAddress(): void {
    this.#word = "/";
  }

  /** @param at offset of the piece, for faults */
  read(piece: string, at: number): void {
    for (let index = 0; index < piece.length; index++) this.#step(piece[index] as string, at + index);
  }

  /** A value stands here: what is around it goes on. */
  skipValue(): void {
    if (this.#state === "value") this.#word += "\u0000";
  }

  end(at: number): void {
    if (this.#state !== "text") this.#fault("the markup ends within a tag", "close it with `>`", at);
  }

  #step(letter: string, at: number): void {
    switch (this.#state) {
      case "text":
        if (letter === "<") this.#begin("tag", at);
        return;
      case "tag":
        if (letter === "/") return this.#begin("closing", at + 1);
        if (letter === "!" || letter === "?") {
          this.#fault("markup has elements and text only", "a comment is written `{{! ... }}`", at - 1);
          // What stands in it is of no more interest.
          this.#state = "comment";
          return;
        }
        this.#state = "name";
        this.#wordAt = at;
        this.#word = letter;
        return;
      case "comment":
        if (letter === ">") this.#state = "text";
        return;
      case "name":
        if (/[a-z\d-]/.test(letter)) this.#word += letter;
        else this.#element(letter, at);
        return;
      case "closing":
        if (letter !== ">") this.#word += letter;
        else {
          if (!this.#grammar.elements.has(this.#word.trim()))
            this.#fault(`\`</${this.#word}>\` is no element of a template`, this.#grammar.advice.element, this.#wordAt);
          this.#state = "text";
        }
        return;
      case "after name":
        if (letter !== ">") this.#fault("`/` ends a tag", "write `/>`", at);
        this.#state = "text";
        return;
      case "attributes":
        if (letter === ">") this.#state = "text";
        else if (letter === "/") this.#state = "after name";
        else if (!/\s/.test(letter)) {
          this.#begin("attribute", at);
          this.#word = letter;
        }
        return;
      case "attribute":
        if (/[a-z\d-]/.test(letter)) this.#word += letter;
        else this.#attributeNamed(letter, at);
        return;
      case "equals":
        if (letter !== '"' && letter !== "'")
          this.#fault("the value of an attribute stands in quotes", `write \`${this.#attribute}="..."\``, at);
        this.#quote = letter;
        this.#begin("value", at + 1);
        return;
      case "value":
        if (letter !== this.#quote) this.#word += letter;
        else {
          if (ADDRESSES.has(this.#attribute) && !SAFE_ADDRESS.test(this.#word))
            this.#fault("this is no address that a page may lead to", ADDRESS_FORMS, this.#wordAt);
          this.#state = "attributes";
        }
    }
  }

  #begin(state: State, at: number): void {
    this.#state = state;
    this.#word = "";
    this.#wordAt = at;
  }

  #element(letter: string, at: number): void {
    if (!this.#grammar.elements.has(this.#word))
      this.#fault(`\`<${this.#word}>\` is no element of a template`, this.#grammar.advice.element, this.#wordAt);
    if (letter === ">") this.#state = "text";
    else if (letter === "/") this.#state = "after name";
    else {
      if (!/\s/.test(letter))
        this.#fault(`\`${letter}\` does not belong into the name of an element`, "put a space behind the name", at);
      this.#state = "attributes";
    }
  }

  #attributeNamed(letter: string, at: number): void {
    const name = this.#word;
    const { attributes, isOpen, advice } = this.#grammar;
    if (!attributes.has(name) && !isOpen(name))
      this.#fault(`\`${name}\` is no attribute of a template`, advice.attribute, this.#wordAt);
    this.#attribute = name;
    if (letter === "=") this.#state = "equals";
    else if (letter === ">") this.#state = "text";
    else if (letter === "/") this.#state = "after name";
    else {
      if (!/\s/.test(letter))
        this.#fault(`\`${letter}\` does not belong into the name of an attribute`, 'write `name="value"`', at);
      this.#state = "attributes";
    }
  }
}
