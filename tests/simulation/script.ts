/**
 * What the visitors of a simulated run do: browse, buy, log in on several devices and hand a device to somebody else, give
 * an e-mail address that somebody already gave, be named by the brand's server, buy and return at a till, repeat messages
 * and receipts and say other things under the same message id, send late. Everything is drawn from the run's seed.
 */
import type { Identifier } from "../../engine/model/identifier.ts";
import { body16Of } from "../../engine/profile/remembered-ids.ts";
import type { Ledger, SentEvent } from "./ledger.ts";
import type { SeededRandom } from "./seeded-random.ts";
import type { Sender } from "./sender.ts";
import { bodyHashOf, type WireEvent, type WireReceipt, wireText } from "./wire-event.ts";

interface Device {
  readonly sender: Sender;
  readonly anonymousId: string;
  /** Who has logged in on it, if anybody. */
  user: string | undefined;
}

function isTakenFor(said: WireEvent, other: WireEvent): boolean {
  const [one, two] = [wireText(said), wireText(other)];
  return one !== two && body16Of(bodyHashOf(one)) === body16Of(bodyHashOf(two));
}

export interface ScriptOptions {
  readonly random: SeededRandom;
  readonly ledger: Ledger;
  readonly devices: readonly Sender[];
  readonly server: Sender;
  readonly users: number;
  readonly wallMs: () => number;
}

/** Of what one, two or three pieces are bought; the plans let them earn differently. */
const CATEGORIES = ["shoes", null, "bags"];
const LATE_MS_MAX = 30 * 3_600_000;
const TIERS = ["gold", "silver", "basic"];

export class Script {
  readonly #options: ScriptOptions;
  readonly #devices: readonly Device[];
  readonly #said: { readonly event: SentEvent; readonly sender: Sender; readonly receipt?: WireReceipt }[] = [];
  #messages = 0;

  constructor(options: ScriptOptions) {
    this.#options = options;
    this.#devices = options.devices.map((sender) => ({ sender, anonymousId: sender.name, user: undefined }));
  }

  /** Every identifier that anybody may have been known by. */
  identifiers(): readonly Identifier[] {
    const numbered = (kind: "user" | "email" | "card", letter: string): Identifier[] =>
      Array.from({ length: this.#options.users }, (_, i) => ({ kind, value: `${letter}${i}` }));
    return [
      ...this.#devices.map(({ anonymousId }): Identifier => ({ kind: "anonymous", value: anonymousId })),
      ...numbered("user", "u"),
      ...numbered("email", "e"),
      ...numbered("card", "C"),
    ];
  }

  /** One more thing happens. */
  act(): void {
    const { random } = this.#options;
    const device = random.pick(this.#devices);
    if (device.sender.seen.size > 0 && random.chance(0.2)) return this.#sayShown(device);
    const roll = random.below(100);
    if (roll < 38) return this.#onDevice(device, { event: "Product Viewed" });
    if (roll < 46)
      return this.#onDevice(device, { event: "Order Completed", fields: { total: random.between(10, 90) } });
    if (roll < 50) return this.#ringUp();
    if (roll < 65) return this.#logIn(device);
    if (roll < 71) return this.#giveEmail(device);
    if (roll < 74) return this.#alias(device);
    if (roll < 78) return this.#server();
    if (roll < 83) return this.#ringUp();
    if (roll < 88) return this.#repeat();
    if (roll < 90) return this.#contradict();
    if (roll < 92) return this.#sayConsent(device);
    if (roll < 97) return device.sender.read(random.pick(this.identifiers()));
    return device.sender.watch(random.pick(this.identifiers()));
  }

  /** Somebody looks somebody up. */
  read(): void {
    const { random } = this.#options;
    random.pick(this.#devices).sender.read(random.pick(this.identifiers()));
  }

  #onDevice(device: Device, more: { readonly event: string; readonly fields?: WireEvent["fields"] }): void {
    const { random } = this.#options;
    const named = device.user !== undefined && random.chance(0.6);
    const late = random.chance(0.12) ? random.below(LATE_MS_MAX) : 0;
    this.#say(device.sender, "web", random.chance(named ? 0.8 : 0.3), {
      type: "track",
      event: more.event,
      anonymousId: device.anonymousId,
      ...(named ? { userId: device.user as string } : {}),
      fields: more.fields ?? {},
      timestamp: this.#now() - late,
    });
  }

  #logIn(device: Device): void {
    const { random } = this.#options;
    device.user = this.#user();
    this.#say(device.sender, "web", random.chance(0.85), {
      type: "identify",
      anonymousId: device.anonymousId,
      userId: device.user,
      ...(random.chance(0.3) ? { email: this.#email(device.user) } : {}),
      fields: random.chance(0.5) ? { tier: random.pick(TIERS) } : {},
      timestamp: this.#now(),
    });
  }

  /** A page says what it has shown, perhaps again. */
  #sayShown(device: Device): void {
    const { random } = this.#options;
    this.#say(device.sender, "web", random.chance(0.3), {
      type: "track",
      event: "Message Shown",
      anonymousId: device.anonymousId,
      fields: { message: random.pick([...device.sender.seen]) },
      timestamp: this.#now(),
    });
  }

  /** Yes or no to a purpose, by one channel or by any. */
  #sayConsent(device: Device): void {
    const { random } = this.#options;
    const about = `${random.pick(["marketing", "club", "*"])}${random.pick(["", ".web", ".webhook", ".email"])}`;
    this.#say(device.sender, "web", random.chance(0.7), {
      type: "track",
      event: "Consent Changed",
      anonymousId: device.anonymousId,
      fields: { consent: { [about]: random.chance(0.6) ? "refused" : "granted" } },
      timestamp: this.#now(),
    });
  }

  #giveEmail(device: Device): void {
    const { random } = this.#options;
    this.#say(device.sender, "web", random.chance(0.85), {
      type: "identify",
      anonymousId: device.anonymousId,
      email: this.#email(this.#user()),
      fields: {},
      timestamp: this.#now(),
    });
  }

  #alias(device: Device): void {
    const { server } = this.#options;
    this.#say(server, "server", true, {
      type: "alias",
      previousId: device.anonymousId,
      userId: this.#user(),
      fields: {},
      timestamp: this.#now(),
    });
  }

  #server(): void {
    const { random, server } = this.#options;
    this.#say(server, "server", true, {
      type: "track",
      event: "Order Completed",
      userId: this.#user(),
      fields: { total: random.between(10, 90) },
      timestamp: this.#now() - (random.chance(0.3) ? random.below(LATE_MS_MAX) : 0),
    });
  }

  /** The same message again, from whoever sent it, while it may still be on its way. */
  #repeat(): void {
    if (this.#said.length === 0) return;
    const { event, sender } = this.#options.random.pick(this.#said);
    sender.send(event);
  }

  /** Something else under a message id used before. */
  #contradict(): void {
    if (this.#said.length === 0) return;
    const { random, ledger } = this.#options;
    const { event, sender, receipt } = random.pick(this.#said);
    if (receipt !== undefined) return this.#contradictReceipt(sender, receipt);
    const said = [...ledger.events.values()].filter(({ digest }) => digest === event.digest).map(({ wire }) => wire);
    let other = random.below(1_000);
    const wire = (): WireEvent => ({ ...event.wire, fields: { ...event.wire.fields, other } });
    // One body is told from another by 16 bits of its hash: two that share them are one to an engine.
    while (said.some((each) => isTakenFor(each, wire()))) other++;
    sender.send(ledger.sent(wire(), event.source, event.trusted));
  }

  /** A till sells, or takes something back, of somebody or of nobody. */
  #ringUp(): void {
    const { random, server, ledger } = this.#options;
    const sold = this.#said.flatMap(({ receipt }) => (receipt?.kind === "sale" ? [receipt] : []));
    const original = sold.length > 0 && random.chance(0.35) ? random.pick(sold) : undefined;
    const customer = random.chance(0.2) ? {} : { customer: this.#customer() };
    const quantity = random.between(1, 3);
    const unitPrice = random.between(500, 9_000) / 100;
    const line = original?.lines[0];
    const receipt: WireReceipt = {
      receiptId: `r${++this.#messages}`,
      store: "s1",
      till: "t1",
      timestamp: new Date(this.#now() - (random.chance(0.3) ? random.below(LATE_MS_MAX) : 0)).toISOString(),
      currency: random.chance(0.9) ? "EUR" : "GBP",
      kind: "sale",
      ...customer,
      lines: [{ sku: "a", category: CATEGORIES[quantity - 1] ?? null, quantity, unitPrice }],
      total: Math.round(quantity * unitPrice * 100) / 100,
      offline: true,
      ...(original !== undefined &&
        line !== undefined && {
          kind: "return" as const,
          refersTo: { receiptId: original.receiptId },
          ...(original.customer !== undefined && random.chance(0.9) && { customer: original.customer }),
          lines: [{ ...line, quantity: -1 }],
          total: line.unitPrice,
        }),
    };
    const event = ledger.sentReceipt(receipt, "till");
    this.#said.push({ event, sender: server, receipt });
    server.send(event);
  }

  /** By one name or two: what a till scans, and what is said beside it. */
  #customer(): NonNullable<WireReceipt["customer"]> {
    const { random } = this.#options;
    const user = this.#user();
    const card = { card: `C${user.slice(1)}` };
    const roll = random.below(10);
    if (roll < 4) return { userId: user };
    if (roll < 6) return { email: this.#email(user) };
    if (roll < 8) return { ...card, email: this.#email(user) };
    return roll < 9 ? card : { ...card, userId: this.#user() };
  }

  /** Another content, or another customer, under the number of a receipt that was sent before. */
  #contradictReceipt(sender: Sender, receipt: WireReceipt): void {
    const { random, ledger } = this.#options;
    const other = random.chance(0.5)
      ? { ...receipt, total: Math.round((receipt.total + 1) * 100) / 100 }
      : { ...receipt, customer: { userId: this.#user() } };
    sender.send(ledger.sentReceipt(other, "till"));
  }

  #say(sender: Sender, source: string, trusted: boolean, wire: Omit<WireEvent, "messageId">): void {
    const event = this.#options.ledger.sent({ ...wire, messageId: `m${++this.#messages}` }, source, trusted);
    this.#said.push({ event, sender });
    sender.send(event);
  }

  #user(): string {
    return `u${this.#options.random.below(this.#options.users)}`;
  }

  /** Mostly one's own, sometimes somebody else's. */
  #email(user: string): string {
    return this.#options.random.chance(0.7)
      ? `e${user.slice(1)}`
      : `e${this.#options.random.below(this.#options.users)}`;
  }

  #now(): number {
    return Math.floor(this.#options.wallMs());
  }
}
