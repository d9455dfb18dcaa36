/**
 * Writes docs/options.md. Run it after a build: `node packages/cli/dist/internal/writeDocs.js`.
 *
 * @internal
 */
import { fileURLToPath } from "node:url"

import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"

import { table } from "../OptionTable.js"
import { write } from "./optionDocs.js"

const docs = fileURLToPath(new URL("../../../../docs", import.meta.url))

NodeRuntime.runMain(Effect.provide(write(table, docs), NodeContext.layer))
