/**
 * What a person can choose about the demonstration, through the environment.
 *
 * @since 0.1.0
 */
import type * as Connection from "@sluice/mysql/Connection"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"

import { DemoError } from "./DemoError.js"

/**
 * A server of the user's own, which is only read.
 *
 * @since 0.1.0
 * @category models
 */
export interface Server {
  readonly connection: Connection.Options & { readonly host: string; readonly port: number }
  /** `None` means all databases but the server's own. */
  readonly database: Option.Option<string>
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Settings {
  /** From `SLUICE_SCALE`: how large the sample database is, see `SampleDatabase.Options`. */
  readonly scale: number
  /** From `SLUICE_URL`, such as `mysql://user:password@host:3306/database`; without it there is a sample database. */
  readonly source: Option.Option<Server>
}

const defaultScale = 1

const invalid = (name: string, problem: string, advice: string) =>
  new DemoError({ message: `${name} ${problem}. ${advice}.` })

const example = "Write it as mysql://user:password@host:3306/database, with % before hexadecimal for special characters"

/** The URL is never shown: it has a password in it. */
const parse = (text: string): Effect.Effect<Server, DemoError> =>
  Effect.gen(function*() {
    const wrong = invalid("SLUICE_URL", "is not the URL of a server", example)
    const url = yield* Effect.mapError(Effect.try(() => new URL(text)), () => wrong)
    const part = (encoded: string) => Effect.mapError(Effect.try(() => decodeURIComponent(encoded)), () => wrong)
    if (!/^(mysql|mariadb):$/.test(url.protocol) || url.hostname === "" || url.search !== "") return yield* wrong
    const database = yield* part(url.pathname.replace(/^\//, ""))
    return {
      connection: {
        host: (yield* part(url.hostname)).replace(/^\[(.*)\]$/, "$1"),
        port: url.port === "" ? 3306 : Number(url.port),
        user: url.username === "" ? "root" : yield* part(url.username),
        password: Redacted.make(yield* part(url.password))
      },
      database: database === "" ? Option.none() : Option.some(database)
    }
  })

/**
 * Reads them.
 *
 * @since 0.1.0
 * @category constructors
 */
export const read: Effect.Effect<Settings, DemoError> = Effect.gen(function*() {
  const scale = yield* Config.number("SLUICE_SCALE").pipe(
    Config.withDefault(defaultScale),
    Config.validate({ message: "out of range", validation: (scale) => scale >= 0 && scale <= 1000 }),
    Effect.mapError(() =>
      invalid("SLUICE_SCALE", "is not a number from 0 to 1000", "1 is about 10 MB of rows; without it 1 is taken")
    )
  )
  const url = yield* Effect.orElseSucceed(
    Config.option(Config.redacted(Config.nonEmptyString("SLUICE_URL"))),
    () => Option.none<Redacted.Redacted>()
  )
  return {
    scale,
    source: Option.isNone(url) ? Option.none() : Option.some(yield* parse(Redacted.value(url.value)))
  }
})
