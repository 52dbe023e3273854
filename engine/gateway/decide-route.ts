/**
 * `POST /v1/decide`: what is decided for one person now, for pages that are made on a server. Of all contents or those named,
 * with the values that a template shows, with markup where a language is named, and with reasons where a server asks.
 */
import { readJson } from "./json-fault.ts";
import type { PlanDigest } from "../model/ids.ts";
import type { Decision } from "../model/plan.ts";
import type { IdentifierRules } from "../model/identifier-rules.ts";
import type { Problem } from "../shard/port.ts";
import type { Guarded } from "./http-routes.ts";
import type { Intake, ReadOutcome, Sender } from "./intake.ts";
import { namedPerson, readablePerson } from "./read-access.ts";
import { decisionsText, problemOf, quote } from "./replies.ts";
import type { ShownDecision } from "./replies.ts";
import { SlotView } from "./slot-view.ts";
import type { Slots } from "./slot-view.ts";
import { isProblem, parseDecideRequest } from "./wire-validators.ts";
import type { DecideRequest } from "./wire-schemas.ts";

/** The condition of a content's choice, counted from 1, as rules are written; undefined: `otherwise`. */
export type Reasons = (content: string, choice: number) => string | undefined;

/** Those of a plan; undefined when it cannot be had. Never rejects. */
export type ReasonsOf = (plan: PlanDigest) => Promise<Reasons | undefined>;

export interface DecideParts {
  readonly intake: Intake;
  readonly identifiers: IdentifierRules;
  readonly slots?: Slots | undefined;
  readonly reasons?: ReasonsOf | undefined;
}

interface Asker extends Guarded {
  readonly sender: Sender;
  readonly refuse: (problem: Problem, retryAfterMs?: number) => void;
}

export function takeDecide(asker: Asker, body: Uint8Array, parts: DecideParts): void {
  const { sender, refuse } = asker;
  const read = readJson(body);
  const request = isProblem(read) ? read : parseDecideRequest(read.value);
  if (isProblem(request)) return refuse(request);
  if (request.reasons === true && !sender.access.trusted)
    return refuse(
      problemOf("bad_key", "/reasons", "Reasons show the brand's rules: they are told to secret keys only."),
    );
  const person = readablePerson(sender.access, sender.visitor, namedPerson(request, parts.identifiers));
  if (isProblem(person)) return refuse(person);
  parts.intake.decide(sender, person.identifier, (outcome) => {
    if (outcome.is === "refused") return refuse(outcome.problem, outcome.retryAfterMs);
    const wanted = wantedOf(outcome.decisions, request, parts.slots);
    if (isProblem(wanted)) return refuse(wanted);
    answer(asker, { request, outcome, wanted }, parts);
  });
}

type Decided = Extract<ReadOutcome, { is: "decided" }>;

function answer(
  { exchange, guard }: Asker,
  asked: { readonly request: DecideRequest; readonly outcome: Decided; readonly wanted: readonly Decision[] },
  { slots, reasons }: DecideParts,
): void {
  const { known, plan } = asked.outcome;
  const { language } = asked.request;
  const shown =
    language == null || slots === undefined ? asked.wanted : new SlotView(slots, language).whole(asked.wanted);
  const send = (decisions: readonly ShownDecision[]): void =>
    exchange.send(
      200,
      `{"success":true,"known":${known},"decisions":${decisionsText(decisions)},"plan":${quote(plan)}}`,
    );
  if (asked.request.reasons !== true || reasons === undefined) return send(shown);
  void reasons(plan).then((reasonOf) =>
    guard(() =>
      send(
        shown.map((decision): ShownDecision => {
          const because = reasonOf?.(decision.content, decision.choice);
          return because === undefined ? decision : { ...decision, because };
        }),
      ),
    ),
  );
}

/**
 * Those asked for, in the order asked; behind what a content shows the message that stands in its place. A place of messages
 * alone has nothing most of the time.
 */
function wantedOf(
  decisions: readonly Decision[],
  { slots: names }: DecideRequest,
  slots: Slots | undefined,
): readonly Decision[] | Problem {
  if (names == null) return decisions;
  const wanted: Decision[] = [];
  for (const [index, name] of names.entries()) {
    const found = decisions.filter(({ content }) => content === name);
    if (found.length === 0 && slots?.isForMessages(name) !== true)
      return problemOf(
        "invalid_field",
        `/slots/${index}`,
        `/slots/${index} must be the name of a content of the rules, or a place in which a trigger shows messages.`,
      );
    wanted.push(...found);
  }
  return wanted;
}
