/**
 * How the process runs and ends.
 *
 * @internal
 */
import * as Runtime from "@effect/platform/Runtime"
import * as Shutdown from "@sluice/pipeline/Shutdown"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as Option from "effect/Option"

import * as ExitCode from "../ExitCode.js"

/** Goes on when everything that was written is out: `process.exit` drops what a pipe has not taken. */
const flushed = (stream: NodeJS.WriteStream, next: () => void): void => {
  if (stream.writableLength === 0 || stream.destroyed) {
    next()
  } else {
    stream.write("", () => next())
  }
}

const names: ReadonlyArray<ExitCode.Signal> = ["SIGINT", "SIGTERM", "SIGHUP"]

/**
 * Runs a program to its end, and ends the process with its code.
 *
 * The first signal asks the flows to end, cleanly and unfinished; the second interrupts them; the third ends the
 * process where it stands.
 *
 * @internal
 */
export const main = (
  program: Effect.Effect<void, ExitCode.Failure>,
  report: (cause: Cause.Cause<ExitCode.Failure>) => Effect.Effect<void>
): void => {
  const first = Deferred.unsafeMake<ExitCode.Signal>(FiberId.none)
  let received: ReadonlyArray<ExitCode.Signal> = []
  const shutdown = {
    asked: Deferred.await(first),
    poll: Effect.sync(() => Option.fromNullable(received[0]))
  }
  // `makeRunMain` of our own, because the platform's interrupts at the first signal and forgets the others
  const run = Runtime.makeRunMain(({ fiber, teardown }) => {
    // a fiber that waits keeps no process alive
    const alive = setInterval(() => {}, 2 ** 30)
    const onSignal = (signal: ExitCode.Signal) => {
      received = [...received, signal]
      if (received.length === 1) {
        Deferred.unsafeDone(first, Effect.succeed(signal))
      } else if (received.length === 2) {
        fiber.unsafeInterruptAsFork(FiberId.none)
      } else {
        process.exit(ExitCode.signals[signal])
      }
    }
    for (const name of names) {
      process.on(name, onSignal)
    }
    fiber.addObserver((exit) => {
      clearInterval(alive)
      teardown(exit, (code) => flushed(process.stdout, () => flushed(process.stderr, () => process.exit(code))))
    })
  })
  let code = 0
  run(
    program.pipe(
      Effect.provideService(Shutdown.Shutdown, shutdown),
      Effect.catchAllCause((cause) => {
        code = ExitCode.ofCause(cause, Option.fromNullable(received[0]))
        return report(cause)
      })
    ),
    {
      disableErrorReporting: true,
      disablePrettyLogger: true,
      // a fiber that was interrupted runs no handler, so its code is not set yet
      teardown: (exit, onExit) =>
        onExit(Exit.isSuccess(exit) ? code : ExitCode.ofCause(Cause.empty, Option.fromNullable(received[0])))
    }
  )
}
