/**
 * The stored form of a profile's memberships: their number, then of each the segment's number, epoch and whether it is
 * inside, the distance of the last transition from the profile's clock, and that of the last one the other way, in rows
 * that tell it. In order of the writing plan's segments, those of other plans last.
 */
import type { ByteReader, ByteWriter } from "../model/byte-buffer.ts";
import type { Instant } from "../model/ids.ts";
import {
  INDEX,
  indexAt,
  type Membership,
  NEVER,
  putMembership,
  putSleeping,
  type SleepingMembership,
  STRIDE,
} from "./memberships.ts";
import { createCells, resizeCells } from "./number-cells.ts";
import type { Profile } from "./profile.ts";

export function writeMemberships(writer: ByteWriter, { memberships, sleeping, layout, clock }: Profile): void {
  writer.varint(memberships.length / STRIDE + sleeping.length);
  for (let place = 0; place < memberships.length; place += STRIDE) {
    const index = indexAt(memberships, place);
    const before = memberships[place + 2] as number;
    writer.u32(layout.segmentHashes[index] as number);
    writer.varint((memberships[place] as number) - index * INDEX);
    writer.signedVarint(clock - (memberships[place + 1] as number));
    writer.varint(before === NEVER ? 0 : Math.max(0, clock - before) + 1);
  }
  for (const { hash, inside, epoch, at, before } of sleeping) {
    writer.u32(hash);
    writer.varint(epoch * 2 + (inside ? 1 : 0));
    writer.signedVarint(clock - at);
    writer.varint(before === undefined ? 0 : Math.max(0, clock - before) + 1);
  }
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
    const before = coded === 0 ? NEVER : clock - coded + 1;
    const index = layout.segmentOfHash.get(hash) ?? -1;
    if (index > last) {
      cells[used] = index * INDEX + word;
      cells[used + 1] = at;
      cells[used + 2] = before;
      used += STRIDE;
      last = index;
    } else if (index >= 0) late.push({ index, ...stayOf(word, at, before) });
    else profile.sleeping = putSleeping(profile.sleeping, { hash, ...stayOf(word, at, before) });
  }
  const inOrder = used === cells.length ? cells : resizeCells(cells, used, used);
  profile.setMemberships(late.reduce(putMembership, inOrder));
}

function stayOf(word: number, at: Instant, before: Instant): Omit<SleepingMembership, "hash"> {
  return { inside: word % 2 === 1, epoch: Math.floor(word / 2), at, before: before === NEVER ? undefined : before };
}
