/**
 * The stored form of a profile's memberships: their number, then of each the segment's number, epoch and whether it is
 * inside, the distance of the last transition from the profile's clock, and that of the last one the other way, in rows
 * that tell it. In order of the writing plan's segments, those of other plans last.
 */
import type { ByteReader, ByteWriter } from "../model/byte-buffer.ts";
import type { Instant } from "../model/ids.ts";
import { type Membership, membershipAt, putMembership, putSleeping, setMembershipAt, STRIDE } from "./memberships.ts";
import { createCells, resizeCells } from "./number-cells.ts";
import type { Profile } from "./profile.ts";

type Stay = Omit<Membership, "index">;

export function writeMemberships(writer: ByteWriter, { memberships, sleeping, layout, clock }: Profile): void {
  writer.varint(memberships.length / STRIDE + sleeping.length);
  for (let place = 0; place < memberships.length; place += STRIDE) {
    const membership = membershipAt(memberships, place);
    writeStay(writer, layout.segmentHashes[membership.index] as number, membership, clock);
  }
  for (const membership of sleeping) writeStay(writer, membership.hash, membership, clock);
}

function writeStay(writer: ByteWriter, hash: number, { inside, epoch, at, before }: Stay, clock: Instant): void {
  writer.u32(hash);
  writer.varint(epoch * 2 + (inside ? 1 : 0));
  writer.signedVarint(clock - at);
  writer.varint(before === undefined ? 0 : Math.max(0, clock - before) + 1);
}

/** @param turned whether the row says when it last was the other way */
export function readMemberships(reader: ByteReader, profile: Profile, turned: boolean): void {
  const count = reader.count();
  if (count === 0) return;
  const { clock, layout } = profile;
  // Rows are nearly always in the order of the reading plan, too: then room is made once.
  const cells = createCells(count * STRIDE);
  let used = 0;
  let last = -1;
  const late: Membership[] = [];
  for (let left = count; left > 0; left--) {
    const hash = reader.u32();
    const word = reader.varint();
    const at = clock - reader.signedVarint();
    const coded = turned ? reader.varint() : 0;
    const before = coded === 0 ? undefined : clock - coded + 1;
    const stay = { inside: word % 2 === 1, epoch: Math.floor(word / 2), at, before };
    const index = layout.segmentOfHash.get(hash);
    if (index === undefined) profile.sleeping = putSleeping(profile.sleeping, { hash, ...stay });
    else if (index <= last) late.push({ index, ...stay });
    else {
      setMembershipAt(cells, used, { index, ...stay });
      used += STRIDE;
      last = index;
    }
  }
  const inOrder = used === cells.length ? cells : resizeCells(cells, used, used);
  profile.setMemberships(late.reduce(putMembership, inOrder));
}
