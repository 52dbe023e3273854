/**
 * A Vitest reporter that counts over all suites and writes the sums to the file named in VIF_TEST_COUNTS; after every test
 * too, with the files at work, so that whoever waits can tell a long run from one that stands still. A file that does not
 * load and an error outside of any test each count as a failure.
 */
import { writeFileSync } from "node:fs";

export default class CountReporter {
  atWork = new Set();

  onTestModuleQueued(testModule) {
    this.atWork.add(testModule.relativeModuleId);
    this.write({ passed: 0, failed: 0, skipped: [] });
  }

  onTestCaseResult() {
    this.write({ passed: 0, failed: 0, skipped: [] });
  }

  onTestModuleEnd(testModule) {
    this.atWork.delete(testModule.relativeModuleId);
  }

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
    this.write(counts);
  }

  write(counts) {
    writeFileSync(process.env.VIF_TEST_COUNTS, JSON.stringify({ ...counts, atWork: [...this.atWork] }));
  }
}
