/**
 * The person whom a link is of: reads what they have said and what they are asked, and records what the link has led to, as
 * an event of theirs like any other. Everything that a link changes goes this way, so that history, reconciliation and
 * `vif why` see it.
 */
import type { ConsentForm } from "../../language/port.ts";
import { NO_CONSENTS } from "../../model/consent.ts";
import type { Consents } from "../../model/consent.ts";
import type { JsonObject } from "../../model/event.ts";
import { type Identifier, namedOnWire } from "../../model/identifier.ts";
import type { PlanDigest, ProfileId, SourceId } from "../../model/ids.ts";
import type { Guard } from "../guard.ts";
import type { Intake } from "../intake.ts";

export interface PersonParts {
  readonly intake: Intake;
  /** What customers are asked by a plan; undefined where it cannot be had. Never rejects. */
  readonly consentForm: (plan: PlanDigest) => Promise<ConsentForm | undefined>;
  readonly makeId: () => string;
}

export interface LinkedPerson {
  readonly is: "person";
  /** False: nobody is known by that identifier yet. */
  readonly known: boolean;
  readonly consents: Consents;
  readonly form: ConsentForm;
  readonly reachedBy: Identifier;
}

export type FoundPerson =
  | LinkedPerson
  /** Erased, or never there. */
  | { readonly is: "nobody" }
  | { readonly is: "busy"; readonly retryAfterMs: number | undefined };

/**
 * By the profile that a link names, or by an identifier.
 * @param done called once, later
 */
export function findPerson(
  { intake, consentForm }: PersonParts,
  { whom, guard }: { readonly whom: ProfileId | Identifier; readonly guard: Guard },
  done: (found: FoundPerson) => void,
): void {
  const sender = intake.createSender({ source: "links" as SourceId, trusted: true }, Number.POSITIVE_INFINITY, guard);
  intake.look(sender, { whom, want: "profile" }, (outcome) => {
    if (outcome.is === "refused") return done({ is: "busy", retryAfterMs: outcome.retryAfterMs });
    const { view } = outcome;
    if (view === undefined && typeof whom === "string") return done({ is: "nobody" });
    const consents = view?.consents ?? NO_CONSENTS;
    const reachedBy = view === undefined && typeof whom !== "string" ? whom : view?.reachedBy;
    void consentForm(outcome.plan).then((form) =>
      guard(() => {
        // Without either nothing could be recorded: both come back by themselves.
        if (form === undefined || reachedBy === undefined) return done({ is: "busy", retryAfterMs: undefined });
        done({ is: "person", known: view !== undefined, consents, form, reachedBy });
      }),
    );
  });
}

export interface LinkEvent {
  /** As the wire has it: `Consent Changed`. */
  readonly event: string;
  readonly properties: JsonObject;
  /** Where it comes from; scopes the message id. */
  readonly source: string;
  /** What is the same event however often it comes; undefined: every one is another. */
  readonly messageId: string | undefined;
}

/** @param done called once: whether it is durable, or was known */
export function tellOf(
  { intake, makeId }: PersonParts,
  { reachedBy, guard }: { readonly reachedBy: Identifier; readonly guard: Guard },
  { event, properties, source, messageId = makeId() }: LinkEvent,
  done: (isKept: boolean) => void,
): void {
  const sender = intake.createSender({ source: source as SourceId, trusted: true }, Number.POSITIVE_INFINITY, guard);
  const body = JSON.stringify({ type: "track", event, messageId, ...namedOnWire(reachedBy), properties });
  intake.submit(sender, Buffer.from(body, "utf8"), { type: "track" }, ({ answer }) =>
    done(answer.is === "applied" || answer.is === "duplicate"),
  );
}
