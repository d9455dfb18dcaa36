import { NodeContext } from "@effect/platform-node"
import { assert, describe, layer } from "@effect/vitest"
import * as Row from "@sluice/format/Row"
import * as Sql from "@sluice/format/Sql"
import * as Connection from "@sluice/mysql/Connection"
import * as ScratchServer from "@sluice/testing/ScratchServer"
import { Context, Effect, Layer, Stream } from "effect"

class Server extends Context.Tag("Server")<Server, ScratchServer.ScratchServer>() {}

const optionsOf = (server: ScratchServer.ScratchServer): Connection.Options => ({
  host: server.host,
  port: server.port,
  user: server.user,
  password: server.password
})

for (const vendor of ["mariadb", "mysql"] as const) {
  describe(vendor, () => {
    layer(
      Layer.provide(
        ScratchServer.layer(Server, { vendor, arguments: ["--max-allowed-packet=64M"] }),
        NodeContext.layer
      ),
      {
        excludeTestServices: true
      }
    )((it) => {
      it.scoped("says who it is and gives raw bytes", () =>
        Effect.gen(function*() {
          const server = yield* Server
          const connection = yield* Connection.acquire(optionsOf(server))
          assert.strictEqual(connection.server.vendor, vendor)
          assert.include(server.version, connection.server.version.join("."))
          const result = yield* connection.query("SELECT 1 AS a, NULL AS b, X'00ff27' AS `ü`, '' AS d")
          assert.deepStrictEqual(result.columns, ["a", "b", "ü", "d"])
          assert.deepStrictEqual(result.rows, [[Sql.bytes("1"), null, Uint8Array.of(0, 255, 39), new Uint8Array(0)]])
        }))

      it.scoped("reads rows as statements", () =>
        Effect.gen(function*() {
          const connection = yield* Connection.acquire(optionsOf(yield* Server))
          const pieces = yield* connection.insertStatements("SELECT 1, 'a' UNION ALL SELECT 2, NULL", {
            head: Row.insertHead({ table: "t" }),
            kinds: ["Number", "Text"],
            statementSize: 1000
          }).pipe(Stream.map(({ bytes, rows }) => ({ text: Sql.text(bytes), rows })), Stream.runCollect)
          assert.deepStrictEqual([...pieces], [{ text: "INSERT INTO `t` VALUES(1,\"a\")\n,(2,NULL)\n;\n", rows: 2 }])
        }))
    })
  })
}
