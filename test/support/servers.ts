/**
 * Which tests can have a server.
 */
import type { ServerPrograms } from "@sluice/testing"
import { describe, inject } from "vitest"

const vendors: ReadonlyArray<ServerPrograms.Vendor> = ["mariadb", "mysql"]

/** Describes the same tests for each vendor; those whose server cannot be had are skipped, and their name says so. */
export const describeVendors = (name: string, tests: (vendor: ServerPrograms.Vendor) => void): void => {
  const servers = inject("servers")
  for (const vendor of vendors) {
    describe.skipIf(!servers[vendor])(
      `${name} on ${vendor}${servers[vendor] ? "" : " (SKIPPED: no server program)"}`,
      () => tests(vendor)
    )
  }
}
