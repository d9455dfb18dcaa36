import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { SchemaFile, Sql } from "@sluice/format"
import { Connection, Fingerprint } from "@sluice/mysql"
import { Dump, Staging, StreamMode } from "@sluice/pipeline"
import { ScratchServer, type ServerPrograms } from "@sluice/testing"
import { Context, Effect, Layer } from "effect"

import * as flows from "../support/flows.js"
import { connect, everythingIn, optionsOf, run } from "../support/mysqlSource.js"
import * as real from "../support/realServers.js"
import { describeVendors } from "../support/servers.js"
import * as Zoo from "../support/zoo/build.js"

class Animals extends Context.Tag("test/Zoo")<Animals, {
  readonly databases: ReadonlyArray<string>
  readonly picture: Fingerprint.Fingerprint
}>() {}

const pictureOf = (server: ScratchServer.ScratchServer, databases: ReadonlyArray<string>) =>
  Effect.scoped(
    Effect.flatMap(Connection.acquire(optionsOf(server)), (connection) => Fingerprint.read(connection, databases))
  )

/** Servers that hide generated primary keys and that add ones: neither may show in what arrives. */
const settings = {
  mariadb: { from: [], to: [] },
  mysql: {
    from: ["--show-gipk-in-create-table-and-information-schema=OFF"],
    to: ["--sql-generate-invisible-primary-key=ON"]
  }
}

/** Two servers in different time zones, the first of which holds the zoo. No event runs while they are compared. */
const servers = (vendor: ServerPrograms.Vendor) =>
  Layer.effect(
    Animals,
    Effect.gen(function*() {
      const server = yield* real.From
      const zoo = Zoo.zooOf(vendor)
      yield* Zoo.build(yield* connect(server), zoo)
      return { databases: zoo.databases, picture: yield* pictureOf(server, zoo.databases) }
    }).pipe(Effect.scoped)
  ).pipe(
    Layer.provideMerge(
      Layer.merge(
        ScratchServer.layer(real.From, {
          vendor,
          arguments: ["--event-scheduler=OFF", "--default-time-zone=+05:30", ...settings[vendor].from]
        }),
        ScratchServer.layer(real.To, {
          vendor,
          arguments: ["--event-scheduler=OFF", "--default-time-zone=-08:00", ...settings[vendor].to]
        })
      )
    ),
    Layer.provideMerge(NodeContext.layer)
  )

const emptied = Effect.gen(function*() {
  const { databases } = yield* Animals
  const connection = yield* connect(yield* real.To)
  for (const name of databases.map(Sql.quoteIdentifier)) {
    // one that is read-only cannot be dropped; MariaDB has none
    yield* Effect.ignore(run(connection, `ALTER DATABASE ${name} READ ONLY = 0`))
    yield* run(connection, `DROP DATABASE IF EXISTS ${name}`)
  }
}).pipe(Effect.scoped)

/** What differs, but for what cannot have come. */
const arrivedBut = (isExcused: (what: string) => boolean) =>
  Effect.gen(function*() {
    const { databases, picture } = yield* Animals
    const differences = Fingerprint.difference(picture, yield* pictureOf(yield* real.To, databases))
    assert.deepStrictEqual(differences.filter(({ what }) => !isExcused(what)).map(Fingerprint.describe), [])
  })

const arrived = arrivedBut(() => false)

const newFolder = Effect.flatMap(
  FileSystem.FileSystem,
  (fs) => fs.makeTempDirectoryScoped({ prefix: "sluice-zoo-" })
)

const memory = Staging.layerMemory({ budget: 16 * 1024 * 1024, threads: 4 })

const dumpInto = (path: string) =>
  Effect.gen(function*() {
    const { databases } = yield* Animals
    return yield* flows.dump({ selection: everythingIn(...databases) }).pipe(
      Effect.provide(Layer.provideMerge(StreamMode.layerDumpDirectory, flows.folder(path, "Nothing"))),
      Effect.provide(real.sourceOf(yield* real.From))
    )
  })

/** The order in which mydumper's loader runs the files of a folder: it knows their names only, and does views last. */
const order = [
  "-schema-create.sql",
  "-schema-sequence.sql",
  "-schema.sql",
  ".sql",
  "-schema-triggers.sql",
  "-schema-post.sql",
  "-schema-view.sql"
]

const rankOf = (name: string): number => {
  const special = order.findIndex((suffix) => suffix !== ".sql" && name.endsWith(suffix))
  return special === -1 ? order.indexOf(".sql") : special
}

/** The name of a table whose rows no loader can take that ends a statement where a line ends in a semicolon. */
const uncut = "semi;\nfeed"

const onTime = 300_000

describeVendors("the zoo", (vendor) => {
  layer(servers(vendor), { excludeTestServices: true, timeout: "5 minutes" })((it) => {
    it.scoped("through a stream", () =>
      Effect.gen(function*() {
        yield* emptied
        const { databases } = yield* Animals
        const pipe = yield* flows.pipe
        yield* Effect.all([
          flows.dump({ selection: everythingIn(...databases) }).pipe(
            Effect.provide(Layer.provideMerge(StreamMode.layerTraditionalDump, memory)),
            Effect.provide(real.sourceOf(yield* real.From)),
            Effect.provide(pipe.out),
            Effect.zipLeft(pipe.end)
          ),
          flows.restore({}).pipe(
            Effect.provide(Layer.provideMerge(StreamMode.layerTraditionalRestore, memory)),
            Effect.provide(real.targetOf(yield* real.To)),
            Effect.provide(pipe.in)
          )
        ], { concurrency: 2 })
        yield* arrived
      }), onTime)

    it.scoped("times, when they are left in the zone of the servers", () =>
      Effect.gen(function*() {
        yield* emptied
        const path = yield* newFolder
        yield* flows.dump({
          selection: { ...everythingIn("zoo"), includes: (_, table) => table === "defaults", views: false },
          read: { ...Dump.defaults.read, utc: false }
        }).pipe(
          Effect.provide(Layer.provideMerge(StreamMode.layerDumpDirectory, flows.folder(path, "Nothing"))),
          Effect.provide(real.sourceOf(yield* real.From))
        )
        const connection = yield* connect(yield* real.To)
        yield* run(connection, "SET GLOBAL time_zone = '+05:30'")
        yield* flows.restore({}).pipe(
          Effect.provide(Layer.provideMerge(StreamMode.layerRestoreDirectory, flows.folder(path, "Present"))),
          Effect.provide(real.targetOf(yield* real.To))
        )
        const { picture } = yield* Animals
        const there = yield* pictureOf(yield* real.To, ["zoo"])
        const ofTable = (what: string) => what.endsWith("of `zoo`.`defaults`") || what === "table `zoo`.`defaults`"
        assert.strictEqual(Array.from(there.keys()).filter(ofTable).length, 3)
        assert.deepStrictEqual(
          Fingerprint.difference(picture, there).filter(({ what }) => ofTable(what)).map(Fingerprint.describe),
          []
        )
        const fs = yield* FileSystem.FileSystem
        assert.include(yield* fs.readFileString(`${path}/zoo.defaults-schema.sql`), "'2024-07-01 17:30:00'")
      }), onTime)

    it.scoped(
      "through a folder, by our restore and by a loader that replays its files under binary",
      () =>
        Effect.gen(function*() {
          yield* emptied
          const path = yield* newFolder
          yield* dumpInto(path)
          yield* flows.restore({}).pipe(
            Effect.provide(Layer.provideMerge(StreamMode.layerRestoreDirectory, flows.folder(path, "Present"))),
            Effect.provide(real.targetOf(yield* real.To))
          )
          yield* arrived

          // and now as another loader does: file by file, under binary, cut where a line ends in a semicolon
          yield* emptied
          const fs = yield* FileSystem.FileSystem
          const names = (yield* fs.readDirectory(path)).filter((name) => name.endsWith(".sql"))
          const connection = yield* connect(yield* real.To)
          if (vendor === "mysql") yield* run(connection, "SET SESSION sql_generate_invisible_primary_key = 0")
          // real names, by what stands in file names
          const databases = new Map<string, string>()
          for (const name of [...names].sort((a, b) => rankOf(a) - rankOf(b) || (a < b ? -1 : 1))) {
            const text = Buffer.from(yield* fs.readFile(`${path}/${name}`)).toString("latin1")
            const part = name.replace(/-schema.*$/, "").replace(/\..*$/, "")
            yield* run(connection, "SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO', foreign_key_checks = 0")
            if (rankOf(name) === order.indexOf("-schema-create.sql")) {
              const created = /CREATE DATABASE (?:\/\*.*?\*\/ )?`((?:[^`]|``)+)`/.exec(text)?.[1] ?? part
              databases.set(part, Buffer.from(created, "latin1").toString("utf8"))
            } else {
              yield* run(connection, `USE ${Sql.quoteIdentifier(databases.get(part) ?? part)}`)
            }
            if (rankOf(name) === order.indexOf(".sql") && text.includes(`INTO \`${uncut}`)) continue
            for (const statement of text.split(/;\n/).filter((statement) => statement.trim() !== "")) {
              const bytes = new Uint8Array(Buffer.from(`${statement};\n`, "latin1"))
              const sent = SchemaFile.unguard(bytes).slice(0, -2)
              yield* run(connection, /^\/\*!40101 SET NAMES /.test(statement) ? "SET NAMES binary" : sent)
            }
          }
          yield* arrivedBut((what) =>
            (what.includes(`\`${uncut}`) && /^(rows|checksum) of/.test(what)) ||
            // it is said in a comment, which other loaders do not heed
            what === "database `zoo encrypted`"
          )
        }),
      onTime
    )
  })
})
