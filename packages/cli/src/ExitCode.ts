/**
 * The exit codes: what a script can tell from how a run ended.
 *
 * @since 0.1.0
 */
import type { SluiceError } from "@sluice/pipeline"
import * as Cause from "effect/Cause"
import * as Option from "effect/Option"

import type { Incomplete } from "./Incomplete.js"
import type { UsageError } from "./UsageError.js"

/**
 * Everything that a run can fail with.
 *
 * @since 0.1.0
 * @category models
 */
export type Failure = SluiceError.DumpError | SluiceError.RestoreError | UsageError | Incomplete

/**
 * The signals that end a run, and the codes that say so.
 *
 * @since 0.1.0
 * @category constants
 */
export const signals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const

/**
 * @since 0.1.0
 * @category models
 */
export type Signal = keyof typeof signals

const isSignal = (by: string): by is Signal => by in signals

/**
 * The code of a failure.
 *
 * @since 0.1.0
 * @category getters
 */
export const ofFailure = (failure: Failure): number => {
  switch (failure._tag) {
    case "UsageError":
      return 2
    case "Incomplete":
      return 3
    case "SourceError":
      return 4
    case "TargetError":
      return 5
    case "BackupError":
      return 6
    case "OutputError":
      return 7
    case "DifferenceError":
      return 8
    case "Stopped":
      return isSignal(failure.by) ? signals[failure.by] : signals.SIGTERM
  }
}

/**
 * The code of a run that ended with `cause`, after it received `signal`, if it did. What came first decides: a signal,
 * whatever it led to, then the first failure; anything else is a defect of ours.
 *
 * @since 0.1.0
 * @category getters
 */
export const ofCause = (cause: Cause.Cause<Failure>, signal: Option.Option<Signal>): number =>
  Option.match(signal, {
    onSome: (signal) => signals[signal],
    onNone: () =>
      Option.match(Cause.failureOption(cause), {
        onSome: ofFailure,
        onNone: () => Cause.isInterruptedOnly(cause) ? signals.SIGINT : 1
      })
  })
