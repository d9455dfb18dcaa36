/**
 * How the process runs and ends.
 *
 * @since 0.1.0
 */
import * as Runtime from "@effect/platform/Runtime"
import type * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"

const signals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const

const isSignal = (name: string): name is keyof typeof signals => name in signals

const runMain = Runtime.makeRunMain(({ fiber, teardown }) => {
  let received: keyof typeof signals | undefined = undefined
  // a fiber that waits keeps no process alive
  const alive = setInterval(() => {}, 2 ** 30)
  const onSignal = (name: string) => {
    if (!isSignal(name)) return
    if (received !== undefined) process.exit(signals[name])
    received = name
    process.stderr.write("\nStopping; the servers are removed.\n")
    fiber.unsafeInterruptAsFork(FiberId.none)
  }
  for (const name of Object.keys(signals)) {
    process.on(name, onSignal)
  }
  fiber.addObserver((exit) => {
    clearInterval(alive)
    teardown(exit, (code) => process.exit(received === undefined ? code : signals[received]))
  })
})

/**
 * Runs an effect as the whole of the process. The exit code is 0 when it gives `true`, and 1 when it does not or fails;
 * after a signal, the signal's. The first signal ends everything in order, the second does not wait.
 *
 * @since 0.1.0
 * @category running
 */
export const main = <E>(effect: Effect.Effect<boolean, E>): void =>
  runMain(effect, {
    disableErrorReporting: true,
    disablePrettyLogger: true,
    teardown: (exit, onExit) => onExit(Exit.isSuccess(exit) && exit.value === true ? 0 : 1)
  })
