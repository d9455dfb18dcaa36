/**
 * Both ends of Sluice without a server, and scratch servers for tests that want the real thing.
 *
 * @since 0.1.0
 */
export * as Arbitraries from "./Arbitraries.js"
export * as ClientPrograms from "./ClientPrograms.js"
export * as Contents from "./Contents.js"
export * as Faults from "./Faults.js"
export * as MemoryFileSystem from "./MemoryFileSystem.js"
export * as MemoryServer from "./MemoryServer.js"
export * as RandomTables from "./RandomTables.js"
export * as SampleDatabase from "./SampleDatabase.js"
export * as ScratchServer from "./ScratchServer.js"
export * as ServerPrograms from "./ServerPrograms.js"
