/** Sizes of segments at an instant, as the control plane says them. */
import { Type } from "typebox";
import type { Static } from "typebox";

const closed = { additionalProperties: false } as const;

export const SegmentsSchema = Type.Object(
  {
    at: Type.Integer({ description: "ms since 1970-01-01T00:00Z" }),
    profiles: Type.Integer({ minimum: 0, description: "people who had done something by then" }),
    segments: Type.Array(Type.Object({ name: Type.String(), size: Type.Integer({ minimum: 0 }) }, closed), {
      description: "in order of dependency",
    }),
  },
  closed,
);

export type Segments = Static<typeof SegmentsSchema>;
