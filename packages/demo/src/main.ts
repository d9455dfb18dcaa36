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
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Cause from "effect/Cause"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

import * as Demonstration from "./Demonstration.js"
import * as Run from "./Run.js"

Run.main(
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
  )
)
