/**
 * What moves a backup: stream modes, staging, ports and flows.
 *
 * @since 0.1.0
 */
export * as SluiceError from "./SluiceError.js"
export * as Source from "./Source.js"
export * as Target from "./Target.js"
