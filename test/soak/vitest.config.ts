import { defineConfig, mergeConfig } from "vitest/config"

import shared from "../../vitest.config.js"

// not a part of `npm test`
export default mergeConfig(
  { ...shared, test: { ...shared.test, include: [] } },
  defineConfig({ test: { include: ["test/soak/*.soak.ts"], maxWorkers: 1 } })
)
