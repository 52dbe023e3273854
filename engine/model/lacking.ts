/** What a plan reads and profiles do not have yet: it is gathered from history, and until then what reads it waits. */
import { hashText } from "./hash.ts";
import type { Position } from "./ids.ts";
import type { AttributeDefinition } from "./plan.ts";

/** Ids as profiles are stored under, so that they mean the same under any plan. */
export interface Lacking {
  readonly streams: readonly LackingStream[];
  /** `attributeId` */
  readonly attributes: readonly number[];
}

export interface LackingStream {
  /** `StreamDefinition.id` */
  readonly id: number;
  /** Profiles kept it before, for a shorter time. */
  readonly longer: boolean;
}

/** A stream of one person as it was gathered. */
export interface BackfilledStream extends LackingStream {
  /** Tells what was gathered of this stream, of one person and time, from all else; the same however often it is made. */
  readonly mark: number;
}

/** What a shard lacks, each from the position on at which a plan first wanted it: what came after is kept as it comes. */
export interface LackingSince {
  readonly streams: readonly (LackingStream & { readonly since: Position })[];
  readonly attributes: readonly { readonly id: number; readonly since: Position }[];
}

export const NOTHING_LACKING: LackingSince = Object.freeze({
  streams: Object.freeze([]),
  attributes: Object.freeze([]),
});

export function lacksNothing({ streams, attributes }: Lacking | LackingSince): boolean {
  return streams.length === 0 && attributes.length === 0;
}

/** What an attribute is stored under. */
export function attributeId({ name, type }: AttributeDefinition): number {
  return hashText(`${name}:${type}`);
}

/** What is wanted anew is lacking from here on, even if it was before: between, nobody kept it. */
export function lackSince(known: LackingSince, more: Lacking, since: Position): LackingSince {
  const streams = new Set(more.streams.map(({ id }) => id));
  const attributes = new Set(more.attributes);
  return {
    streams: [
      ...known.streams.filter(({ id }) => !streams.has(id)),
      ...more.streams.map((stream) => ({ ...stream, since })),
    ],
    attributes: [
      ...known.attributes.filter(({ id }) => !attributes.has(id)),
      ...more.attributes.map((id) => ({ id, since })),
    ],
  };
}

/** What is left when these have been gathered, each from where it was lacking. */
export function lackWithout(known: LackingSince, gathered: LackingSince): LackingSince {
  const isIn = (among: readonly { readonly id: number; readonly since: Position }[]) => {
    const keys = new Set(among.map(({ id, since }) => `${id} ${since}`));
    return ({ id, since }: { readonly id: number; readonly since: Position }): boolean => !keys.has(`${id} ${since}`);
  };
  return {
    streams: known.streams.filter(isIn(gathered.streams)),
    attributes: known.attributes.filter(isIn(gathered.attributes)),
  };
}

/** Tells apart what is lacking; the same for the same. */
export function lackingKey({ streams, attributes }: LackingSince): string {
  const ids = (of: readonly { readonly id: number }[]): string =>
    of
      .map(({ id }) => id)
      .sort((a, b) => a - b)
      .join(",");
  return `${ids(streams)}/${ids(attributes)}`;
}
