/**
 * Ends a run of the tests with one line that scripts can read.
 */
import type { Reporter, TestModule } from "vitest/node"

export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>, errors: ReadonlyArray<unknown>): void {
    const tests = modules.flatMap((module) => Array.from(module.children.allTests()))
    const count = (state: string) => tests.filter((test) => test.result().state === state).length
    // a file that cannot be loaded, or an error outside of every test, is a failure too
    const broken = modules.filter((module) => module.errors().length > 0).length + errors.length
    // after the other reporter's summary
    setImmediate(() => {
      process.stdout.write(
        `\n${count("passed")} passed, ${count("failed") + broken} failed, ${count("skipped")} skipped\n`
      )
    })
  }
}
