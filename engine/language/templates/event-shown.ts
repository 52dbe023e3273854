/**
 * What a message may show of the event that set it off: `{{event.order_id}}`. The names are the properties of `events/`; a
 * template that several triggers send shows only what all of their events have.
 */
import { shownPropertiesMax } from "../../model/message-limits.ts";
import { nearestName } from "../../model/nearest-name.ts";
import type { Report } from "../source/problem.ts";
import type { Span } from "../source/source.ts";
import type { FieldEntry } from "../check/vocabulary.ts";

export const SHOWN_PREFIX = "event.";

export interface EventShown {
  readonly properties: ReadonlyMap<string, FieldEntry>;
  /** False when a file could not be read whole: a property not found may then exist. */
  readonly whole: boolean;
  /** Why there is no property of this name. */
  lack(name: string): string;
}

export function isOfEvent(name: string): boolean {
  return name.startsWith(SHOWN_PREFIX);
}

interface Shown {
  readonly event: EventShown | undefined;
  /** Of the properties that the template shows so far, this one among them. */
  readonly count: number;
  readonly span: Span;
}

/** @returns the property, if it is one and may be shown */
export function checkShown(name: string, { event, count, span }: Shown, report: Report): FieldEntry | undefined {
  if (event === undefined) {
    const message = "no event is at hand here: only messages that an event sets off can show one";
    report({ code: "not_applicable", span, message, suggestion: "show a field of the profile: `{{first_name}}`" });
    return undefined;
  }
  const property = name.slice(SHOWN_PREFIX.length);
  const entry = event.properties.get(property);
  if (entry === undefined) {
    if (!event.whole) return undefined;
    const names = [...event.properties.keys()];
    const near = nearestName(property.replace(/^properties\./, ""), names);
    const shown = (near === undefined ? names.slice(0, 8) : [near]).map((each) => `\`${SHOWN_PREFIX}${each}\``);
    const suggestion =
      near !== undefined
        ? `did you mean ${shown.join("")}?`
        : `it can show ${[...shown, `${shown.length > 0 ? "and " : ""}fields of the profile`].join(", ")}`;
    report({ code: "unknown_name", span, message: event.lack(property), suggestion });
    return undefined;
  }
  if (entry.kept?.sensitivity === "sensitive") {
    const message = `\`${property}\` is sensitive, and what is sensitive is shown to nobody`;
    const suggestion = "show something else, or declare in events/ how closely it is really kept";
    report({ code: "data_use", span, message, suggestion });
    return undefined;
  }
  if (count > shownPropertiesMax) {
    const message = `a template shows at most ${shownPropertiesMax} properties of an event`;
    report({ code: "over_limit", span, message, suggestion: "show fewer of them" });
  }
  return entry;
}
