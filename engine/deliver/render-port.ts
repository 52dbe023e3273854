/** How a message gets its words: by a template of its channel, for one profile, as of the instant of its gates. Pure. */
import type { Instant } from "../model/ids.ts";
import type { Channel, RenderedParts } from "../model/message.ts";
import type { Plan } from "../model/plan.ts";
import type { Profile } from "../profile/port.ts";

export interface RenderRequest {
  readonly template: string;
  readonly channel: Channel;
  readonly profile: Profile;
  readonly plan: Plan;
  readonly at: Instant;
}

export type Rendered =
  | { readonly is: "rendered"; readonly parts: RenderedParts; readonly language: string }
  /** `field`: what it lacks of this profile, by name; undefined: there is no such template. */
  | { readonly is: "unrenderable"; readonly field: string | undefined };

/** @throws nothing: what cannot be rendered for one profile concerns that one only */
export type RenderMessage = (request: RenderRequest) => Rendered;
