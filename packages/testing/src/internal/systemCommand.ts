import * as Command from "@effect/platform/Command"
import type * as CommandExecutor from "@effect/platform/CommandExecutor"
import type { PlatformError } from "@effect/platform/Error"
import type * as Cause from "effect/Cause"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

/**
 * How a program ended: its exit code (128 when a signal ended it), and all that it printed on either output.
 *
 * @internal
 */
export interface Outcome {
  readonly code: number
  readonly output: string
}

/**
 * Runs a program to its end with messages in English. It is killed, with its children, when the time is up or the
 * fiber is interrupted: the platform's own finalizer would ask politely and wait without a limit.
 *
 * @internal
 */
export const run = (
  program: string,
  args: ReadonlyArray<string>,
  options: { readonly timeout: Duration.DurationInput; readonly input?: string | undefined }
): Effect.Effect<Outcome, PlatformError | Cause.TimeoutException, CommandExecutor.CommandExecutor> =>
  Effect.gen(function*() {
    const process = yield* Command.make(program, ...args).pipe(
      Command.env({ LC_ALL: "C" }),
      Command.feed(options.input ?? ""),
      Command.start
    )
    yield* Effect.addFinalizer(() =>
      Effect.ignore(Effect.if(process.isRunning, { onTrue: () => process.kill("SIGKILL"), onFalse: () => Effect.void }))
    )
    const [output, errors, code] = yield* Effect.all([
      Stream.mkString(Stream.decodeText(process.stdout)),
      Stream.mkString(Stream.decodeText(process.stderr)),
      Effect.orElseSucceed(process.exitCode, () => 128)
    ], { concurrency: "unbounded" })
    return { code, output: output + errors }
  }).pipe(Effect.scoped, Effect.timeout(options.timeout))

/**
 * The line of an output that says best what went wrong: the first error, else the last line.
 *
 * @internal
 */
export const complaint = (output: string): string => {
  const lines = output.split("\n").map((line) => line.trim()).filter((line) => line.length > 0)
  return lines.find((line) => /^E: |\[ERROR\]|error while loading/.test(line)) ?? lines.at(-1) ?? "it printed nothing"
}
