// The vitest reporter of npm test: how many tests passed, which failed, and which were still running when the run hung.
// A test that never yields can't be ended by its own timeout.
import { writeFileSync } from "node:fs";
import process from "node:process";

/** Ms without a finished test after which the run is aborted. The longest timeout of a test is five minutes. */
const HANG_MS = 300_000;

export default class Reporter {
  #failures = [];
  /** Collected modules by id. */
  #modules = new Map();
  /** Names of running files and tests, by id. */
  #running = new Map();
  #watch = setTimeout(() => this.#abort(), HANG_MS).unref();

  onTestModuleQueued(module) {
    this.#running.set(module.id, module.relativeModuleId);
  }

  onTestModuleCollected(module) {
    this.#modules.set(module.id, module);
  }

  onTestCaseReady(test) {
    this.#running.set(test.id, nameOf(test));
  }

  onTestCaseResult(test) {
    this.#running.delete(test.id);
    this.#watch.refresh();
  }

  onTestSuiteResult(suite) {
    this.#addErrors(`${suite.module.relativeModuleId}: ${suite.fullName}`, suite.errors());
  }

  onTestModuleEnd(module) {
    this.#running.delete(module.id);
    this.#addErrors(module.relativeModuleId, module.errors());
    this.#watch.refresh();
  }

  onTestRunEnd() {
    this.#write();
    this.#watch.refresh();
  }

  /** Adds errors of a hook, or of a file that could not be loaded. */
  #addErrors(name, errors) {
    for (const { message } of errors) this.#failures.push(`${name}: ${message}`);
  }

  #abort() {
    const why = `nothing has ended for ${HANG_MS / 60_000} minutes`;
    this.#failures.push(...[...this.#running.values()].map((name) => `${name}: still running when ${why}`));
    if (this.#running.size === 0) this.#failures.push(`Tests: vitest does not end: ${why}`);
    this.#write();
    process.exit(1);
  }

  #write() {
    const tests = [...this.#modules.values()].flatMap((module) => [...module.children.allTests()]);
    const states = Object.groupBy(tests, (test) => test.result().state);
    const { passed = [], skipped = [], failed = [] } = states;
    const failures = [...failed.map(nameOf), ...this.#failures];
    const result = { passed: passed.length, skipped: skipped.length, failures };
    writeFileSync(process.env.RESTANTE_TEST_RESULT, JSON.stringify(result));
  }
}

function nameOf(test) {
  return `${test.module.relativeModuleId}: ${test.fullName}`;
}
