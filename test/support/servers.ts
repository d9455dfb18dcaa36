/**
 * Which tests can have a server.
 */
import type { ServerPrograms } from "@sluice/testing"
import { describe, inject } from "vitest"

const vendors: ReadonlyArray<ServerPrograms.Vendor> = ["mariadb", "mysql"]

/**
 * Describes the same tests for each vendor, or some of them; those whose server cannot be had, or is not one that `SLUICE_SERVERS`
 * lists, are skipped, and their name says so.
 */
export const describeVendors = (
  name: string,
  tests: (vendor: ServerPrograms.Vendor) => void,
  of: ReadonlyArray<ServerPrograms.Vendor> = vendors
): void => {
  const servers = inject("servers")
  for (const vendor of of) {
    describe.skipIf(!servers[vendor])(
      `${name} on ${vendor}${servers[vendor] ? "" : " (SKIPPED: not in SLUICE_SERVERS, or no server program)"}`,
      () => tests(vendor)
    )
  }
}
