/**
 * Asking the engine: one request, and the server-sent events of what happens. The stream is read by fetch, which says why
 * it was refused; it is taken up again after a pause, longer each time, until the page ends.
 */

/** Says that the page is this server's own. */
const HEADERS = { "x-vif-page": "1" };
const PAUSE_MS_MAX = 10_000;

/** To ok, status (0 when nothing answers) and body. */
export async function ask(path, { method = "GET", body } = {}) {
  try {
    const response = await fetch(path, {
      method,
      headers: HEADERS,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { ok: response.ok, status: response.status, body: await response.json().catch(() => ({})) };
  } catch {
    return { ok: false, status: 0, body: {} };
  }
}

/** @param events `{ open, event(name, value), broken, refused }` */
export async function follow(path, events) {
  let pauseMs = 500;
  for (;;) {
    try {
      const response = await fetch(path, { headers: HEADERS });
      if (response.status === 401) return events.refused();
      if (!response.ok) throw new Error(`status ${response.status}`);
      events.open();
      pauseMs = 500;
      await read(response.body, events.event);
    } catch {
      // Said below: whatever it was, it is tried again.
    }
    events.broken();
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    pauseMs = Math.min(pauseMs * 2, PAUSE_MS_MAX);
  }
}

async function read(stream, event) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const parts = (rest + value).split("\n\n");
    rest = parts.pop();
    for (const part of parts) {
      const name = /^event: (.*)$/m.exec(part)?.[1];
      const data = /^data: (.*)$/m.exec(part)?.[1];
      if (name !== undefined && data !== undefined) event(name, JSON.parse(data));
    }
  }
}
