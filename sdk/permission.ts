/**
 * Whether the page may send and keep anything: the brand's settings, asked of the engine, and the visitor's own word. Until
 * the answer is known nothing leaves the page and nothing is stored; it is remembered where tracking was allowed.
 */
import { keep, recall } from "./memory.ts";

interface Settings {
  readonly consent: "assumed" | "required";
  readonly doNotTrack: "honour" | "ignore";
}

/** `unknown`: the settings have not come yet; `asked`: the visitor has not said. */
export type Permission = "unknown" | "asked" | "granted" | "refused";

export interface Permissions {
  readonly state: Permission;
  /** What the visitor says; remembered. */
  say(agreed: boolean): void;
}

export function createPermissions(url: string, key: string, onChange: () => void): Permissions {
  let settings = recall<Settings>("settings");
  let said = recall<boolean>("consent");
  let retryMs = 500;
  const { doNotTrack, globalPrivacyControl } = navigator as { doNotTrack?: string } & {
    globalPrivacyControl?: boolean;
  };
  const asksNot = doNotTrack === "1" || globalPrivacyControl === true;

  function ask(): void {
    fetch(`${url}/v1/settings?writeKey=${encodeURIComponent(key)}`, { credentials: "omit" })
      .then((response) =>
        response.ok ? (response.json() as Promise<Settings>) : Promise.reject(new Error("no settings")),
      )
      .then((answer) => {
        settings = answer;
        if (state() === "granted") keep("settings", answer);
        onChange();
      })
      .catch(() => setTimeout(ask, (retryMs = Math.min(retryMs * 2, 30_000))));
  }
  ask();

  function state(): Permission {
    if (said === false) return "refused";
    if (settings === undefined) return "unknown";
    // Who has said yes to this brand has said more than a browser's setting for all.
    if (said) return "granted";
    if (asksNot && settings.doNotTrack === "honour") return "refused";
    return settings.consent === "required" ? "asked" : "granted";
  }

  return {
    get state() {
      return state();
    },
    say(agreed) {
      said = agreed;
      keep("consent", agreed);
      if (agreed && settings !== undefined) keep("settings", settings);
      onChange();
    },
  };
}
