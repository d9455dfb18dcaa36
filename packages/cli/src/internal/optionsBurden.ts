/**
 * Options of `sluice dump` for what it may cost the server.
 *
 * @internal
 */
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

import type { CommandName } from "../CommandTable.js"
import type { Burden } from "../Config.js"
import type { Entry } from "./optionModel.js"
import { entry, Kind } from "./optionModel.js"

const commands: ReadonlyArray<CommandName> = ["dump"]
const how = { commands, group: "How" } as const

const seconds = Kind.Integer({ minimum: 1, maximum: 1_000_000 })

/** @internal */
export const burdenOptions: ReadonlyArray<Entry> = [
  entry({
    ...how,
    name: "long-query-guard",
    short: ["l"],
    kind: seconds,
    metavar: "SECONDS",
    default: "60",
    help: "A lock waits for all statements that are running, and nobody else writes while it waits. So the dump ends " +
      "before it asks for one when a statement has been running for longer than this."
  }),
  entry({
    ...how,
    name: "long-query-retries",
    kind: Kind.Integer({ minimum: 0, maximum: 1_000_000 }),
    metavar: "N",
    default: "0",
    help: "How often to wait and look again before the dump ends for the sake of --long-query-guard."
  }),
  entry({
    ...how,
    name: "long-query-retry-interval",
    kind: seconds,
    metavar: "SECONDS",
    default: "60",
    help: "How long to wait each time."
  }),
  entry({
    ...how,
    name: "kill-long-queries",
    short: ["K"],
    kind: Kind.Flag(),
    help: "End such statements instead. Their connections stay, and so does what replication and events run."
  }),
  entry({
    ...how,
    name: "throttle",
    kind: Kind.Text({ emptyAllowed: false }),
    metavar: "[US:]VARIABLE=N",
    help: "Stop reading while this variable of SHOW GLOBAL STATUS is more than N, and look again after so many " +
      "microseconds, or a second: --throttle=Threads_running=25. Threads of the dump are not counted among those."
  }),
  entry({
    ...how,
    name: "max-rate",
    kind: Kind.Bytes({ minimum: 1 }),
    metavar: "BYTES",
    help: "Read at most this many bytes of rows in a second, over all connections and before they are compressed."
  })
]

/** @internal */
export const burdenFields = {
  "long-query-guard": Schema.Int,
  "long-query-retries": Schema.Int,
  "long-query-retry-interval": Schema.Int,
  "kill-long-queries": Schema.Boolean,
  throttle: Schema.optional(Schema.String),
  "max-rate": Schema.optional(Schema.NumberFromString)
}

type BurdenInput = Schema.Struct.Type<typeof burdenFields>

const throttleOf = (text: string | undefined): Either.Either<Burden["throttle"], string> => {
  if (text === undefined) return Either.right(Option.none())
  const [, micros = "1000000", variable = "", most] = /^(?:(\d{1,10}):)?(\w+)=(\d{1,15})$/.exec(text) ?? []
  return most === undefined || Number(micros) === 0
    ? Either.left(
      "--throttle takes the name of a status variable and the most it may be: write --throttle=Threads_running=25"
    )
    : Either.right(Option.some({ variable, most: Number(most), millis: Number(micros) / 1000 }))
}

/** @internal */
export const burdenOf = (input: BurdenInput): Either.Either<Burden, string> =>
  Either.map(throttleOf(input.throttle), (throttle) => ({
    longQueries: {
      seconds: input["long-query-guard"],
      retries: input["long-query-retries"],
      interval: input["long-query-retry-interval"],
      kill: input["kill-long-queries"]
    },
    throttle,
    maxRate: Option.fromNullable(input["max-rate"])
  }))
