/**
 * The main job of `npm start`: shows, with two real servers and the real program, that databases arrive as they left.
 *
 * `SLUICE_SCALE` makes the sample database larger or smaller (1 is about 10 MB). `SLUICE_URL`, such as
 * `mysql://user:password@host:3306/database`, takes a server of yours as the source instead; it is only read.
 *
 * Exit code 0: all was as it should be. 1: something was not, or could not be shown.
 *
 * @since 0.1.0
 */
import * as Runtime from "@effect/platform/Runtime"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Cause from "effect/Cause"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as Option from "effect/Option"

import * as Demonstration from "./Demonstration.js"

const signals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const

const isSignal = (name: string): name is keyof typeof signals => name in signals

/** The first signal ends everything in order; the second does not wait. */
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

runMain(
  Demonstration.run.pipe(
    Effect.tapErrorCause((cause) =>
      Cause.isInterruptedOnly(cause) ? Effect.void : Console.error(
        Option.match(Cause.failureOption(cause), {
          onNone: () => Cause.pretty(cause),
          onSome: (error) => error.message
        })
      )
    ),
    Effect.provide(NodeContext.layer)
  ),
  {
    disableErrorReporting: true,
    disablePrettyLogger: true,
    teardown: (exit, onExit) => onExit(Exit.isSuccess(exit) && exit.value === true ? 0 : 1)
  }
)
