/**
 * What a backup of a MySQL or MariaDB database is.
 *
 * @since 0.1.0
 */
export * as Cells from "./Cells.js"
export * as ClientScript from "./ClientScript.js"
export * as Crc32 from "./Crc32.js"
export * as CreateTable from "./CreateTable.js"
export * as FileName from "./FileName.js"
export * as Frame from "./Frame.js"
export * as Inventory from "./Inventory.js"
export * as Lines from "./Lines.js"
export * as LoadData from "./LoadData.js"
export * as Metadata from "./Metadata.js"
export * as Naming from "./Naming.js"
export * as Permission from "./Permission.js"
export * as Row from "./Row.js"
export * as SchemaFile from "./SchemaFile.js"
export * as Sequence from "./Sequence.js"
export * as Sql from "./Sql.js"
export * as Statement from "./Statement.js"
