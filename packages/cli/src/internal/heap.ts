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
 * objects, and their bytes are in buffers that are used again, which no flag touches. What is left is the flows'
 * own small objects: 30 MB of them live, but the engine, which sees a machine with much memory, keeps 32 MB for new
 * ones (16 would be in use at most) and lets 50 MB and more of old ones pile up before it looks. A dump of 640 MB under a
 * budget of 64 MB then takes 195 to 216 MB at its peak; with these flags 165 to 170 MB, in the same time. Limits that an
 * embedder can set by other means (of a worker) are hard: a catalog of a million tables would end the program.
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
