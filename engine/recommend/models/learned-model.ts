/**
 * What was learned from history, as it is served: tables of neighbours and orders of products, in memory that all workers
 * share. It is whole and never changed: another version replaces it at once. Products are numbers of the catalogue.
 */
import type { SimilarForm } from "../training/similar-forms.ts";
import type { NeighbourTable } from "./neighbour-table.ts";

export interface LearnedModel {
  /** Digest of what it was learned from and how. */
  readonly version: string;
  /** Bought by the same customers, with how many. */
  readonly bought: NeighbourTable;
  /** Looked at, put into the cart or bought by the same customers, all weighed; for histories and sessions. */
  readonly similar: NeighbourTable;
  /** What `similar` is made by; empty by `popularity`, where nothing is better than that. */
  readonly similarBy: SimilarForm;
  /** Looked at by the same customers. */
  readonly viewed: NeighbourTable;
  /** Products by how many have bought them, most first. */
  readonly popular: Uint32Array;
  /** Products by how much more is done with them of late than before. */
  readonly trending: Uint32Array;
}
