/**
 * How two nodes prove to each other that they hold the link secret, without saying it: each signs the other's fresh nonce
 * (HMAC-SHA-256, RFC 2104), its own name and the time. Signatures of the two directions differ in their first word, so that
 * neither can be played back as the other. What follows on the connection is not encrypted: links belong on a private
 * network.
 *
 *   server -> client  {"link":1,"nonce":N1}
 *   client -> server  {"node":A,"at":T,"nonce":N2,"proof":sign("client",N1,A,T)}
 *   server -> client  {"node":B,"proof":sign("server",N2,B,T)}
 *   then frames, both ways
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { linkProofMsMax } from "../limits.ts";
import type { Instant, NodeId } from "../model/ids.ts";

/** Bumped with every change that nodes of two versions could not agree on. */
export const LINK_VERSION = 2;

export interface Challenge {
  readonly link: number;
  readonly nonce: string;
}

export interface ClientProof {
  readonly node: NodeId;
  readonly at: Instant;
  readonly nonce: string;
  readonly proof: string;
}

export interface ServerProof {
  readonly node: NodeId;
  readonly proof: string;
}

type Signed = { readonly nonce: string; readonly node: string; readonly at: Instant };

function sign(secret: string, side: "client" | "server", { nonce, node, at }: Signed): string {
  return createHmac("sha256", secret).update(`vif-link/${LINK_VERSION}/${side}/${nonce}/${node}/${at}`).digest("hex");
}

function isSame(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}

export interface Side {
  readonly secret: string;
  readonly node: NodeId;
  /** 128 random bits in hex. */
  readonly nonce: string;
  readonly now: Instant;
}

/** @returns undefined when the challenge is of another version or no challenge */
export function answerChallenge(side: Side, challenge: unknown): ClientProof | undefined {
  if (!isObject(challenge) || challenge.link !== LINK_VERSION || !isText(challenge.nonce)) return undefined;
  const { secret, node, nonce, now } = side;
  return { node, at: now, nonce, proof: sign(secret, "client", { nonce: challenge.nonce, node, at: now }) };
}

/** @param side with the nonce that was sent as the challenge. @returns undefined when the proof does not hold */
export function answerClient(side: Side, client: unknown): (ServerProof & { readonly client: NodeId }) | undefined {
  if (!isObject(client) || !isText(client.node) || !isText(client.nonce) || !isText(client.proof)) return undefined;
  if (typeof client.at !== "number" || Math.abs(client.at - side.now) > linkProofMsMax) return undefined;
  const { node, at, nonce, proof } = client;
  const { secret } = side;
  if (!isSame(proof, sign(secret, "client", { nonce: side.nonce, node, at }))) return undefined;
  return { node: side.node, proof: sign(secret, "server", { nonce, node: side.node, at }), client: node as NodeId };
}

/** @returns the server's name, undefined when its proof does not hold */
export function checkServer(secret: string, said: ClientProof, server: unknown): NodeId | undefined {
  if (!isObject(server) || !isText(server.node) || !isText(server.proof)) return undefined;
  const proof = sign(secret, "server", { nonce: said.nonce, node: server.node, at: said.at });
  return isSame(server.proof, proof) ? (server.node as NodeId) : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

/** Of a sane length: nonces, names and proofs have at most 64 characters. */
function isText(value: unknown): value is string {
  return typeof value === "string" && value.length > 0 && value.length <= 128;
}
