/**
 * The literals in a definition, written so that they mean the same under any `SET NAMES`.
 *
 * A server prints the texts in a table's definition in UTF-8, or in the character set of their own, and whoever replays
 * them reads them in that of its session: mydumper's loader as `binary`. So every text beyond ASCII is written in
 * hexadecimal, or with a character set of its own. Servers also print members of an ENUM or a SET, and MariaDB
 * defaults, with a `?` for each character beyond the first 65536: those texts are asked for.
 *
 * A collation that a column has from its table is left to the table, so that it comes back as the table's.
 *
 * Names and comments cannot be written otherwise than they are: they are UTF-8, which `binary` leaves alone. What is
 * ASCII stays what the server printed, but for texts in a default of MariaDB that is an expression: the server works
 * out constant ones when the table is created, and texts that are `binary` would come to something else.
 *
 * @internal
 */
import { isUtf8 } from "node:buffer"

import * as AddedConversions from "./addedConversions.js"
import * as Columns from "./columns.js"
import * as KeptExpressions from "./keptExpressions.js"
import * as Printed from "./printed.js"
import * as WorkedOut from "./workedOut.js"

/** A text that is written otherwise. @internal */
export interface Spot {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** A column with members, whose texts have to be asked for. @internal */
export interface Members {
  readonly column: string
  readonly kind: "ENUM" | "SET"
  readonly literals: ReadonlyArray<Printed.Token>
}

/** A column with a default, whose text has to be asked for. @internal */
export interface Default {
  readonly column: string
  readonly literal: Printed.Token
}

/** @internal */
export interface Found {
  readonly spots: ReadonlyArray<Spot>
  readonly members: ReadonlyArray<Members>
  readonly defaults: ReadonlyArray<Default>
  /** The columns by whose texts a table is cut into partitions, when one of those texts is written otherwise. */
  readonly partitionedBy: ReadonlyArray<string>
  readonly workedOut: ReadonlyArray<WorkedOut.WorkedOut>
  readonly kept: ReadonlyArray<KeptExpressions.Expression>
  readonly converted: ReadonlyArray<AddedConversions.Expression>
}

const isPlain = (value: Uint8Array): boolean => value.every((byte) => byte >= 0x20 && byte <= 0x7e)

const isAscii = (value: Uint8Array): boolean => value.every((byte) => byte < 0x80)

const QUESTION = 0x3f

const nothing = new Uint8Array()

/** Whether the print of a text says for certain what it is. */
const isCertain = (value: Uint8Array): boolean => isAscii(value) && !value.includes(QUESTION)

/** Character sets in which ASCII is not written as in ASCII, not even all of it in `sjis`. */
const unlikeAscii = new Set(["UCS2", "UTF16", "UTF16LE", "UTF32", "SJIS"])

/** UTF-8 of up to three bytes a character, which is what `N'…'` takes on MariaDB. */
const isNational = (value: Uint8Array): boolean => isUtf8(value) && value.every((byte) => byte < 0xf0)

/** @internal */
export const hex = (value: Uint8Array): string => `X'${Buffer.from(value).toString("hex")}'`

/** @internal */
export const inUtf8 = (value: Uint8Array): string => isUtf8(value) ? `_utf8mb4 ${hex(value)}` : hex(value)

const binaryTypes = new Set(["BINARY", "VARBINARY", "TINYBLOB", "BLOB", "MEDIUMBLOB", "LONGBLOB"])

/** Types whose defaults MariaDB keeps as expressions, as it does those of all geometries. */
const large = new Set(["TINYTEXT", "TEXT", "MEDIUMTEXT", "LONGTEXT", "TINYBLOB", "BLOB", "MEDIUMBLOB", "LONGBLOB"])

/** Types of MariaDB that take a literal in `binary` for the bytes inside, and not for what is read. */
const bytesInside = new Set(["UUID", "INET4", "INET6"])

/** Words that make a literal after them a date or a time. */
const typed = new Set(["DATE", "TIME", "TIMESTAMP"])

/** What follows the type of a column. */
const typeEnds = new Set(["CHARACTER", "COLLATE", "NOT", "NULL", "DEFAULT", "GENERATED", "AUTO_INCREMENT", "COMMENT"])

interface Item {
  readonly tokens: ReadonlyArray<Printed.Token>
}

/** The columns, keys and constraints between the outermost parentheses, and what follows these. */
const partsOf = (tokens: ReadonlyArray<Printed.Token>) => {
  const open = tokens.findIndex((token) => token.text === "(")
  const close = tokens.findIndex((token, i) => i > open && token.text === ")" && token.depth === 0)
  const items: Array<Item> = []
  let from = open + 1
  for (let i = from; open !== -1 && i <= close; i++) {
    const token = tokens[i]
    if (i === close || (token?.text === "," && token.depth === 1)) {
      items.push({ tokens: tokens.slice(from, i) })
      from = i + 1
    }
  }
  return { items, rest: open === -1 ? [] : tokens.slice(close + 1) }
}

/** The word that stands right before a literal, without a blank, such as the `_latin1` of `_latin1'a'`. */
const prefix = (before: Printed.Token | undefined, literal: Printed.Token): Printed.Token | undefined =>
  before?.kind === "Word" && before.end === literal.start ? before : undefined

/**
 * The collation of a column that has it from its table. MySQL prints it without the character set then; said to the
 * server again it would be the column's own, and be printed with the character set from then on.
 */
const inherited = (tokens: ReadonlyArray<Printed.Token>, table: string | undefined): ReadonlyArray<Spot> => {
  const at = tokens.findIndex(({ depth, kind, text }) => kind === "Word" && depth === 1 && typeEnds.has(text))
  const [before, word, name] = tokens.slice(Math.max(0, at - 1))
  return at > 0 && before !== undefined && word?.text === "COLLATE" && name !== undefined && name.text === table
    ? [{ start: before.end, end: name.end, text: "" }]
    : []
}

/** A text beyond ASCII that has a character set of its own. The path of JSON_VALUE has to be a text in quotes. */
const introduced = (
  create: Uint8Array,
  [word, literal, next]: ReadonlyArray<Printed.Token | undefined>
): ReadonlyArray<Spot> => {
  if (word === undefined || literal?.kind !== "Literal" || next?.text === "RETURNING") return []
  const value = Printed.valueOf(create, literal)
  return prefix(word, literal) !== undefined && word.text.startsWith("_") && !isAscii(value)
    ? [{ start: literal.start, end: literal.end, text: ` ${hex(value)}` }]
    : []
}

/**
 * An expression that MySQL keeps in other words than it prints, in the words that it keeps.
 *
 * @internal
 */
export const asKept = (
  create: Uint8Array,
  { end, start }: KeptExpressions.Expression,
  kept: Uint8Array
): ReadonlyArray<Spot> => {
  if (KeptExpressions.same(create.subarray(start, end), kept)) return []
  const tokens = Printed.tokens(kept)
  const written = rewrite(kept, tokens.flatMap((_, i) => introduced(kept, tokens.slice(i, i + 3))))
  return [{ start, end, text: Buffer.from(written).toString("latin1") }]
}

/**
 * Finds what has to be written otherwise in what `SHOW CREATE TABLE` printed.
 *
 * @internal
 */
export const find = (create: Uint8Array, vendor: "mysql" | "mariadb"): Found => {
  const spots: Array<Spot> = []
  const members: Array<Members> = []
  const defaults: Array<Default> = []
  const partitionedBy: Array<string> = []
  const workedOut: Array<WorkedOut.WorkedOut> = []
  const kept: Array<KeptExpressions.Expression> = []
  const converted: Array<AddedConversions.Expression> = []

  const expression = (literals: ReadonlyArray<Printed.Token>, isDefault: boolean): void => {
    const values = literals.map((literal) => Printed.valueOf(create, literal))
    if (vendor === "mysql") {
      literals.forEach(({ end, start }, i) => {
        const value = values[i] ?? nothing
        if (!isAscii(value)) spots.push({ start, end, text: inUtf8(value) })
      })
    } else if (isDefault || !values.every(isAscii)) {
      literals.forEach(({ start }, i) => {
        // What is beyond three bytes can only be said as it is, in the character set of the file.
        if (isNational(values[i] ?? nothing)) spots.push({ start, end: start, text: "N" })
      })
    }
  }

  const all = Printed.tokens(create)
  const isUnlikeAscii = all.some((token) => token.kind === "Word" && unlikeAscii.has(token.text))
  const isLeft = (literal: Printed.Token): boolean => !isUnlikeAscii && isCertain(Printed.valueOf(create, literal))
  const { items, rest } = partsOf(all)
  const collated = rest.findIndex(({ kind, text }) => kind === "Word" && text === "COLLATE")
  const ofTable = collated === -1 ? undefined : rest[collated + 2]?.text
  for (const { tokens } of items) {
    const [first, type] = tokens
    const column = first?.kind === "Name" ? Printed.nameOf(create, first) : undefined
    const kind = type?.text === "ENUM" || type?.text === "SET" ? type.text : undefined
    if (vendor === "mysql" && column !== undefined) {
      spots.push(...inherited(tokens, ofTable))
      kept.push(...KeptExpressions.find(column, tokens))
    }
    const own: Array<Printed.Token> = []
    const plain: Array<Printed.Token> = []
    const inDefault: Array<Printed.Token> = []
    let isDefault = false
    let inMembers = column !== undefined && kind !== undefined && tokens[2]?.text === "("
    tokens.forEach((token, i) => {
      const before = tokens[i - 1]
      inMembers = inMembers && !(token.text === ")" && token.depth === 1)
      // The outermost parentheses of a default are its own, or those of the function that it calls.
      if (token.text === "(" && token.depth === 1) {
        isDefault = before?.text === "DEFAULT" || tokens[i - 2]?.text === "DEFAULT"
      }
      if (token.kind !== "Literal") return
      if (prefix(before, token) !== undefined) {
        spots.push(...introduced(create, [before, token, tokens[i + 1]]))
      } else if (inMembers) {
        own.push(token)
      } else if (token.depth > 1) {
        if (before === undefined || !typed.has(before.text)) (isDefault ? inDefault : plain).push(token)
      } else if (column !== undefined && before?.text === "DEFAULT") {
        const value = Printed.valueOf(create, token)
        const of = type?.text ?? ""
        if ((vendor === "mariadb" && large.has(of) && isUtf8(value)) || bytesInside.has(of)) {
          inDefault.push(token)
        } else if (binaryTypes.has(of)) {
          if (!isPlain(value)) spots.push({ start: token.start, end: token.end, text: hex(value) })
        } else if (!isLeft(token)) {
          defaults.push({ column, literal: token })
        }
      }
    })
    const isLarge = large.has(type?.text ?? "") || Columns.kindOf(type?.text ?? "") === "Geometry"
    if (vendor === "mariadb") {
      const worked = column === undefined || isLarge ? [] : WorkedOut.find(create, column, tokens)
      workedOut.push(...worked)
      const isLocalized = tokens.some(({ text }) => WorkedOut.localized.has(text))
      const ofDefault = column === undefined || (worked.length > 0 && !isLocalized) ? [] : WorkedOut.defaultOf(tokens)
      converted.push(...AddedConversions.find(tokens, ofDefault))
    }
    expression(inDefault, true)
    expression(plain, false)
    if (column !== undefined && kind !== undefined && !own.every(isLeft)) {
      members.push({ column, kind, literals: own })
    }
  }

  const partitions = rest.slice(Math.max(0, rest.findIndex((token) => token.text === "PARTITION")))
  if (partitions[0]?.text === "PARTITION") {
    partitions.forEach((token, i) => {
      const before = partitions[i - 1]
      if (token.kind !== "Literal" || before?.text === "=") return
      const value = Printed.valueOf(create, token)
      if (prefix(before, token) !== undefined) {
        spots.push(...introduced(create, [before, token]))
      } else if (isUnlikeAscii || !isAscii(value)) {
        spots.push({ start: token.start, end: token.end, text: inUtf8(value) })
        if (partitionedBy.length === 0) partitionedBy.push(...columnsOf(create, partitions))
      }
    })
  }
  return { spots, members, defaults, partitionedBy, workedOut, kept, converted }
}

/** The names in `COLUMNS(…)`; MySQL prints plain ones without quotes. */
const columnsOf = (create: Uint8Array, tokens: ReadonlyArray<Printed.Token>): ReadonlyArray<string> => {
  const at = tokens.findIndex((token) => token.text === "COLUMNS") + 2
  const end = tokens.findIndex((token, i) => i >= at && token.text === ")")
  return at === 1 ? [] : tokens.slice(at, end).flatMap((token) =>
    token.kind === "Name"
      ? [Printed.nameOf(create, token)]
      : token.kind === "Word"
      ? [Buffer.from(create.subarray(token.start, token.end)).toString("utf8")]
      : []
  )
}

/** A text as the server holds it: its bytes, and the same in UTF-8. @internal */
export interface Exact {
  readonly bytes: Uint8Array
  readonly utf8: Uint8Array
}

/**
 * The spot of a text that the server was asked for; none when it is ASCII, as it was printed.
 *
 * @internal
 */
export const exactly = (create: Uint8Array, literal: Printed.Token, { bytes, utf8 }: Exact): ReadonlyArray<Spot> => {
  const printed = Printed.valueOf(create, literal)
  return isAscii(printed) && Buffer.compare(printed, utf8) === 0 && Buffer.compare(printed, bytes) === 0
    ? []
    : [{ start: literal.start, end: literal.end, text: hex(bytes) }]
}

/**
 * The definition with those spots written otherwise, or what is in it from one place to another.
 *
 * @internal
 */
export const rewrite = (
  create: Uint8Array,
  spots: ReadonlyArray<Spot>,
  start = 0,
  end = create.length
): Uint8Array => {
  const out: Array<Uint8Array> = []
  let from = start
  const inside = spots.filter((spot) => spot.start >= start && spot.end <= end)
  for (const spot of [...inside].sort((a, b) => a.start - b.start || b.end - a.end)) {
    if (spot.start < from) continue // in an expression that is written anew
    out.push(create.subarray(from, spot.start), Buffer.from(spot.text, "latin1"))
    from = spot.end
  }
  return new Uint8Array(Buffer.concat([...out, create.subarray(from, end)]))
}
