/**
 * Both ends without a server, and scratch servers.
 *
 * @since 0.1.0
 */
export * as MemoryFileSystem from "./MemoryFileSystem.js"
export * as ScratchServer from "./ScratchServer.js"
export * as ServerPrograms from "./ServerPrograms.js"
