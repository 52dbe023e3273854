/**
 * What VIF_STORE and VIF_HISTORY say, as tagged unions that the store and history rooms are opened with. Pure; nothing is
 * connected to here.
 */

export type StoreSetting =
  | { readonly kind: "embedded" }
  /** `redis://[user:password@]host[:port][/database]`, or `rediss://` for TLS. */
  | { readonly kind: "redis"; readonly url: string }
  | {
      readonly kind: "redis-cluster";
      readonly nodes: readonly { readonly host: string; readonly port: number }[];
      readonly username: string | undefined;
      readonly password: string | undefined;
    };

/** `postgres://[user[:password]@]host[:port]/database` */
export type HistorySetting = { readonly kind: "embedded" } | { readonly kind: "postgres"; readonly url: string };

export interface UnknownSetting {
  readonly kind: "unknown";
  readonly allowed: string;
}

const STORES = "embedded, redis://host:port, rediss://host:port, redis-cluster://host:port,host:port";
const HISTORIES = "embedded, postgres://user@host:port/database";
const CLUSTER = /^redis-cluster:\/\/(?:([^:@/]*)(?::([^@/]*))?@)?([^@/]+)\/?$/;

export function parseStore(text: string): StoreSetting | UnknownSetting {
  if (text === "embedded") return { kind: "embedded" };
  if (/^rediss?:\/\//.test(text) && hasHost(text)) return { kind: "redis", url: text };
  const cluster = CLUSTER.exec(text);
  const nodes = cluster === null ? [] : (cluster[3] ?? "").split(",").map(parseNode);
  const whole = nodes.filter((node) => node !== undefined);
  if (cluster === null || whole.length === 0 || whole.length < nodes.length)
    return { kind: "unknown", allowed: STORES };
  return { kind: "redis-cluster", nodes: whole, username: decoded(cluster[1]), password: decoded(cluster[2]) };
}

export function parseHistory(text: string): HistorySetting | UnknownSetting {
  if (text === "embedded") return { kind: "embedded" };
  if (/^postgres(ql)?:\/\//.test(text) && hasHost(text)) return { kind: "postgres", url: text };
  return { kind: "unknown", allowed: HISTORIES };
}

function hasHost(text: string): boolean {
  return URL.canParse(text) && new URL(text).hostname !== "";
}

/** Redis's own port where none is given. */
function parseNode(text: string): { readonly host: string; readonly port: number } | undefined {
  const node = `redis://${text.trim()}`;
  if (!URL.canParse(node) || !hasHost(node)) return undefined;
  const { hostname, port } = new URL(node);
  return { host: hostname.replace(/^\[|\]$/g, ""), port: port === "" ? 6379 : Number(port) };
}

function decoded(text: string | undefined): string | undefined {
  return text === undefined || text === "" ? undefined : decodeURIComponent(text);
}
