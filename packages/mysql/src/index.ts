/**
 * MySQL and MariaDB servers as source and target of flows.
 *
 * @since 0.1.0
 */
export * as Burden from "./Burden.js"
export * as Catalog from "./Catalog.js"
export * as Connection from "./Connection.js"
export * as Consistency from "./Consistency.js"
export * as Fingerprint from "./Fingerprint.js"
export * as MysqlError from "./MysqlError.js"
export * as MysqlInspection from "./MysqlInspection.js"
export * as MysqlSource from "./MysqlSource.js"
export * as MysqlTarget from "./MysqlTarget.js"
export * as Tls from "./Tls.js"
