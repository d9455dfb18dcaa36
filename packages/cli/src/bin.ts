#!/usr/bin/env node
/**
 * @since 0.1.0
 */
import * as Heap from "./internal/heap.js"
import { hideWords } from "./internal/hideWords.js"

hideWords(process.argv.slice(2))
Heap.keepSmall()
// loaded only now, with the heap kept small
const { main } = await import("./Main.js")

main(process.argv.slice(2))
