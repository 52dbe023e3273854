/** `vif preview`: what a template says to one person, before anybody is sent it. What it does is in preview.ts. */
import { type CallOutcome, CHANNELS } from "../model/message.ts";
import type { Command, Nearest } from "./command.ts";
import type { TestMessage } from "./create-test-send.ts";
import type { EngineClient } from "./engine-client.ts";

/** Those by which a provider brings something to a person. */
export const ADDRESSED = CHANNELS.filter((channel) => !["web", "loyalty", "webhook"].includes(channel));

const HELP = `Shows what a template says to one person, in the terminal or as it looks. Nobody is sent it, but by --to.

Usage: vif preview TEMPLATE [--as WHO] [--channel CHANNEL] [--language CODE] [--event JSON] [--open] [--json]
       vif preview TEMPLATE --channel CHANNEL --to ADDRESS [the same]

TEMPLATE is the name of a file of templates/, without folder and ending; all channels that have one are shown.

Options:
  --as WHO            somebody whom the running engine knows: an e-mail address, a phone number, a card, a profile id,
                      anonymous:ID or user:ID; a sample person when absent
  --channel CHANNEL   one of ${CHANNELS.join(", ")}
  --language CODE     such as fr; the person's own when absent
  --event JSON        properties of the event that sets it off, as they are sent: '{"order_id": "W-1", "total": 59.9}';
                      a sample when absent
  --to ADDRESS        sends it there, once, as a test: by the provider that the settings name for one of
                      ${ADDRESSED.join(", ")},
                      whatever consent, caps and hours say, but for a stop or a pause of the channel;
                      an e-mail's subject begins with [Test]
  --open              opens the e-mail, the page or the screen in a browser
  --rules FOLDER      the brand folder; VIF_RULES (./rules by default) when absent
  --json              one JSON object with all parts
  --help              this text

Products of a recommendation are those that the person would be shown now; of a sample person samples too.
Links to unsubscribe and to preferences lead nowhere in a preview.

Examples:
  vif preview cart-abandoned
  vif preview birthday-voucher --as marie@example.fr --language en
  vif preview birthday-voucher --open
  vif events --follow --name order_completed --count 1 --json | jq .fields > order.json
  vif preview order-thanks --event "$(cat order.json)"
  vif preview cart-abandoned --channel sms --json
  vif preview cart-abandoned --channel email --to me@example.com

Exit codes: 0 shown, and sent where that was asked, 1 it cannot be said to this person, or is not there, or was not sent,
2 not understood.`;

export interface PreviewSurroundings {
  readonly client: () => Promise<EngineClient>;
  readonly rulesDir: () => Promise<string>;
  readonly now: () => number;
  /** Shows markup in a browser. @returns where it was put, for who has to open it by hand */
  readonly open: (name: string, html: string) => Promise<string>;
  /** To a named address; undefined where no provider is configured for the channel. */
  readonly send: (message: TestMessage) => Promise<CallOutcome | undefined>;
  readonly nearest: Nearest;
}

export function createPreviewCommand(surroundings: PreviewSurroundings): Command {
  return {
    name: "preview",
    summary: "show what a template says to one person",
    help: HELP,
    run: async (args, terminal) => (await import("./preview.ts")).preview(args, terminal, surroundings),
  };
}
