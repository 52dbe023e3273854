/** A person as the directory tells of them, to the control plane and to tills; JSON Schema from which the type comes. */
import { Type } from "typebox";
import type { Static } from "typebox";

export const CustomerSchema = Type.Object(
  {
    profile: Type.String({ description: "its id" }),
    name: Type.Optional(Type.String({ description: "first and last name, as far as fields of the brand have them" })),
    emails: Type.Array(Type.String()),
    phones: Type.Array(Type.String()),
    cards: Type.Array(Type.String()),
    segments: Type.Array(Type.String(), { description: "those that the person is in" }),
  },
  { additionalProperties: false, title: "Customer" },
);

export type Customer = Static<typeof CustomerSchema>;

export const RebuiltSchema = Type.Object(
  { people: Type.Integer({ minimum: 0, description: "whom the directory knows now" }) },
  { additionalProperties: false },
);

export const CustomersSchema = Type.Object({ customers: Type.Array(CustomerSchema) }, { additionalProperties: false });
