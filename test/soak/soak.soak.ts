/**
 * Runs for a given time; `npm run soak` says how.
 */
import { layer } from "@effect/vitest"
import { Console, Duration, Effect } from "effect"

import * as Stage from "../support/faults/stage.js"
import { describeVendors } from "../support/servers.js"
import * as Soak from "./Soak.js"

const duration = Duration.minutes(Number(process.env["SLUICE_SOAK_MINUTES"] ?? "5"))
const seed = Number(process.env["SLUICE_SEED"] ?? Date.now() % 1_000_000)

describeVendors("soak", (vendor) => {
  layer(Stage.servers(vendor), { excludeTestServices: true, timeout: "10 minutes" })((it) => {
    it.effect(
      `with seed ${seed}`,
      () =>
        Effect.gen(function*() {
          yield* Console.log(`soak on ${vendor} for ${Duration.format(duration)}, SLUICE_SEED=${seed}`)
          const counts = yield* Soak.run({ vendor, seed, duration })
          yield* Console.log(`soak on ${vendor}, SLUICE_SEED=${seed}:\n${Soak.render(counts)}`)
        }),
      { timeout: Duration.toMillis(duration) + 1_200_000 }
    )
  })
})
