/**
 * Asking for a password.
 *
 * @internal
 */
import * as Fs from "node:fs"
import * as Tty from "node:tty"

import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"

import { UsageError } from "../UsageError.js"

const noTerminal = () =>
  new UsageError({
    reason: "MissingValue",
    problem: "there is no terminal to ask for the password on",
    advice: "put it into an option file, or into the variable MYSQL_PWD"
  })

/**
 * Asks on the terminal itself: standard input may be a stream.
 *
 * @internal
 */
export const password: Effect.Effect<Redacted.Redacted, UsageError> = Effect.scoped(Effect.gen(function*() {
  const terminal = yield* Effect.acquireRelease(
    Effect.try({
      try: () => new Tty.ReadStream(Fs.openSync("/dev/tty", "r+")),
      catch: noTerminal
    }),
    (terminal) =>
      Effect.sync(() => {
        terminal.setRawMode(false)
        terminal.destroy()
      })
  )
  const say = (text: string) => Effect.sync(() => Fs.writeSync(process.stderr.fd, text))
  // before it asks: the terminal shows what is typed too early
  yield* Effect.sync(() => terminal.setRawMode(true))
  yield* say("Password: ")
  const typed = yield* Effect.async<string>((resume) => {
    let text = ""
    terminal.setEncoding("utf8")
    terminal.on("data", (keys: string) => {
      for (const key of keys) {
        if (key === "\r" || key === "\n" || key === "\u0004") {
          resume(Effect.succeed(text))
        } else if (key === "\u0003") {
          process.kill(process.pid, "SIGINT")
        } else if (key === "\u007f" || key === "\b") {
          text = text.slice(0, -1)
        } else {
          text += key
        }
      }
    })
  })
  yield* say("\n")
  return Redacted.make(typed)
}))
