/**
 * What providers report, at the addresses of callback-addresses.ts, and at `/v1/callbacks/email` mail that came back. Nothing is read of a callback before its signature is checked, by the channel's own reader; returned mail has none, so
 * the brand's mail server shows a secret key, and of the mail only the reference is believed that we have signed. An outcome
 * goes to the owner of the profile that the reference names; STOP, START and complaints become consent. 204 says that all of
 * it is durable; 503 that the provider should send it again, which changes nothing twice.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { HttpRequest, TemplatedApp } from "uWebSockets.js";
import { busyRetryAfterMs } from "../../limits.ts";
import { parseIdentifier } from "../../model/identifier-rules.ts";
import type { Identifier } from "../../model/identifier.ts";
import type { Channel, ReadCallback, Report } from "../../model/message.ts";
import { REACHED_BY } from "../../model/reached-by.ts";
import type { Guarded, HttpRoutes } from "../http-routes.ts";
import { basicKey } from "../keys.ts";
import type { KeyRegistry } from "../keys.ts";
import { findPerson, tellOf } from "../links/linked-person.ts";
import type { LinkedPerson, PersonParts } from "../links/linked-person.ts";
import { createLinkReader } from "../links/message-links.ts";
import type { OutcomeTold, ToldMessage } from "../links/outcome-told.ts";
import { isCounted } from "../links/tracking-routes.ts";
import { problemOf } from "../replies.ts";
import { isProblem } from "../wire-validators.ts";
import { CALLBACKS } from "./callback-addresses.ts";
import type { CallbackReaders } from "./callback-readers.ts";
import { consentSaidBy } from "./reported-consent.ts";

export interface CallbackOptions extends PersonParts {
  readonly readers: CallbackReaders;
  readonly keys: KeyRegistry;
  readonly routes: HttpRoutes;
  /** Of the data plane, as providers call it. */
  readonly url: string;
  readonly secrets: readonly string[];
  readonly onOutcome?: OutcomeTold | undefined;
}

interface Looked {
  readonly signature: string | undefined;
  readonly url: string;
}

export function addCallbacks(app: TemplatedApp, options: CallbackOptions): void {
  const { readers, routes, url } = options;
  const look =
    (header: string) =>
    (request: HttpRequest): Looked => {
      const query = request.getQuery();
      const called = `${url}${request.getUrl()}${query === "" || query === undefined ? "" : `?${query}`}`;
      return { signature: request.getHeader(header) || undefined, url: called };
    };
  for (const { name, channel, provedBy, ofMessage } of CALLBACKS) {
    const read = readers.signed[name];
    if (read === undefined) continue;
    // What customers write comes to the channel's own address; of a message, to that with its reference.
    for (const path of [`/v1/callbacks/${name}`, ...(ofMessage ? [`/v1/callbacks/${name}/:reference`] : [])])
      routes.post(path, look(provedBy.toLowerCase()), (from, body, looked) =>
        take(from, { channel, body, read: read({ ...looked, body }) }, options),
      );
  }
  if (readers.verifyToken !== undefined) addVerification(app, readers.verifyToken, routes);
  routes.post(
    "/v1/callbacks/email",
    () => undefined,
    (from, body) => {
      const access = options.keys.authenticate(basicKey(from.exchange.authorization), from.exchange.origin);
      if (isProblem(access)) return from.exchange.refuse(access);
      if (!access.trusted)
        return from.exchange.refuse(problemOf("bad_key", undefined, "Returned mail is taken from a secret key."));
      take(from, { channel: "email", body, read: readers.email(body) }, options);
    },
  );
}

/** Meta asks once whether an address is its owner's: https://developers.facebook.com/docs/graph-api/webhooks/getting-started */
function addVerification(app: TemplatedApp, verifyToken: string, routes: HttpRoutes): void {
  const wanted = createHash("sha256").update(verifyToken).digest();
  app.get("/v1/callbacks/whatsapp-cloud", (response, request) => {
    const shown = createHash("sha256")
      .update(request.getQuery("hub.verify_token") ?? "")
      .digest();
    const challenge = request.getQuery("hub.challenge") ?? "";
    const { exchange } = routes.open(response, request);
    if (!timingSafeEqual(wanted, shown) || !/^\w{1,200}$/.test(challenge)) return exchange.refuse(FORGED);
    exchange.send(200, challenge, { type: "text/plain" });
  });
}

const FORGED = problemOf("bad_signature", undefined, "The callback is not signed by the provider's account set here.");

interface Called {
  readonly channel: Channel;
  readonly body: Uint8Array;
  readonly read: ReadCallback;
}

function take({ exchange, guard }: Guarded, { channel, body, read }: Called, options: CallbackOptions): void {
  if (read.is === "forged") return exchange.refuse(FORGED);
  if (read.is === "malformed")
    return exchange.refuse(problemOf("invalid_field", undefined, "The callback is of no form that the provider has."));
  // The same callback that comes again makes the same events.
  const name = createHash("sha256").update(body).digest("base64url").slice(0, 22);
  const steps = read.reports.map((report, index) => (done: Done) => {
    settle({ report, channel, name: `${channel}:${name}:${index}`, guard }, options, done);
  });
  runEach(steps, (isKept) => {
    if (isKept) exchange.send(204, "");
    else exchange.refuse(problemOf("busy"), { retryAfterMs: busyRetryAfterMs });
  });
}

type Done = (isKept: boolean) => void;

/** One after the other, so that a callback of many takes no more of the engine than one event; all are tried. */
function runEach(steps: readonly ((done: Done) => void)[], done: Done): void {
  let isKept = true;
  const next = (index: number): void => {
    const step = steps[index];
    if (step === undefined) return done(isKept);
    step((kept) => {
      isKept &&= kept;
      next(index + 1);
    });
  };
  next(0);
}

interface Reported {
  readonly report: Report;
  readonly channel: Channel;
  /** Names the events that it makes. */
  readonly name: string;
  readonly guard: Guarded["guard"];
}

function settle(reported: Reported, options: CallbackOptions, done: Done): void {
  const { report, channel, guard } = reported;
  const told =
    report.reference === undefined ? undefined : createLinkReader(options.secrets).reference(report.reference);
  const whom = told?.profile ?? ownerOf(report, channel);
  // Of a message that nobody here has sent, or of an address that is none.
  if (whom === undefined) return done(true);
  findPerson(options, { whom, guard }, (found) => {
    if (found.is === "nobody") return done(true);
    if (found.is === "busy") return done(false);
    runEach(stepsOf(reported, { person: found, told }, options), done);
  });
}

/** Whose address it is. Of returned mail anybody may write any address. */
function ownerOf({ address }: Report, channel: Channel): Identifier | undefined {
  const [kind] = REACHED_BY[channel];
  if (address === undefined || kind === undefined || channel === "email") return undefined;
  const identifier = parseIdentifier(kind, address);
  return "problem" in identifier ? undefined : identifier;
}

function stepsOf(
  { report, channel, name, guard }: Reported,
  { person, told }: { readonly person: LinkedPerson; readonly told: ToldMessage | undefined },
  options: CallbackOptions,
): readonly ((done: Done) => void)[] {
  const { outcome } = report;
  const { form, consents, reachedBy, known } = person;
  const steps: ((done: Done) => void)[] = [];
  const tell = (
    event: string,
    properties: Readonly<Record<string, string | Readonly<Record<string, string>>>>,
  ): void => {
    const said = { event, properties, source: "callbacks", messageId: `${event}:${name}` };
    steps.push((done) => tellOf(options, { reachedBy, guard }, said, done));
  };
  const purposes = form.purposes.filter(({ channels }) => channels.includes(channel)).map((purpose) => purpose.name);
  const said = consentSaidBy(outcome.is, { consents, channel, purposes });
  if (said !== undefined)
    tell("Consent Changed", {
      consent: said.consent,
      consent_source: said.source,
      ...(told !== undefined && { message: told.message }),
    });
  // Somebody who writes to us makes nobody known by that alone.
  if (outcome.is === "replied" && known) tell(`${channel} replied`, {});
  const isHidden = (outcome.is === "opened" || outcome.is === "clicked") && !isCounted(person, channel);
  const { onOutcome } = options;
  // Who has read it has got it, which is no secret of theirs.
  if (told !== undefined && onOutcome !== undefined)
    steps.push((done) => onOutcome(told, isHidden ? { is: "delivered" } : outcome, done));
  return steps;
}
