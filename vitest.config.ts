import { fileURLToPath } from "node:url"

import { defineConfig } from "vitest/config"

const source = (name: string) => fileURLToPath(new URL(`./packages/${name}/src`, import.meta.url))

export default defineConfig({
  resolve: {
    alias: [
      ...["format", "pipeline", "mysql", "testing"].flatMap((name) => [
        { find: new RegExp(`^@sluice/${name}$`), replacement: `${source(name)}/index.ts` },
        { find: new RegExp(`^@sluice/${name}/(.*)$`), replacement: `${source(name)}/$1.ts` }
      ]),
      { find: /^sluice$/, replacement: `${source("cli")}/index.ts` },
      { find: /^sluice\/(.*)$/, replacement: `${source("cli")}/$1.ts` }
    ]
  },
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 600_000,
    globalSetup: ["test/support/globalSetup.ts"],
    // servers are heavy: two files at once are what two cores carry
    maxWorkers: 2,
    reporters: ["default", "test/support/closingLine.ts"]
  }
})
