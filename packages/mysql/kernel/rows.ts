/**
 * Row packets to rows of an INSERT statement, sixteen bytes at once. AssemblyScript: `compile.mjs` makes
 * src/internal/kernelModule.ts of it. The plain version is src/internal/rowText.ts, and both write the same bytes.
 *
 * It takes the rows that are usual. Whatever else comes (a packet that is not whole, or not a row; a row that is longer
 * than what is left of the statement or of the room; a length that cannot be) it leaves where it is, and its caller
 * looks at it in peace.
 *
 * Up to sixteen bytes are read behind a value and written behind a row: there must be as much memory.
 */

const COMMA: u8 = 0x2c
const OPEN: u8 = 0x28
const CLOSE: u8 = 0x29
const QUOTE: u8 = 0x22
const BACKSLASH: u8 = 0x5c
const LINE_FEED: u8 = 0x0a

/** The numbers of kinds, as in src/internal/rowText.ts; 1 is quoted, without anything around it. */
const NUMBER: u8 = 0
const BINARY: u8 = 2
const JSON_TEXT: u8 = 3
const HEX: u8 = 4

/** More than is written around a value, and around a row. */
const AROUND: usize = 32

const HEADER: usize = 4
const MAX_PAYLOAD: usize = 0xffffff

/** Texts as numbers: memory begins with their last digits. */
const NULL_TEXT: u32 = 0x4c4c554e
const BINARY_PREFIX: u64 = 0x207972616e69625f
const CONVERT: u64 = 0x28545245564e4f43
const JSON_REP: u64 = 0x5045525f4e4f534a
const LACE: u32 = 0x4543414c

/** Where the next byte goes. */
export let at: usize = 0
/** How many rows were taken. */
export let taken: i32 = 0

/** For which of sixteen bytes an escape is needed, a bit each. */
function special(v: v128): i32 {
  return i8x16.bitmask(v128.or(
    v128.or(
      v128.or(i8x16.eq(v, i8x16.splat(0x00)), i8x16.eq(v, i8x16.splat(0x0a))),
      v128.or(i8x16.eq(v, i8x16.splat(0x0d)), i8x16.eq(v, i8x16.splat(0x1a)))
    ),
    v128.or(
      v128.or(i8x16.eq(v, i8x16.splat(0x22)), i8x16.eq(v, i8x16.splat(0x27))),
      i8x16.eq(v, i8x16.splat(0x5c))
    )
  ))
}

/** What stands behind the backslash. */
function letter(byte: u8): u8 {
  if (byte == 0x00) return 0x30
  if (byte == 0x0a) return 0x6e
  if (byte == 0x0d) return 0x72
  if (byte == 0x1a) return 0x5a
  return byte
}

/** Writes what stands between quotes. */
function escape(from: usize, end: usize, out: usize): usize {
  let q = from
  let p = out
  while (q < end) {
    const v = v128.load(q)
    v128.store(p, v)
    const left = end - q
    const hits = left < 16 ? special(v) & ((1 << (<i32> left)) - 1) : special(v)
    if (hits == 0) {
      const plain = left < 16 ? left : 16
      q += plain
      p += plain
    } else {
      const plain = <usize> ctz<i32>(hits)
      q += plain
      p += plain
      store<u8>(p, BACKSLASH)
      store<u8>(p + 1, letter(load<u8>(q)))
      q += 1
      p += 2
    }
  }
  return p
}

function copy(from: usize, end: usize, out: usize): usize {
  for (let q = from; q < end; q += 16) {
    v128.store(out + (q - from), v128.load(q))
  }
  return out + (end - from)
}

/** Sixteen bytes to 32 digits. */
function hex(from: usize, end: usize, out: usize): usize {
  const digits = i8x16(48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 65, 66, 67, 68, 69, 70)
  let q = from
  let p = out
  while (q + 16 <= end) {
    const v = v128.load(q)
    const high = i8x16.swizzle(digits, i8x16.shr_u(v, 4))
    const low = i8x16.swizzle(digits, v128.and(v, i8x16.splat(15)))
    v128.store(p, i8x16.shuffle(high, low, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23))
    v128.store(p + 16, i8x16.shuffle(high, low, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31))
    q += 16
    p += 32
  }
  for (; q < end; q++) {
    const byte = load<u8>(q)
    const high = byte >> 4
    const low = byte & 15
    store<u8>(p, high < 10 ? 48 + high : 55 + high)
    store<u8>(p + 1, low < 10 ? 48 + low : 55 + low)
    p += 2
  }
  return p
}

function isNegativeZero(from: usize, end: usize): bool {
  if (end - from < 2 || load<u16>(from) != 0x302d) return false
  for (let q = from + 2; q < end; q++) {
    const byte = load<u8>(q)
    if (byte != 0x30 && byte != 0x2e) return false
  }
  return true
}

function isExpression(from: usize, end: usize): bool {
  return end - from >= 13 && load<u64>(from) == JSON_REP && load<u32>(from + 8) == LACE && load<u8>(from + 12) == OPEN
}

/** Writes a value that is not NULL. */
function value(kind: u8, from: usize, end: usize, out: usize): usize {
  let p = out
  if (kind == NUMBER) {
    p = copy(from, end, p)
    if (isNegativeZero(from, end)) {
      store<u16>(p, 0x3065)
      p += 2
    }
    return p
  }
  if (end == from) {
    store<u16>(p, 0x2222)
    return p + 2
  }
  if (kind == HEX) {
    store<u16>(p, 0x7830)
    return hex(from, end, p + 2)
  }
  if (kind == JSON_TEXT) {
    if (isExpression(from, end)) return copy(from, end, p)
    store<u64>(p, CONVERT)
    p += 8
  } else if (kind == BINARY) {
    store<u64>(p, BINARY_PREFIX)
    p += 8
  }
  store<u8>(p, QUOTE)
  p = escape(from, end, p + 1)
  store<u8>(p, QUOTE)
  p += 1
  if (kind == JSON_TEXT) {
    // ` USING UTF8MB4)`
    v128.store(p, i8x16(32, 85, 83, 73, 78, 71, 32, 85, 84, 70, 56, 77, 66, 52, 41, 0))
    p += 15
  }
  return p
}

/**
 * Writes the rows whose packets stand between `src` and `end`, each with a comma before it and a line feed behind it,
 * to `out`: as long as they end before `limit`, and surely before `outEnd`. `kinds` has a byte for each column. Gives
 * where the first packet stands that was left.
 */
export function rows(
  src: usize,
  end: usize,
  out: usize,
  outEnd: usize,
  limit: usize,
  kinds: usize,
  columns: i32
): usize {
  const around = AROUND * (<usize> columns + 1)
  let row = src
  let p = out
  let count = 0
  while (end - row > HEADER) {
    const length = <usize> (load<u32>(row) & 0xffffff)
    let q = row + HEADER
    const first = load<u8>(q)
    if (length == 0 || length == MAX_PAYLOAD || end - q < length || first == 0xff) break
    if (first == 0xfe && length < 9) break
    if (p + 2 * length + around > outEnd) break
    const rowEnd = q + length
    store<u8>(p, COMMA)
    store<u8>(p + 1, OPEN)
    let to = p + 2
    let i = 0
    for (; i < columns && q < rowEnd; i++) {
      let size = <usize> load<u8>(q)
      q += 1
      if (size == 0xfb) {
        store<u32>(to, NULL_TEXT)
        to += 4
      } else {
        if (size == 0xfc) {
          size = <usize> load<u16>(q)
          q += 2
        } else if (size == 0xfd) {
          size = <usize> (load<u32>(q) & 0xffffff)
          q += 3
        } else if (size > 0xfd) {
          break
        }
        if (q > rowEnd || rowEnd - q < size) break
        to = value(load<u8>(kinds + i), q, q + size, to)
        q += size
      }
      store<u8>(to, COMMA)
      to += 1
    }
    if (i < columns || q != rowEnd) break
    // in place of the last comma
    store<u8>(to - 1, CLOSE)
    store<u8>(to, LINE_FEED)
    to += 1
    if (to > limit) break
    p = to
    row = rowEnd
    count += 1
  }
  at = p
  taken = count
  return row
}
