/** A plan in the making: streams and aggregates, each once however many rules read it, numbered as first met. */
import { hashText } from "../../model/hash.ts";
import type { AggregateSource, StreamSource } from "../plan/checked.ts";
import { type PrintSource, streamKey } from "../plan/print.ts";

export interface PlanDraft {
  readonly streams: readonly StreamSource[];
  readonly aggregates: readonly AggregateSource[];
  /** The stream's index, or the key of another stream whose id is the same. */
  stream(stream: StreamSource): number | { readonly collidesWith: string };
  aggregate(aggregate: AggregateSource): number;
}

export function createPlanDraft(source: Omit<PrintSource, "streams" | "aggregates">): PlanDraft {
  const streams: StreamSource[] = [];
  const aggregates: AggregateSource[] = [];
  const byKey = new Map<string, number>();
  const keyById = new Map<number, string>();
  const byDefinition = new Map<string, number>();
  const names: PrintSource = { ...source, streams, aggregates };
  return {
    streams,
    aggregates,
    stream(stream) {
      const key = streamKey(stream, names);
      const found = byKey.get(key);
      if (found !== undefined) return found;
      const id = hashText(key);
      const other = keyById.get(id);
      if (other !== undefined) return { collidesWith: other };
      keyById.set(id, key);
      byKey.set(key, streams.length);
      return streams.push(stream) - 1;
    },
    aggregate(aggregate) {
      const definition = `${aggregate.stream} ${aggregate.reduce} ${JSON.stringify([aggregate.window, aggregate.steps, aggregate.correlated])}`;
      const found = byDefinition.get(definition);
      if (found !== undefined) return found;
      byDefinition.set(definition, aggregates.length);
      return aggregates.push(aggregate) - 1;
    },
  };
}
