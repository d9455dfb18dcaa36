/**
 * What belongs to a server and to none of its databases: accounts with what they may do, and tablespaces.
 *
 * @internal
 */
import type * as SchemaFile from "@sluice/format/SchemaFile"
import * as Sql from "@sluice/format/Sql"
import type { SourceError } from "@sluice/pipeline/SluiceError"
import type * as Source from "@sluice/pipeline/Source"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

import type * as Connection from "../Connection.js"
import * as Dialect from "./dialect.js"

/** The servers' own, and the one that every server has of its own. */
const own: ReadonlySet<string> = new Set(["root", "mariadb.sys", "mysql.sys", "mysql.session", "mysql.infoschema"])

interface Account {
  readonly name: string
  /** As it stands in statements, with its host unless it is a role of MariaDB. */
  readonly quoted: string
  readonly isRole: boolean
}

const asker = (connection: Connection.RawConnection, what: string) => (sql: string, where?: string) =>
  Effect.map(
    Effect.mapError(connection.query(sql), (error) => error.toSource(what, where)),
    ({ rows }) => rows.map((row) => row.map((cell) => cell === null ? "" : Sql.text(cell)))
  )

/** MariaDB's role that everybody has, without a definition. */
const everybody = "PUBLIC"

const accountsOf = (dialect: Dialect.Dialect, ask: ReturnType<typeof asker>) =>
  Effect.map(
    // a name alone is looked up, so that the order of the answer does not depend on a collation
    ask(dialect.accounts),
    (rows) =>
      rows.filter(([name = ""]) => !own.has(name)).map(([name = "", host = "", role = ""]): Account => {
        const isRole = role === "Y"
        return {
          name,
          isRole,
          quoted: isRole
            ? (name === everybody ? everybody : Sql.quoteIdentifier(name))
            : `${Sql.quoteIdentifier(name)}@${Sql.quoteIdentifier(host)}`
        }
      }).sort((a, b) =>
        // what is granted to everybody has no definition of its own before it
        Number(b.quoted === everybody) - Number(a.quoted === everybody) || (a.quoted < b.quoted ? -1 : 1)
      )
  )

const name = "`(?:[^`]|``)*`"
/** Up to the roles there are names and words; what comes behind REQUIRE may hold any text. */
const upToRoles = `^CREATE USER ${name}@${name}(?: (?!DEFAULT ROLE |REQUIRE )(?:'[^']*'|[^'\` ]+))*`
const defaultRoles = new RegExp(`(${upToRoles}) DEFAULT ROLE (${name}@${name}(?:,${name}@${name})*)(?= REQUIRE )`)

/**
 * `SHOW CREATE USER` as statements: one that creates the account where there is none, and one for later that sets its
 * default roles: a role has to be granted first. Secrets have to be in hexadecimal, so that none looks like something else.
 *
 * @internal
 */
export const parts = (
  create: string,
  quoted: string
): { readonly create: string; readonly roles: Option.Option<string> } => {
  const roles = defaultRoles.exec(create)
  return {
    create: create.replace(defaultRoles, (_, before: string) => before).replace(
      /^CREATE USER /,
      () => "CREATE USER IF NOT EXISTS "
    ),
    roles: Option.map(Option.fromNullable(roles?.[2]), (list) => `SET DEFAULT ROLE ${list} TO ${quoted}`)
  }
}

/**
 * Whether a line of `SHOW GRANTS` is about this role. MariaDB also prints what a role was granted through others.
 *
 * @internal
 */
export const isAbout = (line: string, quoted: string): boolean =>
  ["", " WITH GRANT OPTION", " WITH ADMIN OPTION"].some((end) => line.endsWith(` TO ${quoted}${end}`))

const accounts = (
  connection: Connection.RawConnection
): Effect.Effect<ReadonlyArray<SchemaFile.ServerWide>, SourceError> =>
  Effect.gen(function*() {
    const dialect = Dialect.make(connection.server)
    const ask = asker(connection, "cannot read the accounts of the source")
    yield* Effect.forEach(Option.toArray(dialect.hashesInHex), (statement) => ask(statement))
    return yield* Effect.forEach(yield* accountsOf(dialect, ask), ({ isRole, name, quoted }) =>
      Effect.gen(function*() {
        const [[shown = ""] = []] = isRole ? [[""]] : yield* ask(`SHOW CREATE USER ${quoted}`, quoted)
        const { create, roles } = isRole
          ? { create: `CREATE ROLE IF NOT EXISTS ${quoted}`, roles: Option.none() }
          : parts(shown, quoted)
        const grants = (yield* ask(`SHOW GRANTS FOR ${quoted}`, quoted)).map(([line = ""]) => line).filter((line) =>
          !isRole || isAbout(line, quoted)
        )
        return {
          name,
          statements: [...(quoted === everybody ? [] : [create]), ...grants, ...Option.toArray(roles)].map((text) =>
            Sql.bytes(text)
          )
        }
      }))
  })

/** General tablespaces, of which only InnoDB's are known to servers. */
const tablespaces = (
  connection: Connection.RawConnection
): Effect.Effect<ReadonlyArray<SchemaFile.ServerWide>, SourceError> =>
  Effect.gen(function*() {
    const ask = asker(connection, "cannot read the tablespaces of the source")
    const rows = yield* Option.match(Dialect.make(connection.server).tablespaces, {
      onNone: () => Effect.succeed([]),
      onSome: (sql) => ask(sql)
    })
    return rows.map(([name = "", file = "", blocks = "0", extends_ = "0", encrypted = "N"]) => ({
      name,
      statements: [Sql.bytes([
        `CREATE TABLESPACE ${Sql.quoteIdentifier(name)} ADD DATAFILE ${Sql.quoteText(file.replace(/^\.\//, ""))}`,
        ...(blocks === "0" ? [] : [`FILE_BLOCK_SIZE = ${blocks}`]),
        ...(extends_ === "0" ? [] : [`AUTOEXTEND_SIZE = ${extends_}`]),
        ...(encrypted === "Y" ? ["ENCRYPTION = 'Y'"] : []),
        "ENGINE = InnoDB"
      ].join(" "))]
    }))
  })

/** @internal */
export const read = (connection: Connection.RawConnection, kind: Source.ServerWide) =>
  ({ Accounts: accounts, Tablespaces: tablespaces })[kind](connection)
