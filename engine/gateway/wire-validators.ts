/**
 * The wire schemas compiled, once a thread that imports this, before its first event. A validator's own texts name the
 * field but not always what is allowed there, so problems are put into the gateway's words here; the values themselves
 * are never repeated.
 */
import { Compile } from "typebox/compile";
import type { Static } from "typebox";
import { EVENT_TYPES } from "../model/event.ts";
import type { EventType } from "../model/event.ts";
import type { Problem } from "../shard/port.ts";
import { type Finding, sayAllowed } from "./finding-words.ts";
import { DecideFrame, DecideRequest, HelloFrame, MESSAGES } from "./wire-schemas.ts";

export type Message<Type extends EventType> = Static<(typeof MESSAGES)[Type]>;

interface Validator {
  Check(value: unknown): boolean;
  Errors(value: unknown): readonly Finding[];
}

const messages: Readonly<Record<EventType, Validator>> = {
  track: Compile(MESSAGES.track),
  identify: Compile(MESSAGES.identify),
  page: Compile(MESSAGES.page),
  screen: Compile(MESSAGES.screen),
  group: Compile(MESSAGES.group),
  alias: Compile(MESSAGES.alias),
};
const decideRequest = Compile(DecideRequest);
const helloFrame = Compile(HelloFrame);
const decideFrame = Compile(DecideFrame);

export function isMessage<Type extends EventType>(type: Type, value: object): value is Message<Type> {
  return messages[type].Check(value);
}

export function messageProblem(type: EventType, value: object): Problem {
  return findingsProblem(messages[type].Errors(value));
}

export function isEventType(value: unknown): value is EventType {
  return typeof value === "string" && (EVENT_TYPES as readonly string[]).includes(value);
}

export function typeProblem(value: unknown): Problem {
  const code = value === undefined ? "missing_field" : "invalid_field";
  return { code, field: "/type", message: `/type must be one of ${EVENT_TYPES.join(", ")}.` };
}

export function parseDecideRequest(value: unknown): DecideRequest | Problem {
  return keyProblem(value) ?? (decideRequest.Check(value) ? value : findingsProblem(decideRequest.Errors(value)));
}

export function parseHelloFrame(value: unknown): HelloFrame | Problem {
  return keyProblem(value) ?? (helloFrame.Check(value) ? value : findingsProblem(helloFrame.Errors(value)));
}

export function parseDecideFrame(value: unknown): DecideFrame | Problem {
  return keyProblem(value) ?? (decideFrame.Check(value) ? value : findingsProblem(decideFrame.Errors(value)));
}

/** As of an event (parse-event.ts); of the object's own members only, since nothing deeper is read of a question. */
function keyProblem(value: unknown): Problem | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const key = Object.hasOwn(value, "__proto__") ? "__proto__" : "constructor";
  if (!Object.hasOwn(value, key)) return undefined;
  if (key === "constructor" && !isHolderOfPrototype((value as { readonly constructor: unknown }).constructor))
    return undefined;
  return { code: "invalid_field", field: `/${key}`, message: `/${key} is not allowed as a key.` };
}

function isHolderOfPrototype(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.hasOwn(value, "prototype");
}

export function isProblem(value: object): value is Problem {
  return "code" in value && "message" in value;
}

/** The first finding that says something: of a union, what its members allow rather than that none of them held. */
export function findingsProblem(findings: readonly Finding[]): Problem {
  const first = findings.find((finding) => finding.keyword !== "anyOf") ?? findings[0];
  if (first === undefined) return { code: "invalid_field", field: undefined, message: "The message is not valid." };
  const { keyword, instancePath } = first;
  if (keyword === "required") {
    const field = `${instancePath}/${missingOf(first.params)}`;
    return { code: "missing_field", field, message: `${field} is required.` };
  }
  const field = instancePath === "" ? undefined : instancePath;
  const same = findings.filter((finding) => finding.instancePath === instancePath && finding.keyword !== "anyOf");
  return { code: "invalid_field", field, message: `${field ?? "The message"} must ${sayAllowed(same)}.` };
}

function missingOf(params: object): string {
  const names = "requiredProperties" in params ? params.requiredProperties : undefined;
  return Array.isArray(names) ? String(names[0]) : "";
}
