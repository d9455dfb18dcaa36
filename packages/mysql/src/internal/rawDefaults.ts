/**
 * Defaults of binary columns.
 *
 * MariaDB prints the default of a BINARY, VARBINARY or BLOB column as its raw bytes between quotes. Those are no text
 * in any character set, and a server that replays them reads them as text. So they are written in hexadecimal, as
 * MySQL prints them.
 *
 * @internal
 */

/**
 * The start of a column's line up to its default, as `SHOW CREATE TABLE` prints it: the name, a binary type, and only
 * then words without quotes or parentheses.
 */
const upToDefault = /^ {2}`(?:[^`]|``)+` (?:(?:var)?binary\(\d+\)|(?:tiny|medium|long)?blob)(?: [^'`()\n]*)? DEFAULT '/

/** In a literal that the server printed: `\0`, `\n`, `\r`, `\\`, and two quotes for one. */
const literal = /^(?:[^'\\]|\\[^]|'')*'/

const unescaped: Readonly<Record<string, string>> = { "\\0": "\0", "\\n": "\n", "\\r": "\r", "''": "'" }

const valueOf = (printed: string): string =>
  printed.replace(/\\[^]|''/g, (escape) => unescaped[escape] ?? escape.slice(1))

const printable = /^[\x20-\x7e]*$/

/**
 * Rewrites those defaults in a CREATE TABLE statement that are not plain ASCII.
 *
 * @internal
 */
export const toHex = (create: Uint8Array): Uint8Array => {
  // One character for each byte, so nothing is decoded.
  const lines = Buffer.from(create.buffer, create.byteOffset, create.byteLength).toString("latin1").split("\n")
  const rewritten = lines.map((line) => {
    const head = upToDefault.exec(line)?.[0]
    if (head === undefined) return line
    const quoted = literal.exec(line.slice(head.length))?.[0]
    if (quoted === undefined) return line
    const value = valueOf(quoted.slice(0, -1))
    return printable.test(value)
      ? line
      : `${head.slice(0, -1)}X'${Buffer.from(value, "latin1").toString("hex")}'${
        line.slice(head.length + quoted.length)
      }`
  })
  return new Uint8Array(Buffer.from(rewritten.join("\n"), "latin1"))
}
