/**
 * Definers that are roles, which only MariaDB has.
 *
 * It prints such a definer as a name without a host. Where it knows no role of that name it takes the name for an
 * account, `'name'@'%'`, and only notes that there is none: the object would be there, and belong to somebody else.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"
import { TargetError } from "@sluice/pipeline/SluiceError"
import * as Effect from "effect/Effect"

import type { RawConnection } from "../Connection.js"
import * as TargetSession from "./targetSession.js"

/** What can stand before a definer, as servers print it, is short, and so is a name. */
const LONGEST = 1000

const CREATE = 0x43

const definer =
  /^CREATE\s+(?:OR\s+REPLACE\s+)?(?:AGGREGATE\s+)?(?:ALGORITHM\s*=\s*\w+\s+)?DEFINER\s*=\s*([`"])((?:(?!\1)[^]|\1\1)+)\1(?!\s*@|\1)/i

/**
 * The role that a definition says it is of, as bytes in the character set of the statement, one character each.
 *
 * @internal
 */
export const roleOf = (statement: Uint8Array): string | undefined => {
  if (((statement[0] ?? 0) & 0xdf) !== CREATE) return undefined
  const [, quote = "", name] = definer.exec(Buffer.from(statement.subarray(0, LONGEST)).toString("latin1")) ?? []
  return name?.replaceAll(quote + quote, quote)
}

/**
 * Fails if a definition is of a role that the server does not have. The name is asked for as the definition says it, in
 * the session that is about to run it.
 *
 * @internal
 */
export const check = (connection: RawConnection, statement: Uint8Array): Effect.Effect<void, TargetError> =>
  Effect.gen(function*() {
    const role = connection.server.vendor === "mariadb" ? roleOf(statement) : undefined
    if (role === undefined) return
    const what = "a definition cannot be restored"
    const where = TargetSession.describe(statement)
    const { rows: [row] } = yield* Effect.mapError(
      connection.query(Sql.bytes(
        "SELECT COUNT(*) FROM mysql.user WHERE is_role = 'Y' AND User = '",
        new Uint8Array(Buffer.from(role.replaceAll("'", "''"), "latin1")),
        "'"
      )),
      (error) => error.toTarget("cannot look for the role that a definition is of", where)
    )
    if (row?.[0] !== null && row?.[0] !== undefined && Sql.text(row[0]) !== "0") return
    const name = `\`${Buffer.from(role, "latin1").toString("utf8")}\``
    return yield* new TargetError({
      reason: "Unsupported",
      what,
      where,
      detail: `its definer is the role ${name}, which the target does not have`,
      advice: `Create it first (CREATE ROLE ${name}), or dump and restore with --users`
    })
  })
