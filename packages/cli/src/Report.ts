/**
 * What a run says to people, on standard error: how far it is, and its verdict.
 *
 * @since 0.1.0
 */
import * as Printable from "@sluice/pipeline/Printable"
import * as Progress from "@sluice/pipeline/Progress"
import * as Verdict from "@sluice/pipeline/Verdict"
import type * as Verify from "@sluice/pipeline/Verify"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Ref from "effect/Ref"
import * as Schedule from "effect/Schedule"

const units = ["B", "kB", "MB", "GB", "TB"]

/**
 * A number of bytes, such as `12.3 MB`.
 *
 * @since 0.1.0
 * @category rendering
 */
export const bytes = (count: number): string => {
  const power = count < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(count) / 3))
  return `${(count / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power] ?? "B"}`
}

/**
 * A span of time, such as `1:02:03` or `0:07`.
 *
 * @since 0.1.0
 * @category rendering
 */
export const duration = (millis: number): string => {
  const seconds = Math.floor(millis / 1000)
  const two = (n: number) => String(n).padStart(2, "0")
  const hours = Math.floor(seconds / 3600)
  const minutes = Math.floor(seconds / 60) % 60
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`
}

/** A run that stands still for less than this need not say so: a long statement may take as long. */
const still = 60_000

/**
 * How far a run is, in one line. What a server estimates is marked with `~`. `stillMillis` is how long it has been
 * exactly there: from a minute on that is told, as somebody waits for somebody.
 *
 * @since 0.1.0
 * @category rendering
 */
export const line = (now: Progress.Snapshot, stillMillis: number = 0): string => {
  const rate = now.elapsedMillis === 0 ? 0 : now.bytes / (now.elapsedMillis / 1000)
  const part = now.expectedRows === 0 ? "" : `~${Math.min(99, Math.floor((100 * now.rows) / now.expectedRows))}%, `
  return `${duration(now.elapsedMillis)} ${now.phase}: ${part}${now.rows} rows, ${bytes(now.bytes)}, ${
    bytes(rate)
  }/s, ${now.files} files${stillMillis < still ? "" : `, no progress for ${duration(stillMillis)}`}`
}

/**
 * Where lines for people go.
 *
 * @since 0.1.0
 * @category models
 */
export interface Screen {
  /** Whether the last line can be written over. */
  readonly isTerminal: boolean
  readonly write: (text: string) => Effect.Effect<void>
}

const clearLine = "\r\u001b[K"

/** How long nothing has changed, when it is asked again and again. */
const stillness = Effect.map(
  Ref.make<Progress.Snapshot | undefined>(undefined),
  (last) => (now: Progress.Snapshot) =>
    Ref.modify(
      last,
      (then): [number, Progress.Snapshot] =>
        then !== undefined && then.phase === now.phase && then.files === now.files && then.bytes === now.bytes &&
          then.rows === now.rows
          ? [now.elapsedMillis - then.elapsedMillis, then]
          : [0, now]
    )
)

/**
 * Shows progress while a job runs: on a terminal in one line that changes, elsewhere a line a minute. It says when
 * nothing moves, as when the other end of a pipe is silent: such a wait has no limit, as nobody knows how long the other
 * end may wait for a lock.
 *
 * @since 0.1.0
 * @category combinators
 */
export const whileRunning = (screen: Screen) => <A, E, R>(job: Effect.Effect<A, E, R>) =>
  Effect.flatMap(Effect.all([Progress.Progress, stillness]), ([progress, stillFor]) => {
    const show = Effect.gen(function*() {
      const now = yield* progress.snapshot
      const text = line(now, yield* stillFor(now))
      yield* screen.write(screen.isTerminal ? `${clearLine}${text}` : `${text}\n`)
    })
    const every = screen.isTerminal ? "250 millis" : "1 minute"
    const ticking = Effect.repeat(show, Schedule.spaced(every)).pipe(Effect.delay(every))
    // not a race: the sides of one that is interrupted are left running until its fiber is at its very end
    return Effect.acquireUseRelease(Effect.fork(Effect.interruptible(ticking)), () => job, Fiber.interrupt).pipe(
      Effect.ensuring(screen.isTerminal ? screen.write(clearLine) : Effect.void)
    )
  })

/**
 * The last lines of a run that succeeded. The verdict comes last.
 *
 * @since 0.1.0
 * @category rendering
 */
export const verdict = (verdict: Verdict.Verdict): string =>
  `${verdict.remarks.map((remark) => `note: ${Printable.line(remark, 2000)}\n`).join("")}${Verdict.line(verdict)}\n`

/**
 * The last lines of a verification: what was found, what could not be proven, and the verdict.
 *
 * @since 0.1.0
 * @category rendering
 */
export const verified = (report: Verify.Report): string => {
  const more = report.findingCount - report.findings.length
  const lines = [
    ...report.findings.map(({ message }) => `found: ${message}`),
    ...(more === 0 ? [] : [`found: ${more} more`]),
    ...report.remarks.map((remark) => `not proven: ${remark}`),
    Verdict.line(report)
  ]
  return lines.map((line) => `${Printable.line(line, 2000)}\n`).join("")
}
