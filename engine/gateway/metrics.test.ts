import { describe, expect, it } from "vitest";
import { createGatewayMetrics } from "./metrics.ts";
import { createStepTimes } from "./step-times.ts";

describe("metrics", () => {
  it("show the step times of all threads together, as a cumulative histogram in seconds", async () => {
    const metrics = createGatewayMetrics(() => 3);
    const worker = createStepTimes();
    metrics.addStepTimes(worker.buffer);
    metrics.steps.record("answer", 2);
    worker.record("answer", 4);
    worker.record("answer", 1e9);
    worker.record("parse", 0.005);
    const { text, contentType } = await metrics.render();
    expect(contentType).toContain("text/plain");
    const lines = text.split("\n");
    for (const line of [
      "# TYPE vif_step_seconds histogram",
      'vif_step_seconds_bucket{step="answer",le="0.001"} 0',
      'vif_step_seconds_bucket{step="answer",le="0.0025"} 1',
      'vif_step_seconds_bucket{step="answer",le="0.005"} 2',
      'vif_step_seconds_bucket{step="answer",le="2.5"} 2',
      'vif_step_seconds_bucket{step="answer",le="+Inf"} 3',
      'vif_step_seconds_count{step="answer"} 3',
      'vif_step_seconds_bucket{step="parse",le="0.000005"} 1',
      "vif_events_in_flight 3",
    ])
      expect(lines).toContain(line);
  });

  it("count outcomes since the start", async () => {
    const metrics = createGatewayMetrics(() => 0);
    metrics.counts.events.applied += 2;
    metrics.counts.sockets.stream = 1;
    metrics.counts.refusedRequests.bad_key = 4;
    await metrics.render();
    const { text } = await metrics.render();
    expect(text).toContain('vif_events_total{outcome="applied"} 2');
    expect(text).toContain('vif_events_total{outcome="busy"} 0');
    expect(text).toContain('vif_sockets{transport="stream"} 1');
    expect(text).toContain('vif_requests_refused_total{code="bad_key"} 4');
    expect(text).toContain("vif_slow_readers_total 0");
    expect(text).toContain("# TYPE vif_events_total counter");
  });
});
