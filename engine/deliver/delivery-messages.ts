/** What the main thread and the delivery thread say to each other. */
import type { MessagePort } from "node:worker_threads";
import type { MessageTemplates } from "../language/port.ts";
import type { ProviderSettings } from "../model/provider-settings.ts";
import type { ChannelStatus } from "./desk-port.ts";

export interface LinkSettings {
  readonly secret: string;
  /** Of the data plane, as customers reach it. */
  readonly url: string;
}

export interface DeliverySettings {
  /** Where the recording keeps its file. */
  readonly folder: string;
  /** What links in messages are signed with, and where they begin. */
  readonly links: LinkSettings;
  readonly providers: ProviderSettings;
}

export type ToDelivery =
  /** One more worker; see desk-link.ts. */
  | { readonly is: "connect"; readonly port: MessagePort }
  /** The brand's templates, the first or new ones. */
  | { readonly is: "templates"; readonly templates: MessageTemplates }
  | { readonly is: "close" };

/** Once a second. */
export interface FromDelivery {
  readonly is: "status";
  readonly channels: readonly ChannelStatus[];
}
