/**
 * The SDK as a plain script: `<script src="https://vif.example/vif.js" data-key="..."></script>` starts it, with its options
 * as attributes (`data-language`, `data-pages="false"`, `data-patience`, `data-socket-io`, and `data-url` where the script lies elsewhere), and gives the page `window.vif`.
 * What a page has called before the script came, as `vif = [["track", "Seen"]]`, is worked off first.
 */
import type { SocketIo } from "./link.ts";
import { createVif } from "./vif.ts";
import type { Vif } from "./vif.ts";

type Calls = readonly (readonly [keyof Vif, ...unknown[]])[];

const page = window as unknown as { vif?: Vif | Calls; createVif?: typeof createVif; io?: SocketIo };
const script = document.currentScript as HTMLScriptElement | null;
const { key, language, pages, patience, socketIo, url } = script?.dataset ?? {};
page.createVif = createVif;
if (script && key) {
  const waiting = Array.isArray(page.vif) ? (page.vif as Calls) : [];
  const vif = createVif({
    key,
    url: url ?? new URL(script.src).origin,
    pages: pages !== "false",
    ...(language && { language }),
    ...(patience && { patienceMs: Number(patience) }),
    ...(socketIo !== undefined && page.io && { io: page.io }),
  });
  page.vif = vif;
  for (const [name, ...args] of waiting) (vif[name] as (...args: unknown[]) => unknown)(...args);
}
