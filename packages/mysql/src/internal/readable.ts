/**
 * Bytes as text that people can read, and from which the bytes can be told for certain.
 *
 * @internal
 */
import { isUtf8 } from "node:buffer"

import * as Sql from "@sluice/format/Sql"

const escaped = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => `\\x${byte.toString(16).padStart(2, "0").toUpperCase()}`).join("")

/** What moves a terminal or cannot be seen, but for the line feed. */
const unseen = /[^\P{Cc}\n]/gu

const printable = (byte: number): boolean => (byte >= 0x20 && byte < 0x7f) || byte === 0x0a

const ofByte = (byte: number): string =>
  byte === 0x5c ? "\\\\" : printable(byte) ? String.fromCharCode(byte) : escaped(Uint8Array.of(byte))

/**
 * UTF-8 stays as it is, other bytes and what cannot be seen become `\xHH`, and a backslash becomes two. NULL is
 * written as `\N`.
 *
 * @internal
 */
export const readable = (value: Uint8Array | null): string =>
  value === null
    ? "\\N"
    : isUtf8(value)
    ? Sql.text(value).replaceAll("\\", "\\\\").replace(unseen, (letter) => escaped(Sql.bytes(letter)))
    : Array.from(value, ofByte).join("")
