/**
 * Values of an INSERT statement replaced by DEFAULT.
 *
 * @internal
 */
import * as B from "./bytes.js"
import * as Lexer from "./lexer.js"

const text = Buffer.from("DEFAULT")

/**
 * `bytes` with DEFAULT for the values of the columns, counted from 0, that `replaced` picks. `plain` are the same
 * bytes as they are to be read; the rows begin at `rowsAt`.
 *
 * @internal
 */
export const put = (
  bytes: Uint8Array,
  plain: Uint8Array,
  rowsAt: number,
  replaced: (column: number) => boolean
): Uint8Array => {
  const parts: Array<Uint8Array> = []
  let copied = 0
  let depth = 0
  let column = 0
  let value = 0
  const endValue = (at: number) => {
    if (replaced(column)) {
      parts.push(bytes.subarray(copied, value), text)
      copied = at
    }
    column += 1
    value = at + 1
  }
  let at = rowsAt
  while (at < plain.length) {
    const byte = plain[at] ?? 0
    if (byte === B.SINGLE_QUOTE || byte === B.DOUBLE_QUOTE || byte === B.BACKTICK) {
      const end = Lexer.literalEnd(plain, at)
      at = end === -1 ? plain.length : end
      continue
    }
    const next = Lexer.commentEnd(plain, at)
    if (next > at) {
      at = next
      continue
    }
    if (byte === B.OPEN) {
      depth += 1
      if (depth === 1) {
        column = 0
        value = at + 1
      }
    } else if (byte === B.CLOSE) {
      depth -= 1
      if (depth === 0) endValue(at)
    } else if (byte === B.COMMA && depth === 1) {
      endValue(at)
    }
    at += 1
  }
  parts.push(bytes.subarray(copied))
  return Buffer.concat(parts)
}
