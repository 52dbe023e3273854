/** Of whoever reads a message: their language, and the zone by whose clock they are told of moments. Pure. */
import type { Plan } from "../model/plan.ts";
import type { Profile } from "../profile/port.ts";

/** `language`: undefined where it is not known. */
export function readerOf(
  profile: Profile,
  { language, zone }: Plan,
): { readonly language: string | undefined; readonly zone: string } {
  return { language: textOf(profile, language), zone: textOf(profile, zone.attribute) ?? zone.brand };
}

function textOf(profile: Profile, attribute: number | undefined): string | undefined {
  const value = attribute === undefined ? undefined : profile.attribute(attribute);
  return typeof value === "string" ? value : undefined;
}
