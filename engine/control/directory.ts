/**
 * The directory of people: finds them by name, e-mail, phone or card as one types, for this API and for tills. A read model
 * with nothing to lose: history gathers what people are found by and can gather it anew, who they are now is read from their
 * shard's owner, so that merged profiles are found once and nothing old is shown. A whole identifier finds its person at once, also where
 * history is away or behind.
 */
import { peopleFoundMax } from "../limits.ts";
import { HistoryUnavailable } from "../model/errors.ts";
import type { ProfileId } from "../model/ids.ts";
import type { Customer } from "./directory-port.ts";
import type { ProfileReport } from "./profile-port.ts";
import { isRefusal } from "./refusal.ts";
import type { Refusal } from "./refusal.ts";

export interface DirectorySources {
  readonly profile: (who: string) => Promise<ProfileReport | Refusal>;
  /** Of those whose names have what was typed. */
  readonly people: (typed: string, limit: number) => Promise<readonly ProfileId[]>;
}

/** @returns at most `limit`, the person of a whole identifier first, then who was identified last */
export async function findCustomers(
  { profile, people }: DirectorySources,
  typed: string,
  limit = peopleFoundMax,
): Promise<readonly Customer[]> {
  const most = Math.min(limit, peopleFoundMax);
  const exact = await profile(typed);
  const named = await people(typed, most).catch((error: unknown) => {
    if (error instanceof HistoryUnavailable && !isRefusal(exact)) return [];
    throw error;
  });
  const found = [exact, ...(await Promise.all(named.map((id) => profile(id))))];
  const customers = new Map<string, Customer>();
  for (const report of found)
    if (!isRefusal(report) && !customers.has(report.profile)) customers.set(report.profile, customerOf(report));
  return [...customers.values()].slice(0, most);
}

function customerOf({ profile, identifiers, attributes, segments }: ProfileReport): Customer {
  const texts = new Map(attributes.map(({ name, value }) => [name, value === undefined ? "" : String(value)]));
  const text = (...names: readonly string[]): string =>
    names.map((name) => texts.get(name) ?? "").find((value) => value !== "") ?? "";
  const whole = `${text("first_name", "firstName")} ${text("last_name", "lastName")}`.trim();
  const name = text("name") || whole;
  const of = (kind: string): string[] =>
    identifiers.flatMap((known) => (known.kind === kind && known.state !== "unproved" ? [known.value] : []));
  return {
    profile,
    ...(name !== "" && { name }),
    emails: of("email"),
    phones: of("phone"),
    cards: of("card"),
    segments: segments.filter(({ inside }) => inside).map((segment) => segment.name),
  };
}
