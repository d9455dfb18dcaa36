/**
 * Bytes for people: one line, ASCII only, different bytes always looking different.
 *
 * @internal
 */
import type * as Row from "@sluice/format/Row"
import * as Sql from "@sluice/format/Sql"

const shown = Array.from({ length: 256 }, (_, byte) =>
  byte === 0x0a
    ? "\\n"
    : byte === 0x5c
    ? "\\\\"
    : byte === 0x22
    ? "\\\""
    : byte >= 0x20 && byte < 0x7f
    ? String.fromCharCode(byte)
    : `\\x${byte.toString(16).padStart(2, "0")}`)

/** @internal */
export const bytes = (value: Uint8Array): string => {
  let out = ""
  for (const byte of value) {
    out += shown[byte] ?? ""
  }
  return `"${out}"`
}

/** @internal */
export const text = (value: string): string => bytes(Sql.bytes(value))

/** @internal */
export const cell = (kind: Row.ColumnKind, value: Row.Cell): string =>
  value === null ? "NULL" : kind === "Number" ? bytes(value).slice(1, -1) : bytes(value)
