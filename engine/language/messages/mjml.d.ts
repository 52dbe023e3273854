/** What is used here of two packages that bring no types. */
declare module "mjml" {
  export interface MjmlFault {
    /** From 1. */
    readonly line: number;
    readonly message: string;
    readonly tagName: string;
  }
  export default function mjml2html(
    source: string,
    options: {
      readonly validationLevel: "soft";
      readonly keepComments: boolean;
      readonly fonts: Readonly<Record<string, string>>;
    },
  ): Promise<{ readonly html: string; readonly errors: readonly MjmlFault[] }>;
}

declare module "html-to-text" {
  export interface Selector {
    readonly selector: string;
    readonly format?: string;
    readonly options?: Readonly<Record<string, unknown>>;
  }
  export function convert(
    html: string,
    options: { readonly wordwrap: false; readonly selectors: readonly Selector[] },
  ): string;
}
