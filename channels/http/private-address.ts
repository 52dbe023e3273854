/**
 * Which addresses are of private networks, of this computer, or of nobody: what a name from outside must not lead to (server
 * side request forgery). The lists are those of IANA's special-purpose registries (RFC 6890 and its successors). Names are
 * judged by what they resolve to, at the very call that connects, so that a name cannot change its mind in between.
 */
import { lookup as systemLookup, type LookupAddress } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";
import { ForbiddenAddress } from "./call.ts";

const PRIVATE = new BlockList();
for (const [address, bits] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.31.196.0", 24],
  ["192.52.193.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["192.175.48.0", 24],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
] as const)
  PRIVATE.addSubnet(address, bits, "ipv4");
/** Of IPv6 only this is routed in the world; within it, what leads to IPv4 or nowhere is not. */
const GLOBAL = new BlockList();
GLOBAL.addSubnet("2000::", 3, "ipv6");
for (const [address, bits] of [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
] as const)
  PRIVATE.addSubnet(address, bits, "ipv6");

/** @param address an IP address in any of its spellings */
export function isPrivateAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return PRIVATE.check(address, "ipv4");
  // ::ffff:10.0.0.1 and 64:ff9b::a00:1 are not within what is routed, and neither is anything that is no address.
  return family !== 6 || !GLOBAL.check(address, "ipv6") || PRIVATE.check(address, "ipv6");
}

type Resolve = (
  host: string,
  options: { readonly all: true; readonly verbatim: true },
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/** A `lookup` for sockets that resolves a name and refuses it if any of its addresses is private. */
export function publicLookup(resolve: Resolve = systemLookup): LookupFunction {
  return (host, options, done) => {
    resolve(host, { all: true, verbatim: true }, (error, addresses) => {
      if (error !== null) return done(error, []);
      const [first] = addresses;
      if (first === undefined || addresses.some(({ address }) => isPrivateAddress(address)))
        return done(new ForbiddenAddress("a private address"), []);
      // Sockets ask for one address or for all.
      if (options.all === true) done(null, addresses);
      else done(null, first.address, first.family);
    });
  };
}
