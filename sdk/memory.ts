/**
 * What the browser keeps between pages, in localStorage under `vif.`: the visitor, consent, the last content of each slot,
 * and every event until the engine has answered it. Where there is no storage (private windows, full disks) the page's own
 * memory takes its place, and everything works for as long as the page is open.
 */
import type { WireEvent } from "./wire.ts";

const PREFIX = "vif.";
const EVENT = `${PREFIX}event.`;
/** Events that wait for an engine that cannot be reached: a long visit. The oldest goes first. */
const eventsMax = 200;
/** Characters of one kept event: what the engine takes at most is 32 KB. */
const eventCharsMax = 32_768;

const own = new Map<string, string>();

function storage(): Storage | undefined {
  try {
    return localStorage;
  } catch {
    return undefined;
  }
}

export function recall<T>(name: string): T | undefined {
  try {
    const text = own.get(PREFIX + name) ?? storage()?.getItem(PREFIX + name);
    return text == null ? undefined : (JSON.parse(text) as T);
  } catch {
    return undefined;
  }
}

/** @param value undefined: forgotten */
export function keep(name: string, value: unknown): void {
  const key = PREFIX + name;
  own.delete(key);
  try {
    if (value === undefined) storage()?.removeItem(key);
    else storage()?.setItem(key, JSON.stringify(value));
  } catch {
    own.set(key, JSON.stringify(value));
  }
}

/** Forgets all but what was said of consent. */
export function forget(): void {
  for (const key of keys()) if (key !== `${PREFIX}consent`) keep(key.slice(PREFIX.length), undefined);
}

function keys(): string[] {
  const stored = storage();
  const all = new Set(own.keys());
  for (let i = 0; i < (stored?.length ?? 0); i++) all.add(stored?.key(i) ?? "");
  return [...all].filter((key) => key.startsWith(PREFIX));
}

let order = 0;

/** Each event is an entry of its own, so that tabs never overwrite each other. @returns its name there */
export function keepEvent(event: WireEvent): string {
  const name = `${EVENT}${Date.now().toString(36)}.${(order++).toString(36).padStart(4, "0")}.${event.messageId}`;
  if (JSON.stringify(event).length > eventCharsMax) return name;
  keep(name.slice(PREFIX.length), event);
  const kept = eventKeys();
  for (const key of kept.slice(0, Math.max(0, kept.length - eventsMax))) forgetEvent(key);
  return name;
}

export function forgetEvent(name: string): void {
  keep(name.slice(PREFIX.length), undefined);
}

/** What an earlier page, or another tab, has kept, oldest first. A tab that still sends one does no harm: it is told apart by its messageId. */
export function keptEvents(): ReadonlyMap<string, WireEvent> {
  const found = new Map<string, WireEvent>();
  for (const key of eventKeys()) {
    const event = recall<WireEvent>(key.slice(PREFIX.length));
    if (event?.messageId) found.set(key, event);
  }
  return found;
}

function eventKeys(): string[] {
  return keys()
    .filter((key) => key.startsWith(EVENT))
    .sort();
}
