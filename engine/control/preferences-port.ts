/** The way to a person's own page of preferences, as the control plane says it. Personal: who has it speaks for that person. */
import { Type } from "typebox";
import type { Static } from "typebox";

export const PreferencesSchema = Type.Object(
  {
    profile: Type.String({ description: "whose" }),
    link: Type.String({ description: "to the page where they see and change what they want to hear of" }),
  },
  { additionalProperties: false },
);

export type Preferences = Static<typeof PreferencesSchema>;
