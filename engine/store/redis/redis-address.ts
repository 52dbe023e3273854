/**
 * Where a Redis is: one server (`redis://[user:password@]host[:port][/database]`, `rediss://` for TLS) or a Cluster
 * (`redis-cluster://[user:password@]host:port,host:port`). What is shown of an address never holds the password.
 */
import { SetupError } from "../../model/errors.ts";

export interface ServerAddress {
  readonly kind: "server";
  readonly url: string;
  readonly shown: string;
}

export interface ClusterAddress {
  readonly kind: "cluster";
  readonly nodes: readonly { readonly host: string; readonly port: number }[];
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly shown: string;
}

export type RedisAddress = ServerAddress | ClusterAddress;

const CLUSTER = /^redis-cluster:\/\/(?:([^:@/]*)(?::([^@/]*))?@)?([^@/]+)\/?$/;
const defaultPort = 6379;

export function parseRedisAddress(text: string): RedisAddress {
  if (/^rediss?:\/\//.test(text) && URL.canParse(text)) {
    const { hostname, port } = new URL(text);
    return { kind: "server", url: text, shown: `redis://${hostname}:${port || defaultPort}` };
  }
  const [, username, password, list] = CLUSTER.exec(text) ?? [];
  const nodes = (list ?? "").split(",").map(parseNode);
  const whole = nodes.filter((node) => node !== undefined);
  if (list === undefined || whole.length < nodes.length) {
    throw new SetupError(
      "The address of the store is not one of a Redis.",
      "Write redis://host:port, rediss://host:port or redis-cluster://host:port,host:port (VIF_STORE).",
    );
  }
  const shown = `redis-cluster://${whole.map(({ host, port }) => `${host}:${port}`).join(",")}`;
  return { kind: "cluster", nodes: whole, username: decoded(username), password: decoded(password), shown };
}

function parseNode(text: string) {
  const url = `redis://${text.trim()}`;
  if (!URL.canParse(url)) return undefined;
  const { hostname, port } = new URL(url);
  return hostname === "" ? undefined : { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port || defaultPort) };
}

function decoded(text: string | undefined): string | undefined {
  return text === undefined || text === "" ? undefined : decodeURIComponent(text);
}
