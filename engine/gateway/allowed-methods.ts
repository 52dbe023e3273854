/**
 * Which methods the gateway's paths know, so that who asks a path in another way is told so, and how it is asked (RFC 9110,
 * 15.5.6), rather than that there is no such path. Rooms add their paths by an app that keeps note; paths of everything
 * below (`/shop/*`) say nothing of what is there, and are left out, but for what `OPTIONS` is answered on.
 */
import type { TemplatedApp } from "uWebSockets.js";

const METHODS = ["get", "head", "post", "put", "patch", "del", "options"] as const;
type AppMethod = (typeof METHODS)[number];

export interface AllowedMethods {
  /** The same app; what is added by it is remembered. */
  readonly app: TemplatedApp;
  /** `GET, HEAD, OPTIONS`; undefined: there is no such path. */
  allowOf(url: string): string | undefined;
}

export function rememberMethods(app: TemplatedApp): AllowedMethods {
  const paths = new Map<string, Set<string>>();
  const noting = new Proxy(app, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      const method = METHODS.find((each) => each === name);
      return (...given: readonly unknown[]) => {
        if (method !== undefined) note(paths, String(given[0]), method);
        const answered: unknown = Reflect.apply(member, target, given);
        return answered === target ? noting : answered;
      };
    },
  });
  return {
    app: noting,
    allowOf(url) {
      const all = [...paths].filter(([path]) => isOf(url, path));
      const here = all.filter(([path]) => !path.endsWith("/*"));
      if (here.length === 0) return undefined;
      const preflights = all.flatMap(([, methods]) => (methods.has("OPTIONS") ? ["OPTIONS"] : []));
      return [...new Set([...here.flatMap(([, methods]) => [...methods]), ...preflights])].sort().join(", ");
    },
  };
}

function note(paths: Map<string, Set<string>>, path: string, method: AppMethod): void {
  const methods = paths.get(path) ?? new Set();
  methods.add(method === "del" ? "DELETE" : method.toUpperCase());
  paths.set(path, methods);
}

/** By uWebSockets' own patterns: `/o/:link` is one step of any name, `/shop/*` all below. */
function isOf(url: string, path: string): boolean {
  const [steps, wanted] = [url.split("/"), path.split("/")];
  if (wanted.at(-1) === "*") return url.startsWith(path.slice(0, -1));
  return (
    steps.length === wanted.length &&
    wanted.every((step, index) => (step.startsWith(":") ? steps[index] !== "" : step === steps[index]))
  );
}
