/** What a shard worker of this node is started with. */
import type { MessagePort } from "node:worker_threads";
import type { Config } from "../config.ts";
import type { IdentifierRules } from "../model/identifier-rules.ts";
import type { NodeId } from "../model/ids.ts";
import type { WorkerSettings } from "../shard/worker-messages.ts";
import { portsOf } from "../store/create-store.ts";
import type { StoreConnection } from "../store/create-store.ts";

export function identifierRules({ phoneCountry }: Config): IdentifierRules {
  return phoneCountry === undefined ? {} : { defaultCountry: phoneCountry };
}

export function workerSettings(
  config: Config,
  node: NodeId,
  ports: {
    readonly connection: StoreConnection;
    readonly historyPort: MessagePort;
    readonly deskPort: MessagePort;
  },
): { readonly settings: WorkerSettings<StoreConnection>; readonly transfer: readonly MessagePort[] } {
  const { connection, historyPort, deskPort } = ports;
  return {
    settings: {
      node,
      store: connection,
      historyPort,
      scratch: config.dataDir,
      deskPort,
      links: { secret: config.secret, url: config.publicUrl },
      cacheBytesMax: Math.floor(config.cacheBytesMax / config.workers),
      identifiers: identifierRules(config),
      trustBrowsers: config.trustBrowsers,
      serverKeys: config.keys.filter(({ kind }) => kind === "server").map(({ key }) => key),
    },
    transfer: [...portsOf(connection), historyPort, deskPort],
  };
}
