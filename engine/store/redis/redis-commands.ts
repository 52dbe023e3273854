/** What the adapter says to Redis: plain commands and calls of its scripts, and the shapes of replies. */
import type { RedisScript } from "./scripts.ts";

export type RedisArgument = string | number | Buffer;

/** Replies as RESP 2 gives them, strings as bytes. */
export type RedisReply = Buffer | number | null | readonly RedisReply[];

export interface RedisCommand {
  /** Decides in a Cluster which master it goes to. */
  readonly key: string;
  readonly name: string;
  readonly args: readonly RedisArgument[];
  /** Set for a call of a script: sent whole when the server does not know it yet. */
  readonly script?: RedisScript;
}

/** @param rest what follows the key */
export function command(name: string, key: string, ...rest: readonly RedisArgument[]): RedisCommand {
  return { key, name, args: [key, ...rest] };
}

/** @param keys at least one */
export function callScript(script: RedisScript, keys: readonly string[], args: readonly RedisArgument[]): RedisCommand {
  return { key: keys[0] ?? "", name: "evalsha", args: [script.sha, keys.length, ...keys, ...args], script };
}

/** The same command; a call of a script with its source, which makes the server know it. */
export function withSource(command: RedisCommand): RedisCommand {
  const { key, args, script } = command;
  return script === undefined ? command : { key, name: "eval", args: [script.source, ...args.slice(1)] };
}

export function textOf(reply: RedisReply | undefined): string | undefined {
  if (typeof reply === "number") return String(reply);
  return Buffer.isBuffer(reply) ? reply.toString("utf8") : undefined;
}

/** Of a decimal text or an integer; 0 for none. */
export function numberOf(reply: RedisReply | undefined): number {
  return typeof reply === "number" ? reply : Number(textOf(reply) ?? 0);
}

export function bytesOf(reply: RedisReply | undefined): Buffer | undefined {
  return Buffer.isBuffer(reply) ? reply : undefined;
}

export function listOf(reply: RedisReply | undefined): readonly RedisReply[] {
  return Array.isArray(reply) ? (reply as readonly RedisReply[]) : [];
}
