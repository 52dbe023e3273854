/**
 * A Vitest reporter that counts over all suites and writes the sum to the file named in VIF_TEST_COUNTS. A file that does
 * not load and an error outside of any test each count as a failure.
 */
import { writeFileSync } from "node:fs";

export default class CountReporter {
  onTestRunEnd(testModules, unhandledErrors) {
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: [] };
    for (const testModule of testModules) {
      let failedTests = 0;
      for (const test of testModule.children.allTests()) {
        const { state, note } = test.result();
        if (state === "passed") counts.passed++;
        else if (state === "failed") failedTests++;
        else counts.skipped.push(`${testModule.relativeModuleId}: ${test.fullName}${note ? ` (${note})` : ""}`);
      }
      if (failedTests === 0 && testModule.state() === "failed") failedTests = 1;
      counts.failed += failedTests;
    }
    writeFileSync(process.env.VIF_TEST_COUNTS, JSON.stringify(counts));
  }
}
