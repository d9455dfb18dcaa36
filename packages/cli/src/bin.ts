#!/usr/bin/env node
/**
 * Runs what bundle.mjs makes of the program, in the folder where that puts it.
 *
 * @since 0.1.0
 */
import { createRequire } from "node:module"
import { fileURLToPath } from "node:url"

import * as Compiled from "./internal/compiled.js"
import * as Heap from "./internal/heap.js"
import { hideWords } from "./internal/hideWords.js"

hideWords(process.argv.slice(2))
Compiled.run(fileURLToPath(new URL("main.cjs", import.meta.url)), createRequire(import.meta.url))
Heap.keepSmall()
