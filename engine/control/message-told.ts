/** What has become of a message of one person, as far as the profile still knows: fired, held, tried, sent, delivered. Pure. */
import { gate } from "../deliver/port.ts";
import type { Instant } from "../model/ids.ts";
import type { Orders } from "../model/orders.ts";
import type { Plan } from "../model/plan.ts";
import type { Profile } from "../profile/port.ts";
import type { MessageTold } from "./profile-port.ts";

/** A page has it by now, or will with its next answer, and none has said yet that it was shown. */
const ON_SHOW = "a page that says it has shown it";

/** undefined: it is not remembered any more; history has it. */
export function messageTold(
  {
    profile,
    plan,
    orders,
    at,
  }: { readonly profile: Profile; readonly plan: Plan; readonly orders: Orders; readonly at: Instant },
  message: string,
): MessageTold | undefined {
  const { waiting, ended } = profile.agenda;
  const end = ended.find((each) => each.message === message);
  if (end !== undefined) {
    const { channel, attempts, became, at: tried, told } = end;
    return { state: "ended", ...(channel !== undefined && { channel, tried }), attempts, became, told };
  }
  const held = waiting.find((each) => each.message === message);
  if (held === undefined) return undefined;
  const { underWay, attempts, due, since } = held;
  const decided = { decided: since, attempts };
  if (underWay !== undefined) {
    const { channel, at: tried } = underWay;
    return { state: "under way", ...decided, channel, tried, ...(channel === "web" && { because: ON_SHOW }) };
  }
  if (due > at && attempts > 0) return { state: "waiting", ...decided, due, because: "another try" };
  if (due > at && due <= since + held.intent.competesForMs)
    return { state: "waiting", ...decided, due, because: "others to compete with" };
  const verdict = gate(held, { profile, plan, orders, at });
  switch (verdict.is) {
    case "go":
      return { state: "waiting", ...decided, due, because: "a free place", channel: verdict.channel };
    case "wait":
      return {
        state: "waiting",
        ...decided,
        ...(verdict.until < Number.POSITIVE_INFINITY && { due: verdict.until }),
        because: verdict.because,
      };
    case "skip":
      return { state: "waiting", ...decided, due, because: `its end: skipped ${verdict.reason}` };
  }
}
