/**
 * The history that a setting names. Each adapter is loaded only when it is wanted: DuckDB's library alone takes 100 MB and
 * a tenth of a second.
 */
import { join } from "node:path";
import type { HistorySetting } from "../config-stores.ts";
import type { History } from "./port.ts";

export type HistorySettings =
  /** One DuckDB file, of one process at a time. */
  | { readonly kind: "embedded"; readonly file: string }
  /** `schema`: `vif` when absent. */
  | { readonly kind: "postgres"; readonly url: string; readonly schema?: string };

/** What VIF_HISTORY means with this data folder. */
export function historySettingsOf(setting: HistorySetting, dataDir: string): HistorySettings {
  return setting.kind === "embedded" ? { kind: "embedded", file: join(dataDir, "history.duckdb") } : setting;
}

/** Rejects with HistoryUnavailable or SetupError. */
export async function createHistory(settings: HistorySettings): Promise<History> {
  switch (settings.kind) {
    case "embedded": {
      const { createEmbeddedHistory } = await import("./embedded/duckdb-history.ts");
      return createEmbeddedHistory(settings);
    }
    case "postgres": {
      const { createPostgresHistory } = await import("./postgres/postgres-history.ts");
      return createPostgresHistory(settings);
    }
  }
}
