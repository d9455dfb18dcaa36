/**
 * Names and comments are UTF-8 in definitions, whatever a loader's `SET NAMES` says: `utf8mb4` and `binary` both leave
 * them as they are.
 */
import { assert, layer } from "@effect/vitest"
import * as SchemaFile from "@sluice/format/SchemaFile"
import * as Statement from "@sluice/format/Statement"
import { Consistency } from "@sluice/mysql"
import type * as Connection from "@sluice/mysql/Connection"
import { Effect, Either } from "effect"

import { assertAlike } from "../support/alike.js"
import { ask, connect, everythingIn, run, snapshotOf } from "../support/mysqlSource.js"
import * as real from "../support/realServers.js"
import { describeVendors } from "../support/servers.js"

const evil = "é 日本 😀 it's \"q\" `b` \\ \\n %s\n;\n-- x"
const comment = `COMMENT '${evil.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`
const name = "`ö ;\n日`"

const made = (vendor: "mysql" | "mariadb"): ReadonlyArray<string> => [
  `CREATE TABLE ${name} (id INT PRIMARY KEY ${comment}, v INT ${comment}, KEY ${name} (v) ${comment}) ${comment} ` +
  `PARTITION BY RANGE (id) SUBPARTITION BY HASH (id) (PARTITION a VALUES LESS THAN (9) ${comment} ` +
  `(SUBPARTITION b ${comment}, SUBPARTITION c), PARTITION ${name} VALUES LESS THAN MAXVALUE (SUBPARTITION d ${comment}, SUBPARTITION e))`,
  `CREATE PROCEDURE ${name}() ${comment} SELECT 1`,
  `CREATE FUNCTION ${name}() RETURNS INT DETERMINISTIC ${comment} RETURN 1`,
  `CREATE EVENT ${name} ON SCHEDULE EVERY 1 DAY DISABLE ${comment} DO SELECT 1`,
  `CREATE TRIGGER \`t ö\` BEFORE INSERT ON ${name} FOR EACH ROW SET @a = '😀'`,
  `CREATE VIEW \`v ö\` AS SELECT id AS ${name}, '😀' AS \`é\` FROM ${name}`,
  ...(vendor === "mariadb"
    ? [
      // the server keeps the first line only
      `ALTER DATABASE comments COMMENT 'é 日本 😀 it''s "q" \`b\` \\\\ %s ; -- x'`,
      `CREATE SEQUENCE \`s ö\` ${comment}`,
      "SET sql_mode = 'ORACLE'",
      `CREATE PACKAGE ${name} ${comment} AS FUNCTION f() RETURN INT; END`
    ]
    : [
      `CREATE PROCEDURE ordinary() ${comment} SELECT '\\\\'`,
      "SET sql_mode = 'NO_BACKSLASH_ESCAPES,ANSI_QUOTES'",
      `CREATE PROCEDURE modes() COMMENT '${evil.replaceAll("'", "''")}' SELECT "a" FROM ${name}`
    ])
]

/** Every text in the catalog that is a name or a comment, in hexadecimal. */
const told = (connection: Connection.RawConnection, vendor: "mysql" | "mariadb", database: string) =>
  Effect.gen(function*() {
    yield* run(connection, "SET NAMES utf8mb4, sql_mode = ''")
    const of = (table: string, schema: string, columns: ReadonlyArray<string>) =>
      ask(
        connection,
        `SELECT ${columns.map((column) => `HEX(${column})`).join(", ")} FROM information_schema.${table} ` +
          `WHERE ${schema} = '${database}' ORDER BY ${columns.map((_, i) => i + 1).join(", ")}`
      )
    return {
      tables: yield* of("TABLES", "TABLE_SCHEMA", ["TABLE_NAME", "TABLE_TYPE", "TABLE_COMMENT"]),
      columns: yield* of("COLUMNS", "TABLE_SCHEMA", ["TABLE_NAME", "COLUMN_NAME", "COLUMN_COMMENT"]),
      indexes: yield* of("STATISTICS", "TABLE_SCHEMA", ["INDEX_NAME", "INDEX_COMMENT"]),
      partitions: yield* of("PARTITIONS", "TABLE_SCHEMA", ["PARTITION_NAME", "SUBPARTITION_NAME", "PARTITION_COMMENT"]),
      routines: yield* of("ROUTINES", "ROUTINE_SCHEMA", ["ROUTINE_TYPE", "ROUTINE_NAME", "ROUTINE_COMMENT"]),
      events: yield* of("EVENTS", "EVENT_SCHEMA", ["EVENT_NAME", "EVENT_COMMENT"]),
      triggers: yield* of("TRIGGERS", "TRIGGER_SCHEMA", ["TRIGGER_NAME", "ACTION_STATEMENT"]),
      views: yield* of("VIEWS", "TABLE_SCHEMA", ["TABLE_NAME", "REPLACE(VIEW_DEFINITION, TABLE_SCHEMA, '')"]),
      databases: vendor === "mariadb" ? yield* of("SCHEMATA", "SCHEMA_NAME", ["SCHEMA_COMMENT"]) : []
    }
  })

describeVendors("names and comments", (vendor) => {
  layer(real.oneServer(vendor), { excludeTestServices: true, timeout: "5 minutes" })((it) => {
    it.scoped("of every kind of object are equal behind a loader under utf8mb4 and under binary", () =>
      Effect.gen(function*() {
        const server = yield* real.From
        const connection = yield* connect(server)
        yield* run(connection, "CREATE DATABASE comments", "USE comments", ...made(vendor))
        const expected = yield* told(connection, vendor, "comments")
        for (const text of Object.values(expected)) {
          if (text !== expected.databases) assert.isAbove(text.length, 0)
        }
        const snapshot = yield* snapshotOf(server, everythingIn("comments"), {
          // what is made again is made on the same server, which keeps definitions otherwise
          ddl: Consistency.Ddl.Detect()
        })
        const [database] = snapshot.catalog.databases
        assert(database !== undefined)
        const definitions = [
          ...(yield* Effect.forEach(
            [...database.tables].sort((a, b) => (a.kind === "View" ? 1 : 0) - (b.kind === "View" ? 1 : 0)),
            (table) => snapshot.definition(table)
          )),
          ...(yield* snapshot.triggers(database)),
          ...(yield* snapshot.programs(database))
        ]
        const create = yield* snapshot.database(database)
        for (const names of ["utf8mb4", "binary"]) {
          // as mydumper's loader: the session's own character set, whatever the file says
          const loader = yield* connect(server)
          const replay = (definition: SchemaFile.Definition, instead: (text: string) => string) =>
            Effect.gen(function*() {
              const file = SchemaFile.render({ names, sqlMode: "", utc: true }, [definition])
              const text = instead(Buffer.from(file).toString("latin1"))
              const statements = Either.getOrThrow(
                Statement.split(new Uint8Array(Buffer.from(text, "latin1")), { terminator: "guarded" })
              )
              yield* run(loader, ...statements.map(({ bytes }) => SchemaFile.unguard(bytes)))
            })
          yield* run(loader, "DROP DATABASE IF EXISTS replayed", `SET NAMES ${names}`)
          yield* replay(create, (text) => text.replace("`comments`", "`replayed`"))
          yield* run(loader, "USE replayed")
          for (const definition of definitions) yield* replay(definition, (text) => text.replaceAll("`comments`.", ""))
          assertAlike(yield* told(connection, vendor, "replayed"), expected, `under ${names}`)
        }
      }))
  })
})
