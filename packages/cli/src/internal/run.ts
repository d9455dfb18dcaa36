/**
 * How the process runs and ends.
 *
 * @internal
 */
import * as Shutdown from "@sluice/pipeline/Shutdown"
import type * as Cause from "effect/Cause"
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
 * Runs a program to its end, and ends the process with its code. `report` says why it failed.
 *
 * The first signal asks the flows to end, cleanly and unfinished; the second interrupts them; the third ends the
 * process where it stands.
 *
 * @internal
 */
export const main = <A>(
  program: Effect.Effect<A, ExitCode.Failure>,
  report: (cause: Cause.Cause<ExitCode.Failure>, signal: Option.Option<ExitCode.Signal>) => Effect.Effect<void>
): void => {
  const first = Deferred.unsafeMake<ExitCode.Signal>(FiberId.none)
  let received: ReadonlyArray<ExitCode.Signal> = []
  const firstReceived = () => Option.fromNullable(received[0])
  const shutdown = { asked: Deferred.await(first), poll: Effect.sync(firstReceived) }
  // a run goes on although nobody reads what it says; without a listener the error would end the process
  process.stderr.on("error", () => {})
  // a fiber that waits keeps no process alive
  const alive = setInterval(() => {}, 2 ** 30)
  // not the platform's `runMain`, as that interrupts at the first signal and forgets the others
  const fiber = Effect.runFork(program.pipe(
    Effect.provideService(Shutdown.Shutdown, shutdown),
    Effect.onError((cause) => report(cause, firstReceived()))
  ))
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
    const end = (code: number) => flushed(process.stderr, () => process.exit(code))
    Exit.match(exit, {
      onSuccess: () => flushed(process.stdout, () => end(0)),
      // what did not get out is of no use to anybody, and its reader may be the reason
      onFailure: (cause) => end(ExitCode.ofCause(cause, firstReceived()))
    })
  })
}
