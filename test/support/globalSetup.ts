/**
 * Makes sure, once and before all tests, that the programs of both servers are at hand.
 */
import { NodeContext } from "@effect/platform-node"
import { ServerPrograms } from "@sluice/testing"
import { Console, Effect, Exit } from "effect"
import type { TestProject } from "vitest/node"

declare module "vitest" {
  export interface ProvidedContext {
    readonly servers: { readonly [Vendor in ServerPrograms.Vendor]: boolean }
  }
}

const has = (vendor: ServerPrograms.Vendor) =>
  Effect.exit(ServerPrograms.ensure(vendor)).pipe(
    Effect.flatMap(Exit.match({
      onSuccess: () => Effect.succeed(true),
      onFailure: (cause) =>
        Effect.as(
          Console.error(`SKIPPED LOUDLY: every test that needs ${vendor}, because it cannot be had here: ${cause}`),
          false
        )
    }))
  )

export const setup = async (project: TestProject): Promise<void> => {
  const servers = await Effect.runPromise(
    Effect.all({ mariadb: has("mariadb"), mysql: has("mysql") }).pipe(Effect.provide(NodeContext.layer))
  )
  if (process.env["SLUICE_DEMAND_SERVERS"] === "1" && !(servers.mariadb && servers.mysql)) {
    throw new Error("SLUICE_DEMAND_SERVERS is set, and not both servers can be had")
  }
  project.provide("servers", servers)
}
