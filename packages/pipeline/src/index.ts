/**
 * What moves a backup: stream modes, staging, ports and flows.
 *
 * @since 0.1.0
 */
export * as Checksum from "./Checksum.js"
export * as Compare from "./Compare.js"
export * as Comparison from "./Comparison.js"
export * as Compression from "./Compression.js"
export * as Disposal from "./Disposal.js"
export * as Dump from "./Dump.js"
export * as Incoming from "./Incoming.js"
export * as Inspection from "./Inspection.js"
export * as Outgoing from "./Outgoing.js"
export * as Pipe from "./Pipe.js"
export * as Printable from "./Printable.js"
export * as Progress from "./Progress.js"
export * as Restore from "./Restore.js"
export * as Script from "./Script.js"
export * as Shutdown from "./Shutdown.js"
export * as SluiceError from "./SluiceError.js"
export * as Source from "./Source.js"
export * as Staging from "./Staging.js"
export * as StreamMode from "./StreamMode.js"
export * as Target from "./Target.js"
export * as Trust from "./Trust.js"
export * as Unpack from "./Unpack.js"
export * as Verdict from "./Verdict.js"
export * as Verify from "./Verify.js"
