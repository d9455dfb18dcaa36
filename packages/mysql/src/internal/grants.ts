/**
 * What an account may do, from what `SHOW GRANTS` prints. A server shows nobody the objects he may not see, so what
 * is not listed is either not there or not granted; this tells the two apart.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"

/** @internal */
export interface Grant {
  readonly revoked: boolean
  readonly privileges: ReadonlySet<string>
  /** `*`, or a pattern with the wildcards `_` and `%`, which a backslash takes the meaning from. */
  readonly database: string
  readonly object: string
}

const quoted = "`(?:[^`]|``)*`"
const statement = new RegExp(`^(GRANT|REVOKE) (.+?) ON (?:TABLE )?(\\*|${quoted})\\.(\\*|${quoted}) (?:TO|FROM) `)
/** The columns that a privilege is limited to. */
const columns = /\((?:[^()`]|`(?:[^`]|``)*`)*\)/g

/**
 * Reads one line. Grants of roles, of routines and of proxies say nothing here.
 *
 * @internal
 */
export const parse = (line: string): Grant | undefined => {
  const match = statement.exec(line)
  if (match === null) return undefined
  const [, verb, list = "", database = "", object = ""] = match
  return {
    revoked: verb === "REVOKE",
    privileges: new Set(list.replace(columns, "").split(",").map((privilege) => privilege.trim().toUpperCase())),
    database: Sql.unquoteIdentifier(database),
    object: Sql.unquoteIdentifier(object)
  }
}

const special = /[.*+?^${}()|[\]\\]/g

const matches = (pattern: string, database: string): boolean =>
  pattern === "*" || new RegExp(
    `^${
      pattern.replace(
        /\\[_%\\]|[_%]|[^_%\\]+|\\/g,
        (part) => part === "_" ? "." : part === "%" ? ".*" : part.replace(/^\\(?=[_%\\])/, "").replace(special, "\\$&")
      )
    }$`,
    "su"
  ).test(database)

const all = new Set(["ALL", "ALL PRIVILEGES"])

const gives = (grant: Grant, wanted: ReadonlyArray<string>): boolean =>
  wanted.some((privilege) => grant.privileges.has(privilege)) || Array.from(all).some((p) => grant.privileges.has(p))

/**
 * Whether one of the privileges is granted for everything in a database.
 *
 * @internal
 */
export const allows = (
  grants: ReadonlyArray<Grant>,
  wanted: ReadonlyArray<string>,
  database: string
): boolean => {
  const whole = grants.filter((grant) => grant.object === "*" && gives(grant, wanted))
  return whole.some((grant) => !grant.revoked && matches(grant.database, database)) &&
    !whole.some((grant) => grant.revoked && matches(grant.database, database))
}

/**
 * Whether one of the privileges is granted everywhere, as those must be that are about the server.
 *
 * @internal
 */
export const allowsServer = (grants: ReadonlyArray<Grant>, wanted: ReadonlyArray<string>): boolean =>
  grants.some((grant) => !grant.revoked && grant.database === "*" && grant.object === "*" && gives(grant, wanted))

/**
 * Whether one of the privileges is granted on one table, on its database, or everywhere.
 *
 * @internal
 */
export const allowsTable = (
  grants: ReadonlyArray<Grant>,
  wanted: ReadonlyArray<string>,
  database: string,
  table: string
): boolean =>
  allows(grants, wanted, database) ||
  grants.some((grant) =>
    !grant.revoked && grant.database === database && grant.object === table && gives(grant, wanted)
  )
