/**
 * What a table is known by again: its definition, and which of the server's tables it is.
 *
 * A name is not enough: a table can be renamed and another one take its name, or its partitions be exchanged, with the
 * definition staying the same. InnoDB numbers its tables, and each partition; a number is never used twice. Who may not
 * see the numbers has to do with the time of creation, which is in seconds.
 *
 * @internal
 */
import { createHash } from "node:crypto"

import * as Sql from "@sluice/format/Sql"
import { SourceError } from "@sluice/pipeline/SluiceError"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

import type * as Connection from "../Connection.js"
import type * as MysqlError from "../MysqlError.js"
import type * as Dialect from "./dialect.js"
import * as Printed from "./printed.js"

/** @internal */
export interface TableName {
  readonly database: string
  readonly name: string
}

/** @internal */
export interface Mark {
  /** A digest of `SHOW CREATE TABLE`, without the next AUTO_INCREMENT. */
  readonly definition: string
  /** InnoDB's numbers of the table and its partitions, if it has any and the account may see them. */
  readonly numbers: Option.Option<string>
  /** The statement that lists them. */
  readonly listing: string
  /** What the server says of when it was created; empty if it says nothing. */
  readonly created: string
}

/** By their full names. @internal */
export type Marks = ReadonlyMap<string, Mark>

/** @internal */
export const none: Marks = new Map()

const what = "cannot make sure that definitions do not change"

const text = (cell: Uint8Array | null | undefined): string => cell === null || cell === undefined ? "" : Sql.text(cell)

/** Inserting rows moves this one, and it is no change. */
const counter = / AUTO_INCREMENT=\d+/g

/** @internal */
export const digest = (definition: Uint8Array): string =>
  createHash("sha256").update(Buffer.from(definition).toString("latin1").replace(counter, ""), "latin1").digest("hex")

const quoted = (table: TableName): string => Sql.quoteName({ database: table.database, name: table.name })

const show = (table: TableName): string => `SHOW CREATE TABLE ${quoted(table)}`

const shown = (connection: Connection.RawConnection, { rows: [row] }: Connection.Result): string => {
  const create = row?.[1] ?? new Uint8Array(0)
  return digest(connection.server.vendor === "mariadb" ? Printed.withoutConversions(create) : create)
}

/**
 * A pattern for how InnoDB writes a name: letters and digits of ASCII as they are, other characters behind an `@`, some
 * in two characters and most in four. Where it matches more than one table, a change of either is taken for one of
 * both.
 *
 * @internal
 */
export const storedAs = (table: TableName): RegExp => {
  const part = (name: string) =>
    Array.from(name).map((character) =>
      /^[A-Za-z0-9_]$/.test(character)
        ? character
        : character < "\u0080"
        ? `@${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`
        : "(?:@[0-9a-f]{4}|@[0-9A-Za-z]{2})"
    ).join("")
  return new RegExp(`^${part(table.database)}/${part(table.name)}$`, "i")
}

const plain = /^[A-Za-z0-9_]+$/

/** All that InnoDB has, by the names it has them under; partitions stand under the name of their table. */
type Stored = ReadonlyMap<string, ReadonlyArray<string>>

const storedIn = ({ columns, rows }: Connection.Result): Stored => {
  const name = columns.findIndex((column) => column.toUpperCase() === "NAME")
  return new Map(
    Object.entries(Arr.groupBy(rows, (row) => text(row[name]).replace(/#p#.*$/i, ""))).map((
      [table, rows]
    ) => [table, rows.map((row) => row.map(text).join(" ")).sort()])
  )
}

const stored = (connection: Connection.RawConnection, listing: string) =>
  Effect.map(connection.query(listing), storedIn)

/** The session's character set is `binary`, and names are not. A name that is converted would not be looked up. */
const literal = (name: string): string => `_utf8mb4${Sql.quoteText(name)}`

const isPlain = (table: TableName): boolean => plain.test(table.database) && plain.test(table.name)

/** A plain name is stored as it is spelled, or in lower case. */
const storedNames = ({ database, name }: TableName): readonly [spelled: string, lower: string] => [
  `${database}/${name}`,
  `${database}/${name}`.toLowerCase()
]

/**
 * A listing of what may be this table, rather than of all: who checks ten thousand of them would not come to an end. A
 * name is looked up where the list has an index, as MySQL's has; that of a partition begins with that of its table and
 * a `#`.
 */
const listingOf = (listing: string, table: TableName): string => {
  const names = Arr.dedupe(storedNames(table))
  return isPlain(table)
    ? `${listing} WHERE NAME IN (${names.map(literal).join(", ")}) OR ${
      names.map((name) => `NAME LIKE ${literal(`${name.replaceAll("_", "\\_")}#%`)}`).join(" OR ")
    }`
    : listing
}

const numbersIn = (all: Stored, table: TableName): Option.Option<string> => {
  const [spelled, lower] = storedNames(table)
  const found = isPlain(table)
    ? all.get(spelled) ?? all.get(lower) ?? []
    : Array.from(all).flatMap(([name, rows]) => storedAs(table).test(name) ? rows : [])
  return found.length === 0 ? Option.none() : Option.some([...found].sort().join("\n"))
}

/** What may be one of these tables, as `listingOf` has one. A plain name has no `#`, which begins that of a partition. */
const listingOfAll = (listing: string, tables: ReadonlyArray<TableName>): string =>
  `${listing} WHERE SUBSTRING_INDEX(LOWER(NAME), '#', 1) IN (${
    tables.map((table) => literal(storedNames(table)[1])).join(", ")
  })`

/** What several tables are listed as: as few lists are asked for as all of them stand in. */
const numbersOf = (
  connection: Connection.RawConnection,
  [listing, ...others]: ReadonlyArray<string>,
  tables: ReadonlyArray<TableName>
): Effect.Effect<ReadonlyMap<string, Pick<Mark, "numbers" | "listing">>, MysqlError.MysqlError> =>
  Effect.gen(function*() {
    if (listing === undefined || tables.length === 0) return new Map()
    const all = yield* stored(connection, listing)
    const found = tables.flatMap((table) =>
      Option.match(numbersIn(all, table), {
        onNone: () => [],
        onSome: (numbers) => [[quoted(table), { numbers: Option.some(numbers), listing }] as const]
      })
    )
    const names = new Set(found.map(([name]) => name))
    const rest = yield* numbersOf(connection, others, tables.filter((table) => !names.has(quoted(table))))
    return new Map([...found, ...rest])
  })

/**
 * Whether the account may see InnoDB's numbers.
 *
 * @internal
 */
export const areExact = (
  connection: Connection.RawConnection,
  dialect: Dialect.Dialect
): Effect.Effect<boolean, SourceError> =>
  connection.query(`${dialect.storedTables[0]} LIMIT 1`).pipe(
    Effect.as(true),
    Effect.catchIf(({ reason }) => reason === "Privilege", () => Effect.succeed(false)),
    Effect.mapError((error) => error.toSource(what))
  )

const creation = "SELECT TABLE_SCHEMA, TABLE_NAME, CREATE_TIME FROM information_schema.TABLES WHERE TABLE_SCHEMA"

const createdIn = ({ rows }: Connection.Result): ReadonlyMap<string, string> =>
  new Map(rows.map((row) => [quoted({ database: text(row[0]), name: text(row[1]) }), text(row[2])]))

const createdOfAll = (connection: Connection.RawConnection, databases: ReadonlyArray<string>) =>
  databases.length === 0
    ? Effect.succeed<ReadonlyMap<string, string>>(new Map())
    : Effect.map(connection.query(`${creation} IN (${databases.map(literal).join(", ")})`), createdIn)

/** Both names alone are looked up, where a list of names would have all tables of the database opened. */
const askCreated = (table: TableName): string =>
  `${creation} = ${literal(table.database)} AND TABLE_NAME = ${literal(table.name)}`

/**
 * Marks tables: what InnoDB has and the times in one question each, the definitions on all connections at once.
 *
 * @internal
 */
export const read = (
  connections: readonly [Connection.RawConnection, ...ReadonlyArray<Connection.RawConnection>],
  dialect: Dialect.Dialect,
  tables: ReadonlyArray<TableName>,
  exact: boolean
): Effect.Effect<Marks, SourceError> =>
  Effect.gen(function*() {
    const [first] = connections
    // The definitions first: a table that the server cannot open makes the lists fail too, and they do not name it.
    const definitions = yield* Effect.forEach(connections, (connection, at) => {
      const own = tables.filter((_, i) => i % connections.length === at)
      return Effect.mapBoth(connection.queries(own.map(show)), {
        onFailure: ({ at, error }) => error.toSource(what, own.slice(at, at + 1).map(quoted)[0]),
        onSuccess: (answers) =>
          Arr.zipWith(own, answers, (table, answer) => [quoted(table), shown(connection, answer)] as const)
      })
    }, { concurrency: "unbounded" })
    const numbers = yield* Effect.mapError(
      numbersOf(first, exact ? dialect.storedTables : [], tables),
      (error) => error.toSource(what)
    )
    const created = yield* Effect.mapError(
      createdOfAll(first, Arr.dedupe(tables.map((table) => table.database))),
      (error) => error.toSource(what)
    )
    return new Map(
      definitions.flat().map(([name, definition]) => [
        name,
        { definition, numbers: Option.none(), listing: "", ...numbers.get(name), created: created.get(name) ?? "" }
      ])
    )
  })

/** The same table with the same definition. @internal */
export const same = (a: Mark, b: Omit<Mark, "listing">): boolean =>
  a.definition === b.definition &&
  (Option.isSome(a.numbers) || Option.isSome(b.numbers)
    ? Option.getOrElse(a.numbers, () => "") === Option.getOrElse(b.numbers, () => "")
    : a.created === b.created)

/** @internal */
export const changed = (table: TableName, how: string): SourceError =>
  new SourceError({
    reason: "DefinitionChanged",
    what: "a table cannot be dumped as the snapshot has it",
    where: quoted(table),
    detail: how,
    advice: "Dump again while nobody changes definitions, or keep them from being changed with --ddl=prevent"
  })

const gone = new Set(["UnknownTable", "UnknownDatabase"])

const compare = (table: TableName, mark: Mark, now: Omit<Mark, "listing">): Effect.Effect<void, SourceError> =>
  now.definition !== mark.definition
    ? Effect.fail(changed(table, "its definition was changed while the dump ran"))
    : same(mark, now)
    ? Effect.void
    : Effect.fail(
      changed(table, "it was emptied, made anew, or exchanged for another table while the dump ran")
    )

/**
 * Fails when a table is not the one that was marked any more.
 *
 * @internal
 */
export const check = (
  connection: Connection.RawConnection,
  table: TableName,
  mark: Mark
): Effect.Effect<void, SourceError> =>
  Effect.gen(function*() {
    const numbered = Option.isSome(mark.numbers)
    const [first, second] = yield* Effect.mapError(
      connection.queries([show(table), numbered ? listingOf(mark.listing, table) : askCreated(table)]),
      ({ error }) => error
    )
    if (first === undefined || second === undefined) return yield* Effect.dieMessage("two statements, two answers")
    return {
      definition: shown(connection, first),
      numbers: numbered ? numbersIn(storedIn(second), table) : Option.none(),
      created: numbered ? mark.created : createdIn(second).get(quoted(table)) ?? ""
    }
  }).pipe(
    Effect.catchIf(
      ({ reason }) => gone.has(reason),
      () => Effect.fail(changed(table, "it was dropped or renamed while the dump ran"))
    ),
    Effect.mapError((error) => error._tag === "MysqlError" ? error.toSource(what, quoted(table)) : error),
    Effect.flatMap((now) => compare(table, mark, now))
  )

/** A table with what it was marked as. @internal */
export type Marked = readonly [table: TableName, mark: Mark]

/**
 * The same for several tables, which cost little more than one. When not all can be asked for at once, they are asked
 * for one by one, which tells what the matter is.
 *
 * @internal
 */
export const checkAll = (
  connection: Connection.RawConnection,
  tables: ReadonlyArray<Marked>
): Effect.Effect<void, SourceError> => {
  const oneByOne = (some: ReadonlyArray<Marked>) =>
    Effect.forEach(some, ([table, mark]) => check(connection, table, mark), { discard: true })
  /** Those of one listing, or of none. */
  const together = (some: ReadonlyArray<Marked>, listing: string) =>
    Effect.matchEffect(
      connection.queries([
        ...some.map(([table]) => show(table)),
        ...(listing === ""
          ? some.map(([table]) => askCreated(table))
          : [listingOfAll(listing, some.map(([table]) => table))])
      ]),
      {
        onFailure: () => oneByOne(some),
        onSuccess: (answers) => {
          const rest = answers.slice(some.length)
          const all = listing === "" ? undefined : new Map(rest.flatMap((answer) => Array.from(storedIn(answer))))
          return Effect.forEach(Arr.zip(some, answers), ([[table, mark], answer], i) => {
            const times = rest[i]
            return compare(table, mark, {
              definition: shown(connection, answer),
              numbers: all === undefined ? Option.none() : numbersIn(all, table),
              created: all !== undefined
                ? mark.created
                : times === undefined
                ? ""
                : createdIn(times).get(quoted(table)) ?? ""
            })
          }, { discard: true })
        }
      }
    )
  const [special, plain] = Arr.partition(tables, ([table, { numbers }]) => Option.isNone(numbers) || isPlain(table))
  return Effect.zipRight(
    oneByOne(special),
    Effect.forEach(
      Object.entries(Arr.groupBy(plain, ([, { listing }]) => listing)),
      ([listing, some]) => together(some, listing),
      { discard: true }
    )
  )
}
