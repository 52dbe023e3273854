/** A rule tried over the past, as the control plane is asked for it and tells it. */
import { Type } from "typebox";
import type { Static } from "typebox";
import { RuleFilesSchema } from "./rules-port.ts";

const closed = { additionalProperties: false } as const;
const Count = (description: string) => Type.Integer({ minimum: 0, description });
const InstantMs = (description: string) => Type.Integer({ description: `${description}, ms since 1970-01-01T00:00Z` });

export const TryRequestSchema = Type.Object(
  {
    rule: Type.String({ minLength: 1, maxLength: 256, description: "name of a segment, content or trigger" }),
    since: InstantMs("from when on flips count"),
    until: Type.Optional(InstantMs("up to when; now when absent")),
    /** The rules in force when absent. */
    rules: Type.Optional(RuleFilesSchema),
  },
  closed,
);
export type TryRequest = Static<typeof TryRequestSchema>;

export const TryProgressSchema = Type.Object(
  { events: Count("events read so far"), eventsAll: Count("of how many"), people: Count("people they are of") },
  { ...closed, title: "progress" },
);

const totals = {
  rule: Type.String(),
  since: InstantMs("from"),
  until: InstantMs("to"),
  events: Count("events that the rule rests on, up to `until`"),
  people: Count("people they are of; nobody else was looked at"),
};

export const TryReportSchema = Type.Union(
  [
    Type.Object(
      {
        kind: Type.Literal("segment"),
        ...totals,
        insideBefore: Count("people inside at `since`"),
        insideNow: Count("people inside at `until`"),
        entered: Count("entries between; one person may have several"),
        left: Count("exits between"),
        days: Type.Array(
          Type.Object(
            {
              day: Type.String({ description: "of UTC" }),
              entered: Count("entries"),
              left: Count("exits"),
              inside: Count("people inside as it ended"),
            },
            closed,
          ),
        ),
        some: Type.Array(Type.String(), { description: "profiles inside at `until`, who entered last first" }),
      },
      closed,
    ),
    Type.Object(
      {
        kind: Type.Literal("trigger"),
        ...totals,
        fired: Count("messages that it would have set off"),
        reached: Count("people whom they would have been for"),
        sent: Count("of these messages, those that would have gone out, or would wait for their hour"),
        skipped: Type.Array(
          Type.Object(
            {
              reason: Type.String({ description: "as of an outcome: no_consent, pressure ..." }),
              messages: Count("of them"),
              by: Type.Optional(
                Type.Array(Type.Object({ name: Type.String(), messages: Count("of them") }, closed), {
                  description: "of pressure by cap, of those outbid by the trigger that went before; most first",
                }),
              ),
            },
            closed,
          ),
          { description: "why the others would not, most first" },
        ),
        outbids: Type.Array(Type.Object({ trigger: Type.String(), messages: Count("of its messages") }, closed), {
          description: "other triggers' messages that would not go out for one of this, most first",
        }),
        days: Type.Array(Type.Object({ day: Type.String({ description: "of UTC" }), fired: Count("of them") }, closed)),
        some: Type.Array(Type.String(), { description: "profiles among those people, the latest first" }),
      },
      closed,
    ),
    Type.Object(
      {
        kind: Type.Literal("content"),
        ...totals,
        shows: Type.Array(Type.Object({ show: Type.String(), people: Count("who would be shown it") }, closed), {
          description: "most first",
        }),
      },
      closed,
    ),
  ],
  { title: "report" },
);
export type TryAnswer = Static<typeof TryReportSchema>;
