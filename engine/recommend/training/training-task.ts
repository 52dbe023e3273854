/** What training threads are given: arrays in shared memory, and rows that they take a few at a time until none is left. */
import type { CustomerLists, ListsSource } from "../models/customer-lists.ts";
import { fillLists } from "../models/customer-lists.ts";
import type { NeighbourTable, TableSource } from "../models/neighbour-table.ts";
import { fillTable } from "../models/neighbour-table.ts";

export type TrainingTask =
  | { readonly is: "neighbours"; readonly table: NeighbourTable; readonly source: TableSource }
  | { readonly is: "lists"; readonly lists: CustomerLists; readonly source: ListsSource };

export interface TrainingThreadData {
  readonly task: TrainingTask;
  /** One number in shared memory: the first row that nobody has taken. */
  readonly next: Int32Array;
}

const ROWS_AT_ONCE = { neighbours: 256, lists: 8_192 } as const;

export function rowsOf(task: TrainingTask): number {
  return task.is === "neighbours" ? task.table.products : task.source.matrix.customers;
}

/** Returns when no row is left; other threads may still be at theirs. */
export function work({ task, next }: TrainingThreadData): void {
  const rows = rowsOf(task);
  const few = ROWS_AT_ONCE[task.is];
  for (;;) {
    const from = Atomics.add(next, 0, few);
    if (from >= rows) return;
    const range = [from, Math.min(from + few, rows)] as const;
    if (task.is === "neighbours") fillTable(task.table, task.source, range);
    else fillLists(task.lists, task.source, range);
  }
}
