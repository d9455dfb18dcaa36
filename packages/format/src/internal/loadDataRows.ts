/**
 * The rows of a LOAD DATA file as INSERT statements: a loop over bytes, from the file into the statement.
 *
 * @internal
 */
import * as Either from "effect/Either"

import type * as LoadData from "../LoadData.js"
import * as Sql from "../Sql.js"
import { largestPacket } from "../Statement.js"
import * as B from "./bytes.js"
import * as Escape from "./escape.js"

const NO = -1

/** What stands behind the escape byte, by what it is written for; most stand for themselves. */
const meanings = Uint8Array.from({ length: 256 }, (_, byte) => byte)
for (const [letter, byte] of [["0", 0], ["b", 8], ["n", 10], ["r", 13], ["t", 9], ["Z", 26]] as const) {
  meanings[letter.charCodeAt(0)] = byte
}

const LETTER_N = 0x4e

const commaOnly = Uint8Array.of(B.COMMA)

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0))

const opening = { Bytes: ascii("'"), Utf8mb4: ascii("CONVERT('"), Hex: ascii("x'"), Unsigned: ascii("") }
const closing = { Bytes: ascii("'"), Utf8mb4: ascii("' USING UTF8MB4)"), Hex: ascii("'"), Unsigned: ascii("") }
const nothing = ascii("NULL")

const isHexDigit = (byte: number): boolean =>
  (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66)

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39

const head = (load: LoadData.LoadData): Uint8Array =>
  Sql.bytes(
    `${load.verb} INTO ${Sql.quoteName(load.table)} `,
    load.columns === undefined ? "" : `(${load.columns.map(({ name }) => Sql.quoteIdentifier(name)).join(",")}) `,
    "VALUES"
  )

/** Whether `term` stands at `at`: 1, 0, or NO when the bytes end before it can be told. */
const stands = (bytes: Uint8Array, at: number, end: number, term: Uint8Array): number => {
  for (let i = 0; i < term.length; i++) {
    if (at + i >= end) {
      return NO
    }
    if (bytes[at + i] !== term[i]) {
      return 0
    }
  }
  return 1
}

/** What is wrong, and in which row. */
export interface Problem {
  readonly detail: string
  readonly row: number
}

/** A `LoadData.Reader` with failures of its own. */
export interface Reader {
  readonly push: (bytes: Uint8Array) => Either.Either<ReadonlyArray<LoadData.Insert>, Problem>
  readonly finish: () => Either.Either<ReadonlyArray<LoadData.Insert>, Problem>
}

/** @internal */
export const make = (load: LoadData.LoadData, statementSize: number): Reader => {
  const fieldEnd = load.fields.terminatedBy
  const lineEnd = load.lines.terminatedBy
  const lineStart = load.lines.startingBy
  const enclosing = load.fields.enclosedBy ?? NO
  const escape = load.fields.escapedBy ?? NO
  const columns = load.columns
  const start = head(load)
  let fieldCount = columns?.length

  let out: Uint8Array = new Uint8Array(Math.max(4096, start.length + statementSize + statementSize / 8))
  let outAt = 0
  let rowsInStatement = 0
  let row = 0
  let toSkip = load.skip
  let problem: string | undefined

  let held: Uint8Array = new Uint8Array(0)
  let heldLength = 0
  /** Below this many bytes what is held is not worth another try. */
  let worthTrying = 0

  const room = (bytes: number): void => {
    if (outAt + bytes > out.length) {
      const larger = new Uint8Array(Math.max(out.length * 2, outAt + bytes))
      larger.set(out.subarray(0, outAt))
      out = larger
    }
  }
  const write = (bytes: Uint8Array): void => {
    room(bytes.length)
    out.set(bytes, outAt)
    outAt += bytes.length
  }
  const put = (byte: number): void => {
    if (outAt + 2 > out.length) {
      room(2)
    }
    const letter = Escape.letters[byte] ?? 0
    if (letter !== 0) {
      out[outAt++] = B.BACKSLASH
      out[outAt++] = letter
    } else {
      out[outAt++] = byte
    }
  }

  let ended: "Field" | "Line" = "Field"
  let isComplete = false

  /** Behind the last byte nothing can come that would make a separator of what begins like one. */
  const found = (bytes: Uint8Array, at: number, end: number, separator: Uint8Array): number => {
    const answer = stands(bytes, at, end, separator)
    return answer === NO && isComplete ? 0 : answer
  }

  /** Writes one field; gives where what follows it begins, or NO when more bytes are needed. */
  const readField = (bytes: Uint8Array, from: number, end: number, form: LoadData.Column["form"]): number => {
    const begin = outAt
    write(opening[form])
    const value = outAt
    const isEnclosed = bytes[from] === enclosing && from < end
    let at = isEnclosed ? from + 1 : from
    let length = 0
    let sawNull = false
    let next = NO
    while (next === NO) {
      if (at >= end) {
        return NO
      }
      const byte = bytes[at] ?? 0
      if (byte === escape) {
        if (at + 1 >= end) {
          return NO
        }
        const letter = bytes[at + 1] ?? 0
        // a doubled enclosing byte stands for itself, and escapes nothing else
        if (escape !== enclosing || letter === escape) {
          sawNull = sawNull || letter === LETTER_N
          put(meanings[letter] ?? 0)
          length += 1
          at += 2
          continue
        }
      }
      const termAt = isEnclosed ? at + 1 : at
      if (!isEnclosed || byte === enclosing) {
        if (isEnclosed && termAt >= end) {
          return NO
        }
        if (isEnclosed && bytes[termAt] === enclosing) {
          put(enclosing)
          length += 1
          at += 2
          continue
        }
        const isLine = found(bytes, termAt, end, lineEnd)
        const isField = isLine === 0 ? found(bytes, termAt, end, fieldEnd) : 0
        if (isLine === NO || isField === NO) {
          return NO
        }
        if (isLine === 1 || isField === 1) {
          ended = isLine === 1 ? "Line" : "Field"
          next = termAt + (isLine === 1 ? lineEnd.length : fieldEnd.length)
          break
        }
      }
      put(byte)
      length += 1
      at += 1
    }
    const isNull = (sawNull && length === 1) ||
      (!isEnclosed && enclosing !== NO && length === 4 && outAt - value === 4 &&
        stands(out, value, outAt, nothing) === 1)
    if (isNull) {
      outAt = begin
      write(nothing)
    } else {
      if (form === "Hex" && (length % 2 !== 0 || !out.subarray(value, outAt).every(isHexDigit))) {
        problem = "a field that should hold hexadecimal digits holds something else"
      }
      if (form === "Unsigned" && (length === 0 || !out.subarray(value, outAt).every(isDigit))) {
        problem = "a field that should hold a number holds something else"
      }
      write(closing[form])
    }
    return next
  }

  /** Writes one row, or passes a line that holds none. */
  const readLine = (bytes: Uint8Array, from: number, end: number): number => {
    let at = from
    if (toSkip > 0) {
      for (;;) {
        const ends = at < end ? found(bytes, at, end, lineEnd) : NO
        if (ends === NO) {
          return NO
        }
        if (ends === 1) {
          toSkip -= 1
          return at + lineEnd.length
        }
        at += bytes[at] === escape ? 2 : 1
      }
    }
    const starts = stands(bytes, at, end, lineStart)
    if (starts === NO) {
      return NO
    }
    if (starts === 0) {
      problem = "the line does not begin as it should"
      return NO
    }
    at += lineStart.length
    let fields = 0
    do {
      room(1)
      out[outAt++] = fields === 0 ? B.OPEN : B.COMMA
      at = readField(bytes, at, end, columns?.[fields]?.form ?? "Bytes")
      fields += 1
      if (at === NO) {
        return NO
      }
    } while (ended === "Field" && (fieldCount === undefined || fields <= fieldCount))
    if (fields !== (fieldCount ?? fields)) {
      problem = `it has ${ended === "Line" ? `${fields}` : `more than ${fieldCount}`} fields instead of ${fieldCount}`
      return NO
    }
    fieldCount = fields
    room(1)
    out[outAt++] = B.CLOSE
    return at
  }

  const fail = (detail: string): Either.Either<never, Problem> => Either.left({ detail, row: row + 1 })

  const take = (upTo: number): LoadData.Insert => ({ bytes: out.slice(0, upTo), rows: rowsInStatement })

  const push = (more: Uint8Array): Either.Either<ReadonlyArray<LoadData.Insert>, Problem> => {
    let bytes = more
    if (heldLength > 0) {
      if (heldLength + more.length > held.length) {
        const larger = new Uint8Array(Math.max(held.length * 2, heldLength + more.length))
        larger.set(held.subarray(0, heldLength))
        held = larger
      }
      held.set(more, heldLength)
      heldLength += more.length
      if (heldLength < worthTrying) {
        return Either.right([])
      }
      bytes = held.subarray(0, heldLength)
    }
    const full: Array<LoadData.Insert> = []
    let at = 0
    for (;;) {
      const before = outAt
      const isRow = toSkip === 0
      if (isRow) {
        write(rowsInStatement === 0 ? start : commaOnly)
      }
      const next = at < bytes.length ? readLine(bytes, at, bytes.length) : NO
      if (problem !== undefined) {
        return fail(problem)
      }
      if (next === NO) {
        outAt = before
        break
      }
      at = next
      if (isRow) {
        row += 1
        if (outAt > largestPacket) {
          return fail("it is longer than a server takes")
        }
        if (rowsInStatement > 0 && outAt > statementSize) {
          full.push(take(before))
          rowsInStatement = 0
          out.copyWithin(start.length, before + 1, outAt)
          outAt = start.length + outAt - before - 1
        }
        rowsInStatement += 1
      }
    }
    const rest = bytes.subarray(at)
    worthTrying = at === 0 ? rest.length * 2 : 0
    if (rest.length > largestPacket) {
      return fail("it is longer than a server takes")
    }
    if (rest.buffer === held.buffer) {
      held.copyWithin(0, at, heldLength)
    } else {
      held = held.length < rest.length ? new Uint8Array(rest.length * 2) : held
      held.set(rest)
    }
    heldLength = rest.length
    return Either.right(full)
  }

  return {
    push,
    finish: () => {
      worthTrying = 0
      isComplete = true
      return Either.flatMap(push(new Uint8Array(0)), (full) =>
        heldLength > 0
          ? fail("the rows end inside of it: the file is cut or damaged")
          : toSkip > 0
          ? fail("the file ends before the lines that hold no rows")
          : Either.right(rowsInStatement === 0 ? full : [...full, take(outAt)]))
    }
  }
}
