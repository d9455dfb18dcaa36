/**
 * How much garbage the collector lets pile up.
 *
 * @internal
 */
import * as V8 from "node:v8"

/**
 * Has the collector look after a small heap more often, rather than let it grow. To be called before the rest of the
 * program is loaded, because loading is what makes the heap grow first.
 *
 * A flag of the engine is the last resort; it is taken because the rest is done and is not enough. Rows never become
 * objects, and their bytes are in buffers that are used again, which no flag touches. What is left is the flows' own
 * small objects: 30 MB of them live, but the engine, which sees a machine with much memory, takes 32 MB for new ones
 * while the program is loaded, and lets old ones that are garbage pile up to several times what lives. A dump of
 * 640 MB under a budget of 64 MB then takes 197 MB at its peak, and a longer one more; with these flags 149 MB, for half a
 * second of the processor. The limits that an embedder can set by other means (of a worker) are hard: a catalog of a
 * million tables would end the program.
 *
 * The library does not do this: it is a matter of the process.
 *
 * @internal
 */
export const keepSmall = (): void => {
  // new objects: a scavenge each megabyte or two, of less than a millisecond
  V8.setFlagsFromString("--semi-space-growth-factor=1")
  // old objects: collected when a fifth was added to what was alive, where the engine's own choice is up to four times
  V8.setFlagsFromString("--heap-growing-percent=20")
}
