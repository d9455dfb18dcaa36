#!/usr/bin/env node
/**
 * @since 0.1.0
 */
import { main } from "./Main.js"

main(process.argv.slice(2))
