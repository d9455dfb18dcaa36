import { existsSync, readFileSync } from "node:fs"

import { FileSystem, type Path } from "@effect/platform"
import { assert, describe, layer } from "@effect/vitest"
import { Frame, Sql } from "@sluice/format"
import { type Disposal, type Incoming, type SluiceError, type Staging, StreamMode } from "@sluice/pipeline"
import type { ServerPrograms } from "@sluice/testing"
import { Effect, Either, Exit, Layer, Option } from "effect"

import * as flows from "../support/flows.js"
import * as Foreign from "../support/foreign.js"
import { connect, run } from "../support/mysqlSource.js"
import * as real from "../support/realServers.js"
import { describeVendors } from "../support/servers.js"
import * as SqlScript from "../support/sqlScript.js"

const fixtures = new URL("../../../shared/fixtures/", import.meta.url)
const missing = !existsSync(fixtures)
const title = missing
  ? "backups of mydumper's: SKIPPED, because the folder ../shared/fixtures is not beside the repository"
  : "backups of mydumper's"

if (missing) {
  // The reporter does not print the names of skipped tests.
  process.stderr.write(`${title}\n`)
}

const read = (name: string): Uint8Array => Uint8Array.from(readFileSync(new URL(name, fixtures)))

/** What the backups were made of, under another name, and without what this vendor does not have. */
const reference = (vendor: ServerPrograms.Vendor) =>
  ["t.sql", ...(vendor === "mariadb" ? ["seq.sql"] : [])].flatMap((name) =>
    SqlScript.statements(Sql.text(read(name)).replace(/\brz\b/g, "reference"))
  )

const directory = { mariadb: "dir_mariadb", mysql: "dir_mysql97_as_84" } as const

type Disk = FileSystem.FileSystem | Path.Path

type Side = Layer.Layer<
  Incoming.Incoming | Disposal.Disposal | Staging.Staging,
  SluiceError.OutputError | SluiceError.BackupError,
  Disk
>

const streamed = (mode: StreamMode.StreamMode, bytes: Uint8Array, folder: string): Side =>
  StreamMode.layerRestore(mode).pipe(
    Layer.provideMerge(flows.folder(folder)),
    Layer.provide(flows.play(flows.cut(bytes, [100, 1000, 5000, 5001])))
  )

const plain = (folder: string): Side =>
  Layer.provideMerge(StreamMode.layerRestoreDirectory, flows.folder(folder, "Present"))

const newFolder = Effect.flatMap(
  FileSystem.FileSystem,
  (fs) => fs.makeTempDirectoryScoped({ prefix: "sluice-fixtures-" })
)

/** A backup's folder that may be written to. */
const copyOf = (name: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const from = new URL(`${name}/`, fixtures).pathname
    const to = yield* newFolder
    yield* Effect.forEach(yield* fs.readDirectory(from), (file) =>
      Effect.flatMap(fs.readFile(`${from}/${file}`), (content) => fs.writeFile(`${to}/${file}`, content)))
    return to
  })

const namesIn = (folder: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => Effect.map(fs.readDirectory(folder), (names) => [...names].sort()))

/** The files of a stream. */
const filesOf = (bytes: Uint8Array): ReadonlyMap<string, Uint8Array> => {
  const files = new Map<string, Uint8Array>()
  let name = ""
  for (const event of Either.getOrThrow(Frame.decoder().push(bytes))) {
    if (event._tag === "Header") {
      name = event.name
    } else if (event._tag === "Content") {
      files.set(name, Sql.concat([files.get(name) ?? new Uint8Array(0), event.bytes]))
    }
  }
  return files
}

const emptied = Effect.flatMap(real.From, connect).pipe(
  Effect.flatMap((connection) => run(connection, "DROP DATABASE IF EXISTS rz")),
  Effect.scoped
)

/** Restores into the server, on which nothing is left of an earlier restore. */
const restore = (side: Side) =>
  Effect.gen(function*() {
    yield* emptied
    return yield* Effect.exit(
      flows.restore({}).pipe(Effect.provide(side), Effect.provide(real.targetOf(yield* real.From)))
    )
  })

/** Bytes as one character each, so that all of them show when they differ. */
const rows = (sql: string) =>
  Effect.flatMap(real.From, connect).pipe(
    Effect.flatMap((connection) => connection.query(sql)),
    Effect.map(({ rows }) =>
      rows.map((row) => row.map((cell) => cell === null ? null : Buffer.from(cell).toString("latin1")))
    ),
    Effect.scoped
  )

const tablesOf = (database: string) =>
  Effect.map(
    rows(
      `SELECT CONVERT(TABLE_NAME USING utf8mb4), TABLE_TYPE FROM information_schema.TABLES WHERE TABLE_SCHEMA = '${database}' ORDER BY 1`
    ),
    (rows) => rows.map(([name, type]) => [Buffer.from(name ?? "", "latin1").toString(), type] as const)
  )

/** Holds the restored database against one that was made by running the script that the backup was made of. */
const arrived = (absent: ReadonlyArray<string>, extra: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const server = yield* real.From
    const wanted = (yield* tablesOf("reference")).filter(([name]) => !absent.includes(name))
    const found = (yield* tablesOf("rz")).filter(([name]) => !extra.includes(name))
    assert.deepStrictEqual(found, wanted)
    for (const [table] of wanted) {
      const all = (database: string) => rows(`SELECT * FROM ${Sql.quoteName({ database, name: table })} ORDER BY 1`)
      assert.deepStrictEqual(yield* all("rz"), yield* all("reference"), table)
    }
    const programs = (database: string) =>
      Effect.map(real.pictureOf(server, database), (picture) =>
        Array.from(picture.keys(), (what) =>
          what.replace(`\`${database}\``, "")).filter((what) =>
            /^(view|trigger|procedure|function|event) /.test(what)
          ))
    assert.deepStrictEqual(yield* programs("rz"), yield* programs("reference"))
    assert.strictEqual((yield* programs("rz")).length, 5)
  })

/** Holds the tables of the smaller streams against those that they were made of. */
const holdsOnly = (...tables: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    assert.deepStrictEqual((yield* tablesOf("rz")).map(([name]) => name), tables)
    for (const table of tables) {
      const all = (database: string) => rows(`SELECT * FROM ${database}.${table} ORDER BY 1`)
      assert.deepStrictEqual(yield* all("rz"), yield* all("reference"))
      assert.isAbove((yield* all("rz")).length, 0)
    }
  })

const { NoDelete, NoStream, NoStreamAndNoDelete, Traditional } = StreamMode.StreamMode

const onTime = 120_000

describe.skipIf(missing)(title, () => {
  describeVendors("restored", (vendor) => {
    const loaded = Layer.effectDiscard(
      Effect.gen(function*() {
        const connection = yield* connect(yield* real.From)
        yield* run(connection, ...reference(vendor))
        // whom the backups name as the definer of their programs
        yield* run(connection, "CREATE USER IF NOT EXISTS root@localhost", "GRANT ALL ON *.* TO root@localhost")
      }).pipe(Effect.scoped)
    ).pipe(Layer.provideMerge(real.oneServer(vendor)))

    layer(loaded, { excludeTestServices: true })((it) => {
      const absent = vendor === "mariadb" ? ["sp ace"] : []

      it.scoped(`a folder: ${directory[vendor]}`, () =>
        Effect.gen(function*() {
          const folder = new URL(directory[vendor], fixtures).pathname
          const restored = yield* restore(plain(folder))
          assert(Exit.isSuccess(restored), String(restored))
          yield* arrived(absent, ["inv"])
          assert.deepStrictEqual(yield* rows("SELECT id, hid FROM rz.inv"), [["1", "0"]])
          // programs run as who they were made by
          assert.deepStrictEqual(yield* rows("SELECT rz.f1()"), [["1"]])
          yield* rows("INSERT INTO rz.plain VALUES (3, 'c')")
          assert.deepStrictEqual(yield* rows("SELECT v FROM rz.v1 WHERE id = 3"), [["C"]])
          assert.isTrue(restored.value.complete)
          assert.isAbove(restored.value.remarks.length, 0, "it says what could not be proven")
        }), onTime)

      it.scoped("a folder, held against all checksums of its metadata, or none", () =>
        Effect.gen(function*() {
          yield* emptied
          const fs = yield* FileSystem.FileSystem
          const folder = yield* copyOf(directory[vendor])
          const restoreWith = (options: Parameters<typeof flows.restore>[0]) =>
            Effect.gen(function*() {
              yield* emptied
              const target = real.targetOf(yield* real.From)
              return yield* Effect.exit(
                flows.restore(options).pipe(Effect.provide(plain(folder)), Effect.provide(target))
              )
            })
          // mydumper left out the invisible column, and that shows
          const lost = flows.failureOf(yield* restoreWith({ checksums: "Fail" }))
          assert(lost?._tag === "DifferenceError", String(lost))
          assert.match(lost.detail, /: the rows of rz\.inv$/)
          const metadata = Sql.text(yield* fs.readFile(`${folder}/metadata`))
            .replace(/(real_table_name=inv\nrows = 1\n)data_checksum = \d+\n/, "$1")
          yield* fs.writeFileString(`${folder}/metadata`, metadata)
          const whole = yield* restoreWith({ checksums: "Fail" })
          assert(Exit.isSuccess(whole), String(whole))
          // the sums of names with quotes are zero
          assert.deepStrictEqual(
            whole.value.remarks.filter((text) => text.includes("could not be held")),
            ["columns", "indexes"].map((what) =>
              `the ${what} of rz.back\`tick could not be held against the checksum in the metadata`
            )
          )
          const renamed = yield* restoreWith({ checksums: "Fail", database: Option.some("rz") })
          assert(Exit.isSuccess(renamed), String(renamed))
          for (const key of ["schema", "indexes", "data", "triggers", "post", "events"]) {
            if (metadata.includes(`${key}_checksum`)) {
              yield* fs.writeFileString(
                `${folder}/metadata`,
                metadata.replaceAll(new RegExp(`${key}_checksum = [1-9a-fA-F]`, "g"), `${key}_checksum = 1e`)
              )
              const error = flows.failureOf(yield* restoreWith({ checksums: "Fail" }))
              assert.strictEqual(error?._tag, "DifferenceError", `${key}: ${error}`)
            }
          }
          const unseen = yield* restoreWith({ checksums: "Skip" })
          assert(Exit.isSuccess(unseen) && unseen.value.complete, String(unseen))
        }), onTime)

      it.scoped("one table of a folder, without what belongs to the others", () =>
        Effect.gen(function*() {
          yield* emptied
          const server = yield* real.From
          const folder = new URL(directory[vendor], fixtures).pathname
          const verdict = yield* flows.restore({ includes: (_, table) => table === "types" }).pipe(
            Effect.provide(plain(folder)),
            Effect.provide(real.targetOf(server))
          )
          assert.deepInclude(verdict, { complete: true, tables: 1, rows: 3 })
          assert.deepStrictEqual(yield* tablesOf("rz"), [["types", "BASE TABLE"]])
        }), onTime)

      if (vendor === "mariadb") {
        const traditional = missing ? new Uint8Array(0) : read("stream_traditional_mariadb.bin")
        const announced = missing ? new Uint8Array(0) : read("stream_no_stream_headers.bin")

        it.scoped("a stream, as TRADITIONAL: no file is left", () =>
          Effect.gen(function*() {
            const folder = yield* newFolder
            const restored = yield* restore(streamed(Traditional(), traditional, folder))
            assert(Exit.isSuccess(restored), String(restored))
            yield* arrived(["sp ace"], [])
            assert.deepStrictEqual(yield* namesIn(folder), [])
          }), onTime)

        it.scoped("a stream, as NO_DELETE: the folder holds it", () =>
          Effect.gen(function*() {
            const fs = yield* FileSystem.FileSystem
            const folder = yield* newFolder
            const restored = yield* restore(streamed(NoDelete(), traditional, folder))
            assert(Exit.isSuccess(restored), String(restored))
            yield* arrived(["sp ace"], [])
            const files = filesOf(traditional)
            assert.deepStrictEqual(yield* namesIn(folder), Array.from(files.keys()).sort())
            for (const [name, content] of files) {
              assert.deepStrictEqual(Uint8Array.from(yield* fs.readFile(`${folder}/${name}`)), content)
            }
          }), onTime)

        for (const mode of [NoStreamAndNoDelete(), NoStream()]) {
          it.scoped(`names over its folder, as ${StreamMode.spelling(mode)}`, () =>
            Effect.gen(function*() {
              const fs = yield* FileSystem.FileSystem
              const folder = yield* copyOf("dir_mariadb")
              // what mydumper writes for streams only
              for (const name of ["metadata.header", "metadata.partial.0"]) {
                yield* fs.writeFile(`${folder}/${name}`, filesOf(traditional).get(name) ?? new Uint8Array(0))
              }
              const before = yield* namesIn(folder)
              const restored = yield* restore(streamed(mode, announced, folder))
              assert(Exit.isSuccess(restored), String(restored))
              yield* arrived(["sp ace"], ["inv"])
              assert.deepStrictEqual(yield* namesIn(folder), mode._tag === "NoStream" ? [] : before)
            }), onTime)
        }

        it.scoped("a sequence goes on where it was", () =>
          Effect.gen(function*() {
            const restored = yield* restore(streamed(Traditional(), traditional, yield* newFolder))
            assert(Exit.isSuccess(restored), String(restored))
            const [before] = yield* rows("SELECT next_not_cached_value FROM rz.s1")
            yield* rows("INSERT INTO rz.useseq (v) VALUES (3)")
            assert.deepStrictEqual(yield* rows("SELECT id FROM rz.useseq WHERE v = 3"), [before])
          }), onTime)

        it.scoped("a folder that lacks a file is refused, if its metadata can tell", () =>
          Effect.gen(function*() {
            const fs = yield* FileSystem.FileSystem
            const folder = yield* copyOf("dir_mariadb")
            // the placeholder of a view is needed by nobody when the view itself comes
            const silent = ["rz.v1-schema.sql"]
            // what is lost is noticed by the sums over what is there in the end
            const summed = new Map([
              ["rz-schema-post.sql", ["the functions and procedures of rz", "the events of rz"]],
              ["rz-schema-triggers.sql", ["the triggers of rz"]]
            ])
            const names = yield* namesIn(folder)
            assert.includeMembers([...names], silent)
            for (const name of names) {
              yield* fs.rename(`${folder}/${name}`, `${folder}/.${name}`)
              const restored = yield* restore(plain(folder))
              yield* fs.rename(`${folder}/.${name}`, `${folder}/${name}`)
              const lost = summed.get(name)
              if (silent.includes(name)) {
                assert(Exit.isSuccess(restored) && restored.value.complete, name)
              } else if (lost !== undefined) {
                assert(Exit.isSuccess(restored), `${name}: ${restored}`)
                assert.isFalse(restored.value.complete)
                assert.deepStrictEqual(
                  restored.value.remarks.filter((text) => text.includes("differ from the checksum")),
                  lost.map((what) => `${what} differ from the checksum in the metadata`)
                )
              } else if (name === "rz.s1-schema.sql") {
                // another table is made of it
                assert.include(flows.failureOf(restored)?.message, "rz.s1")
              } else {
                const error = flows.failureOf(restored)
                assert(error?._tag === "BackupError", `${name}: ${restored}`)
                assert.strictEqual(
                  error.reason,
                  name === "metadata" ? "Cut" : name.endsWith("00000.sql") ? "RowCount" : "Missing"
                )
                if (error.reason === "Missing") {
                  assert.strictEqual(error.where, name)
                }
              }
            }
          }), onTime)

        it.scoped("a stream with compressed files", () =>
          Effect.gen(function*() {
            const restored = yield* restore(
              streamed(Traditional(), read("stream_zstd_mariadb.bin"), yield* newFolder)
            )
            assert(Exit.isSuccess(restored), String(restored))
            yield* holdsOnly("plain", "types")
          }), onTime)

        it.scoped("a stream with LOAD DATA files, and without one of them", () =>
          Effect.gen(function*() {
            const stream = read("stream_load_data_mariadb.bin")
            const restored = yield* restore(streamed(Traditional(), stream, yield* newFolder))
            assert(Exit.isSuccess(restored), String(restored))
            yield* holdsOnly("nopk", "plain")
            const without = Foreign.streamOf(Foreign.filesOf(stream).filter(({ name }) => name !== "rz.nopk.00000.dat"))
            const error = flows.failureOf(yield* restore(streamed(Traditional(), without, yield* newFolder)))
            assert(error?._tag === "BackupError", String(error))
            assert.deepInclude({ ...error }, { reason: "Missing", where: "rz.nopk.00000.dat" })
          }), onTime)

        it.scoped("a stream that is cut anywhere is refused", () =>
          Effect.gen(function*() {
            const ends = Array.from(filesOf(traditional)).map(([name, content]) => ({ name, size: content.length }))
            const last = ends.at(-1)
            assert.strictEqual(last?.name, "metadata")
            const starts = ends.map((_, i) =>
              ends.slice(0, i).reduce((sum, { name, size }) => sum + `\n-- ${name} ${size}\n`.length + size, 0)
            )
            // before the first definition, between files, inside of one, and right before the end
            for (
              const at of [
                0,
                1,
                ...[1, 2, 20, 21, 30].map((i) => starts[i] ?? 0),
                (starts[25] ?? 0) + 100,
                traditional.length - (last?.size ?? 0),
                traditional.length - 1
              ]
            ) {
              const error = flows.failureOf(
                yield* restore(streamed(Traditional(), traditional.subarray(0, at), yield* newFolder))
              )
              assert(error?._tag === "BackupError", `${at}: ${error}`)
              assert.include(["Cut", "NotABackup"], error.reason)
            }
          }), onTime)
      }
    })
  })
})
