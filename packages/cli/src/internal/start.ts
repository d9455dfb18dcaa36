/**
 * What is bundled of the program, and run by src/bin.ts.
 *
 * @internal
 */
import { main } from "../Main.js"

main(process.argv.slice(2))
