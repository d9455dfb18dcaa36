/**
 * Makes sure, once and before all tests, that the programs of the servers that the run is about are at hand.
 */
import { NodeContext } from "@effect/platform-node"
import { ClientPrograms, ServerPrograms } from "@sluice/testing"
import { Console, Effect, Exit } from "effect"
import type { TestProject } from "vitest/node"

declare module "vitest" {
  export interface ProvidedContext {
    readonly servers: { readonly [Vendor in ServerPrograms.Vendor]: boolean }
    /** Whether there is mysqldump or mariadb-dump. */
    readonly dumpPrograms: { readonly [Vendor in ServerPrograms.Vendor]: boolean }
  }
}

const has = <A, R>(what: string, found: Effect.Effect<A, ServerPrograms.ServerUnavailable, R>) =>
  Effect.exit(found).pipe(
    Effect.flatMap(Exit.match({
      onSuccess: () => Effect.succeed(true),
      onFailure: (cause) =>
        Effect.as(
          Console.error(`SKIPPED LOUDLY: every test that needs ${what}, because it cannot be had here: ${cause}`),
          false
        )
    }))
  )

/** `SLUICE_SERVERS` says which servers a run is about, such as `mariadb-11.8`. */
const isListed = (vendor: ServerPrograms.Vendor) =>
  Effect.map(ServerPrograms.releases, (releases) => releases.some((release) => release.vendor === vendor))

export const setup = async (project: TestProject): Promise<void> => {
  const [listed, servers, dumpPrograms] = await Effect.runPromise(
    Effect.gen(function*() {
      const listed = { mariadb: yield* isListed("mariadb"), mysql: yield* isListed("mysql") }
      const no = Effect.succeed(false)
      return [
        listed,
        {
          mariadb: yield* listed.mariadb ? has("mariadb", ServerPrograms.ensure("mariadb")) : no,
          mysql: yield* listed.mysql ? has("mysql", ServerPrograms.ensure("mysql")) : no
        },
        {
          mariadb: yield* listed.mariadb ? has("mariadb-dump", ClientPrograms.findDump("mariadb")) : no,
          mysql: yield* listed.mysql ? has("mysqldump", ClientPrograms.findDump("mysql")) : no
        }
      ] as const
    }).pipe(Effect.provide(NodeContext.layer))
  )
  const lacking = (["mariadb", "mysql"] as const).filter((vendor) =>
    listed[vendor] && !(servers[vendor] && dumpPrograms[vendor])
  )
  if (process.env["SLUICE_DEMAND_SERVERS"] === "1" && (lacking.length > 0 || !(listed.mariadb || listed.mysql))) {
    throw new Error("SLUICE_DEMAND_SERVERS is set, and not all servers can be had")
  }
  project.provide("servers", servers)
  project.provide("dumpPrograms", dumpPrograms)
}
