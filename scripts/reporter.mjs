// What npm test learns of a run of vitest: how many tests passed, which failed, and, where nothing comes to an end any more, what was
// still running. A test that never yields can't be ended by its own timeout.
import { writeFileSync } from "node:fs";
import process from "node:process";

/** Ms without the end of any test after which the run is given up. The longest timeout of a test is four minutes. */
const PATIENCE = 300_000;

export default class Reporter {
  #result = { passed: 0, skipped: 0, failures: [] };
  /** Names of files and tests that have begun, by id. */
  #running = new Map();
  #watch = setTimeout(() => this.#giveUp(), PATIENCE).unref();

  onTestModuleQueued(module) {
    this.#running.set(module.id, module.relativeModuleId);
  }

  onTestCaseReady(test) {
    this.#running.set(test.id, nameOf(test));
  }

  onTestCaseResult(test) {
    this.#running.delete(test.id);
    const { state } = test.result();
    if (state === "failed") this.#result.failures.push(nameOf(test));
    else this.#result[state]++;
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
    for (const { message } of errors) this.#result.failures.push(`${name}: ${message}`);
  }

  #giveUp() {
    const why = `nothing has ended for ${PATIENCE / 60_000} minutes`;
    this.#result.failures.push(...[...this.#running.values()].map((name) => `${name}: still running when ${why}`));
    if (this.#running.size === 0) this.#result.failures.push(`Tests: vitest does not end: ${why}`);
    this.#write();
    process.exit(1);
  }

  #write() {
    writeFileSync(process.env.RESTANTE_TEST_RESULT, JSON.stringify(this.#result));
  }
}

function nameOf(test) {
  return `${test.module.relativeModuleId}: ${test.fullName}`;
}
