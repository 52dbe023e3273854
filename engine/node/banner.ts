/** What a person sees when the engine has started: where things are, and a first event to try. Pure. */

export interface BannerFacts {
  readonly version: string;
  readonly startedInMs: number;
  readonly url: string;
  /** On loopback it logs one browser in, once. */
  readonly controlUrl: string;
  /** Whether the example shop is served. */
  readonly hasShop: boolean;
  readonly dataDir: string;
  readonly store: string;
  readonly history: string;
  readonly rules: string;
  readonly node: string;
  /** Keys that everybody knows; empty when the brand has its own. */
  readonly developmentKeys: readonly { readonly kind: string; readonly key: string }[];
}

export function renderBanner(facts: BannerFacts): string {
  const { version, startedInMs, url, controlUrl, hasShop, developmentKeys } = facts;
  const rows: readonly (readonly [string, string])[] = [
    ...(hasShop
      ? [["Shop", `${url}/shop/  (an example to click through; its till: ${url}/shop/en/till/)`] as const]
      : []),
    ["Events", `${url}/v1/track  (also /v1/batch, WebSocket /v1/stream, Socket.IO)`],
    ["Health", `${url}/readyz  and  ${url}/metrics`],
    ["Overview", controlUrl],
    ["Data folder", facts.dataDir],
    ["Hot store", facts.store],
    ["History", facts.history],
    ["Rules", facts.rules],
    ["Node", facts.node],
  ];
  const lines = ["", `  Vif ${version} is ready, ${(startedInMs / 1000).toFixed(1)} s after its start.`, ""];
  for (const [name, text] of rows) lines.push(`  ${name.padEnd(12)} ${text}`);
  if (developmentKeys.length > 0) {
    lines.push("", "  Keys of the example brand, for this computer only:");
    for (const { kind, key } of developmentKeys) lines.push(`    ${kind.padEnd(10)} ${key}`);
    const [first] = developmentKeys;
    lines.push(
      "",
      "  A first event:",
      `    curl -u ${first?.key ?? ""}: ${url}/v1/track -H 'content-type: application/json' \\`,
      `      -d '{"anonymousId": "me", "event": "Product Viewed", "properties": {"category": "shoes"}}'`,
    );
  }
  if (controlUrl.includes("#"))
    lines.push("", "  The overview's link logs one browser in; `vif doctor` prints another.");
  return `${lines.join("\n")}\n\n  Ctrl+C stops it; what it has answered is kept.\n\n`;
}
