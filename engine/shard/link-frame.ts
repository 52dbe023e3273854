/**
 * The header of a frame (link-codec.ts writes and reads the rest): enough for a node to pass a frame on to the worker that
 * owns its shard, stamped with the link it came by, without reading the messages.
 */
import type { ShardId } from "../model/ids.ts";

/** A frame that cannot be read: another version, cut short, or not a frame. The link it came by is to be broken. */
export class FrameUnreadable extends Error {
  readonly code = "frame_unreadable";
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "FrameUnreadable";
  }
}

/** Bumped when the layout changes: nodes of two layouts refuse each other's frames. */
export const FRAME_VERSION = 4;
/** version u8, text encoding u8, shard u16, link u32, message count u32, offset of the text section u32, its length u32. */
export const HEADER_BYTES = 20;
export const AT_ENCODING = 1;
export const AT_SHARD = 2;
export const AT_LINK = 4;
export const AT_COUNT = 8;
export const AT_TEXTS = 12;
export const AT_TEXTS_BYTES = 16;

export const LATIN1 = 0;
export const UTF16 = 1;

/** For who forwards a frame without reading it: where it belongs, and by which link it came. */
export function frameShard(frame: ArrayBuffer): ShardId {
  checkHeader(frame);
  return new DataView(frame).getUint16(AT_SHARD) as ShardId;
}

export function frameLink(frame: ArrayBuffer): number {
  checkHeader(frame);
  return new DataView(frame).getUint32(AT_LINK);
}

export function stampFrameLink(frame: ArrayBuffer, link: number): void {
  checkHeader(frame);
  new DataView(frame).setUint32(AT_LINK, link);
}

/** The frame without the slack behind it, for a network. */
export function frameBytes(frame: ArrayBuffer): Uint8Array {
  checkHeader(frame);
  const view = new DataView(frame);
  return new Uint8Array(frame, 0, view.getUint32(AT_TEXTS) + view.getUint32(AT_TEXTS_BYTES));
}

/** @throws FrameUnreadable when the bytes do not begin as a frame of this version */
export function checkHeader(frame: ArrayBuffer): void {
  if (frame.byteLength < HEADER_BYTES)
    throw new FrameUnreadable(`A frame has ${frame.byteLength} bytes, under a header's`);
  const version = new Uint8Array(frame)[0];
  if (version !== FRAME_VERSION)
    throw new FrameUnreadable(`A frame has version ${version}; this node reads ${FRAME_VERSION}`);
}
