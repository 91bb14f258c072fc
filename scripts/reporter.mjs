// What npm test learns of a run of vitest: how many tests passed, which failed, and, where nothing comes to an end any more, what was
// still running. A test that never yields can't be ended by its own timeout.
import { writeFileSync } from "node:fs";
import process from "node:process";

/** Ms without the end of any test after which the run is given up. The longest timeout of a test is four minutes. */
const PATIENCE = 300_000;

export default class Reporter {
  #failures = [];
  /** By id. What is queued is not yet what is collected. */
  #modules = new Map();
  /** Names of files and tests that have begun, by id. */
  #running = new Map();
  #watch = setTimeout(() => this.#giveUp(), PATIENCE).unref();

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
    this.#errors(`${suite.module.relativeModuleId}: ${suite.fullName}`, suite.errors());
  }

  onTestModuleEnd(module) {
    this.#running.delete(module.id);
    this.#errors(module.relativeModuleId, module.errors());
    this.#watch.refresh();
  }

  onTestRunEnd() {
    this.#write();
    this.#watch.refresh();
  }

  /** Of a hook, or of a file that could not be read. */
  #errors(name, errors) {
    for (const { message } of errors) this.#failures.push(`${name}: ${message}`);
  }

  #giveUp() {
    const why = `nothing has ended for ${PATIENCE / 60_000} minutes`;
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
