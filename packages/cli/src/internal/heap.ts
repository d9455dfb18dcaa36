/**
 * How much garbage the collector lets pile up.
 *
 * @internal
 */
import * as V8 from "node:v8"

/**
 * Has the collector look after a small heap more often, rather than let it grow. To be called when the program is
 * loaded: loading is what makes the room for new objects grow, to 4 MB or 8, and there it stays.
 *
 * A flag of the engine is the last resort; it is taken because the rest is done and is not enough. Rows never become
 * objects, and their bytes are in buffers that are used again, which no flag touches. What is left is the flows' own
 * small objects: 20 MB of them live, but the engine, which sees a machine with much memory, takes 32 MB for new ones,
 * and lets old ones that are garbage pile up to several times what lives. A dump of 193 MB from MariaDB then takes
 * 150 MB at its peak. With new objects kept to the room that loading made, and three fifths for old ones, it is 128 MB,
 * for nothing that could be measured; with 1 MB and a fifth 118 MB, for a seventh more of the processor. Three tenths
 * are what keeps the promise of 120 MB beside the budget: a dump of 160 MB under 16 MB whose reader has stopped takes
 * 130 MB (MySQL; MariaDB 121), and with three fifths 137 MB. The limits that an embedder can set by other means (of a
 * worker) are hard: a catalog of a million tables would end the program.
 *
 * The library does not do this: it is a matter of the process.
 *
 * @internal
 */
export const keepSmall = (): void => {
  // new objects: no more room than there is now
  V8.setFlagsFromString("--semi-space-growth-factor=1")
  // old objects: collected when three tenths were added to what was alive, where the engine's own choice is up to four
  // times
  V8.setFlagsFromString("--heap-growing-percent=30")
}
