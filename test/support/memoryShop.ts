/**
 * A shop in a memory server.
 */
import { Sql } from "@sluice/format"
import type { Target } from "@sluice/pipeline"
import * as Contents from "@sluice/testing/Contents"
import * as MemoryServer from "@sluice/testing/MemoryServer"
import { Effect } from "effect"

const { column } = Contents

export const orders = Contents.table("orders", [
  column("id", "bigint", { autoIncrement: true }),
  column("note", "varchar(5)", { nullable: false }),
  column("seen", "datetime"),
  column("extra", "json"),
  column("hidden", "int", { invisible: true })
], { primaryKey: "id", options: "ENGINE=InnoDB COMMENT='a;\\nb'", rows: [["1", "one", null, "{}", "7"]] })

export const heap = Contents.table("heap", [
  column("n", "int"),
  column("d", "double"),
  column("b", "bit(3)"),
  column("t", "text"),
  column("p", "point")
])

export const shop = Contents.make(
  Contents.database("shop", {
    tables: [orders, heap],
    views: [Contents.view({ name: "seen", columns: ["id"], body: "select `id` from `orders`" })],
    triggers: [Contents.trigger({ name: "tick", table: "orders", body: "set @a = 1" })],
    routines: [Contents.routine({ name: "f", kind: "FUNCTION", body: "() RETURNS int\nreturn 1" })],
    events: [Contents.event({ name: "daily", body: "select 1" })]
  })
)

export const run = (session: Target.Session, ...statements: ReadonlyArray<string>) =>
  Effect.forEach(statements, (statement) => session.execute(Sql.bytes(statement)))

export const errno = (session: Target.Session, statement: string) =>
  run(session, statement).pipe(Effect.flip, Effect.map((error) => error.errno))

/** A session of a server with a shop, in that database and ready for rows. */
export const inShop = Effect.gen(function*() {
  const server = yield* MemoryServer.make(shop)
  const session = yield* server.target.session
  yield* run(session, "SET NAMES binary")
  yield* session.prepareForRows
  yield* session.use("shop")
  return { server, session }
})

export const rowsOf = (server: MemoryServer.MemoryServer, table: string) =>
  Effect.map(
    server.contents,
    ({ databases }) =>
      databases.flatMap(({ tables }) => tables).filter(({ name }) => name === table).flatMap(({ rows }) =>
        rows.map((row) => row.map((cell) => cell === null ? null : Sql.text(cell)))
      )
  )
