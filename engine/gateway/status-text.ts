/** HTTP status lines as uWebSockets wants them: number and reason (RFC 9110, 15). */
const REASONS: Readonly<Record<number, string>> = {
  200: "OK",
  204: "No Content",
  302: "Found",
  303: "See Other",
  304: "Not Modified",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  409: "Conflict",
  410: "Gone",
  413: "Content Too Large",
  429: "Too Many Requests",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

export function statusText(status: number): string {
  return `${status} ${REASONS[status] ?? "Unknown"}`;
}
