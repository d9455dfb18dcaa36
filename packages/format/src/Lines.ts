/**
 * Rows as they stand in the `.dat` files of a backup: a line for each row, with separators between its fields, as
 * `LOAD DATA` reads them; and the statement that says so.
 *
 * This is the plain way to do it, one field at a time. Whatever does it faster is held to the same bytes. `LoadData` is
 * the other direction.
 *
 * What stands where follows mydumper 1.0.1, and how a server reads it
 * https://dev.mysql.com/doc/refman/8.4/en/load-data.html#load-data-field-line-handling
 *
 * @since 0.1.0
 */
import * as Layouts from "./internal/layouts.js"
import type * as LoadData from "./LoadData.js"
import type { Cell } from "./Row.js"
import * as Sql from "./Sql.js"

/**
 * What stands around and between fields. `problem` says whether a reader can find its way in it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Layout {
  readonly fields: LoadData.LoadData["fields"] & {
    /** What makes a byte of a value stand for itself, and NULL `\N`. */
    readonly escapedBy: number
  }
  readonly lines: LoadData.LoadData["lines"]
  /** Whether a file begins with a line of the names of the columns. */
  readonly header: boolean
}

const layout = (terminatedBy: string, enclosedBy: string): Layout => ({
  fields: {
    terminatedBy: Sql.bytes(terminatedBy),
    enclosedBy: Sql.bytes(enclosedBy)[0],
    escapedBy: Layouts.backslash
  },
  lines: { startingBy: new Uint8Array(0), terminatedBy: Sql.bytes("\n") },
  header: false
})

/**
 * What mydumper writes with `--format=LOAD_DATA`: tabs between the fields, which are not enclosed.
 *
 * @since 0.1.0
 * @category constructors
 */
export const tabs: Layout = layout("\t", "")

/**
 * What mydumper writes with `--format=CSV`: commas between the fields, in double quotes where they are no integers.
 *
 * @since 0.1.0
 * @category constructors
 */
export const csv: Layout = layout(",", "\"")

/**
 * Why fields could not be told apart, in words for people; `undefined` for a layout that is good.
 *
 * @since 0.1.0
 * @category predicates
 */
export const problem: (layout: Layout) => string | undefined = Layouts.problem

/**
 * How the fields of a column are written.
 *
 * | encoding | columns | text |
 * |---|---|---|
 * | `Bare` | SMALLINT, MEDIUMINT, INT, BIGINT, and other numbers that are whole | as it is |
 * | `Enclosed` | all others | enclosed, and with escapes |
 * | `Hex` | bytes, when they are wanted like that | hexadecimal digits |
 *
 * NULL is the escape and an `N`, never enclosed.
 *
 * @since 0.1.0
 * @category models
 */
export type Encoding = "Bare" | "Enclosed" | "Hex"

/**
 * All encodings.
 *
 * @since 0.1.0
 * @category models
 */
export const encodings: ReadonlyArray<Encoding> = ["Bare", "Enclosed", "Hex"]

/**
 * For every byte what stands behind the escape for it, or 0 when the byte stands as it is: what
 * `mysql_real_escape_string` escapes, and whatever a separator begins with.
 *
 * @since 0.1.0
 * @category encoding
 */
export const escapes: (layout: Layout) => Uint8Array = Layouts.escapes

const nothing = new Uint8Array(0)

const encodeField = (layout: Layout, table: Uint8Array, encoding: Encoding, cell: Cell): Uint8Array => {
  const { enclosedBy, escapedBy } = layout.fields
  if (cell === null) return Sql.bytes(Uint8Array.of(escapedBy), "N")
  if (encoding === "Bare") return cell
  if (encoding === "Hex") return Sql.bytes(Buffer.from(cell).toString("hex").toUpperCase())
  const around = enclosedBy === undefined ? [] : [enclosedBy]
  const inside = Array.from(cell).flatMap((byte) => table[byte] === 0 ? [byte] : [escapedBy, table[byte] ?? 0])
  return Uint8Array.from([...around, ...inside, ...around])
}

const line = (
  layout: Layout,
  start: Uint8Array,
  encodings: ReadonlyArray<Encoding>,
  cells: ReadonlyArray<Cell>
): Uint8Array => {
  const table = Layouts.escapes(layout)
  return Sql.concat([
    start,
    ...encodings.flatMap((encoding, i) => [
      ...(i === 0 ? [] : [layout.fields.terminatedBy]),
      encodeField(layout, table, encoding, cells[i] ?? null)
    ]),
    layout.lines.terminatedBy
  ])
}

/**
 * Writes a row as a line, with its end. It is a bug, and throws, to give more or fewer cells than encodings.
 *
 * @example
 * ```ts
 * import { Lines, Sql } from "@sluice/format"
 *
 * Lines.encode(Lines.csv, ["Bare", "Enclosed", "Enclosed"], [Sql.bytes("1"), Sql.bytes("a"), null]) // 1,"a",\N
 * ```
 *
 * @since 0.1.0
 * @category encoding
 */
export const encode = (
  layout: Layout,
  encodings: ReadonlyArray<Encoding>,
  cells: ReadonlyArray<Cell>
): Uint8Array => {
  if (encodings.length !== cells.length) {
    throw new RangeError(`a row of ${encodings.length} columns was given ${cells.length} cells`)
  }
  return line(layout, layout.lines.startingBy, encodings, cells)
}

/**
 * What a file begins with: the line of the names of the columns, or nothing. It is passed over up to its end, so that
 * it does not start as the others do.
 *
 * @since 0.1.0
 * @category encoding
 */
export const header = (layout: Layout, columns: ReadonlyArray<string>): Uint8Array =>
  layout.header
    ? line(layout, nothing, columns.map((): Encoding => "Enclosed"), columns.map((name) => Sql.bytes(name)))
    : nothing

const calls: {
  readonly [Form in LoadData.Column["form"]]: ((variable: string) => string) | undefined
} = {
  Bytes: undefined,
  Utf8mb4: (variable) => `CONVERT(${variable} USING UTF8MB4)`,
  Hex: (variable) => `UNHEX(${variable})`,
  Unsigned: (variable) => `CAST(${variable} AS UNSIGNED)`
}

/**
 * Writes the statement that loads a file, with its end, as mydumper writes it, and with `CHARACTER SET binary`. Without
 * that a server takes the bytes to be in the character set of the database, whatever the columns' own are.
 *
 * @example
 * ```ts
 * import { Lines } from "@sluice/format"
 *
 * Lines.statement({ file: "d.t.00000.dat", table: "t", layout: Lines.tabs, columns: [{ name: "id", form: "Bytes" }] })
 * ```
 *
 * @since 0.1.0
 * @category encoding
 */
export const statement = (options: {
  /** The name of the file as it is stored, with what says how it is compressed. */
  readonly file: string
  /** As it is, without quotes. */
  readonly table: string
  readonly layout: Layout
  readonly columns: ReadonlyArray<LoadData.Column>
}): Uint8Array => {
  const { columns, file, layout: { fields, header, lines }, table } = options
  const computed = columns.flatMap(({ form, name }) => {
    const call = calls[form]
    const quoted = Sql.quoteIdentifier(name)
    return call === undefined ? [] : [`${quoted}=${call(`@${quoted}`)}`]
  })
  return Sql.bytes(
    `LOAD DATA LOCAL INFILE ${Layouts.quote(Sql.bytes(file))} INTO TABLE ${Sql.quoteIdentifier(table)} ` +
      `CHARACTER SET binary FIELDS TERMINATED BY ${Layouts.quote(fields.terminatedBy)} ` +
      `ENCLOSED BY ${Layouts.quoteByte(fields.enclosedBy)} ESCAPED BY ${Layouts.quoteByte(fields.escapedBy)} ` +
      `LINES STARTING BY ${Layouts.quote(lines.startingBy)} TERMINATED BY ${Layouts.quote(lines.terminatedBy)} ` +
      `${header ? "IGNORE 1 LINES " : ""}(` +
      columns.map(({ form, name }) => `${form === "Bytes" ? "" : "@"}${Sql.quoteIdentifier(name)}`).join(",") +
      `)${computed.length === 0 ? "" : `SET ${computed.join(",")}`};\n`
  )
}
