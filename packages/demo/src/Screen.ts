/**
 * What people see while the demonstration runs: results on standard output, progress on standard error.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"

/**
 * A line of the result.
 *
 * @since 0.1.0
 * @category printing
 */
export const say = (line: string): Effect.Effect<void> => Console.log(line)

const write = (text: string) => Effect.sync(() => void process.stderr.write(text))

const clearLine = "\r\u001b[K"

/**
 * A line about what is being done. A terminal shows how long it has taken so far, and `detail`, in a line that goes
 * away at the end; elsewhere it is said once.
 *
 * @since 0.1.0
 * @category printing
 */
export const during = (label: string, detail: () => string = () => "") => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  process.stderr.isTTY
    ? Effect.flatMap(Clock.currentTimeMillis, (started) => {
      const draw = Effect.flatMap(Clock.currentTimeMillis, (now) => {
        const line = `${label}: ${Math.floor((now - started) / 1000)} s${detail()}`
        return write(clearLine + line.slice(0, Math.max(20, process.stderr.columns - 1)))
      })
      const drawing = Effect.zipRight(Effect.repeat(draw, Schedule.spaced("250 millis")), Effect.never)
      return Effect.ensuring(Effect.raceFirst(effect, drawing), write(clearLine))
    })
    : Effect.zipRight(write(`${label}\n`), effect)

/**
 * A line about something that takes long and is done by others.
 *
 * @since 0.1.0
 * @category printing
 */
export const note = (line: string): Effect.Effect<void> => write(`${process.stderr.isTTY ? clearLine : ""}${line}\n`)
