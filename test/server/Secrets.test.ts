/**
 * The password is in nothing that comes out: messages, logs, traces, errors in whatever form, backups, and the list of
 * processes.
 */
import * as Fs from "node:fs"
import * as Path from "node:path"

import { NodeContext } from "@effect/platform-node"
import { assert, describe, it, layer } from "@effect/vitest"
import { Connection, MysqlSource, MysqlTarget } from "@sluice/mysql"
import { Source, Target } from "@sluice/pipeline"
import { ScratchServer, type ServerPrograms } from "@sluice/testing"
import { Cause, Effect, Exit, Inspectable, Layer, Redacted, Tracer } from "effect"

import * as FakeServer from "../support/fakeServer.js"
import { contentOf, everythingIn } from "../support/mysqlSource.js"
import { type Ended, ended, folder, program, start, until } from "../support/program.js"
import { From } from "../support/realServers.js"
import { describeVendors } from "../support/servers.js"

/** One that is written in another way in addresses, JSON, SQL and option files. */
const right = "R1ght p@ss:w/örd%20'\"\\ #;&=ß"
const wrong = "Wr0ng p@ss:w/örd%20'\"\\ #;&=ß"

/** As it is, and as it might be written; the part before the blank is in all of them but the encoded ones. */
const formsOf = (secret: string): ReadonlyArray<string> => [
  secret.split(" ")[0] ?? secret,
  secret,
  encodeURIComponent(secret),
  JSON.stringify(secret).slice(1, -1),
  Buffer.from(secret).toString("base64").replace(/=+$/, ""),
  Buffer.from(secret).toString("hex"),
  Buffer.from(secret).toString("hex").toUpperCase()
]

const forms = [...formsOf(right), ...formsOf(wrong)]

const assertDiscreet = (what: string, bytes: Uint8Array | string) => {
  const buffer = Buffer.from(bytes)
  for (const form of forms) assert.isFalse(buffer.includes(form), `${what} holds a form of the password`)
}

const server = (vendor: ServerPrograms.Vendor) =>
  Layer.provideMerge(
    ScratchServer.layer(From, { vendor, rootPassword: Redacted.make(right) }),
    NodeContext.layer
  )

/** Every span that began, with what was said about it by its end. */
const recorder = () => {
  const spans: Array<{ readonly name: string; readonly attributes: Array<unknown> }> = []
  const tracer = Tracer.make({
    span: (name, parent, context, links, startTime, kind, options) => {
      const seen: Array<unknown> = [options?.attributes]
      spans.push({ name, attributes: seen })
      const attributes = new Map<string, unknown>(Object.entries(options?.attributes ?? {}))
      return {
        _tag: "Span",
        name,
        spanId: String(spans.length),
        traceId: "trace",
        parent,
        context,
        status: { _tag: "Started", startTime },
        attributes,
        links,
        sampled: true,
        kind,
        end: (_, exit) =>
          void seen.push(Exit.isFailure(exit) ? Cause.pretty(exit.cause, { renderErrorCause: true }) : ""),
        attribute: (key, value) => {
          attributes.set(key, value)
          seen.push([key, value])
        },
        event: (name, _, attributes) => void seen.push([name, attributes]),
        addLinks: () => {}
      }
    },
    context: (run) => run()
  })
  return { tracer, spans }
}

/** Whatever one may make of a failure. */
const shown = (cause: Cause.Cause<unknown>): string =>
  [
    Cause.pretty(cause),
    Cause.pretty(cause, { renderErrorCause: true }),
    JSON.stringify(cause),
    Inspectable.toStringUnknown(cause, 2),
    Inspectable.format(cause.toJSON()),
    ...Cause.prettyErrors(cause).map((error) => `${String(error)} ${error.stack ?? ""}`)
  ].join("\n")

describe("the password", () => {
  describeVendors("is in nothing that comes out", (vendor) => {
    layer(server(vendor), { excludeTestServices: true, timeout: 120_000 })((it) => {
      const optionsOf = (server: ScratchServer.ScratchServer, password: string): Connection.Options => ({
        host: server.host,
        port: server.port,
        user: "root",
        password: Redacted.make(password)
      })

      /** What the library does with a source and a target, from the login on. */
      const flow = (options: Connection.Options) =>
        Effect.scoped(Effect.gen(function*() {
          const source = yield* Effect.provide(Source.Source, MysqlSource.layer({ ...options, readers: 1 }))
          const snapshot = yield* source.snapshot(everythingIn("kept"))
          assert.isNotEmpty(yield* contentOf(snapshot, "t"))
          const target = yield* Effect.provide(Target.Target, MysqlTarget.layer({ ...options, binlog: true }))
          const session = yield* target.session
          yield* session.execute(Buffer.from("INSERT INTO kept.t VALUES (1, 'duplicate')"))
        }))

      it.scoped("no trace and no failure of the library", () =>
        Effect.gen(function*() {
          const server = yield* From
          yield* Effect.scoped(Effect.flatMap(Connection.acquire(optionsOf(server, right)), (connection) =>
            Effect.forEach([
              "CREATE DATABASE kept",
              "CREATE TABLE kept.t (id INT PRIMARY KEY, v VARCHAR(20))",
              "INSERT INTO kept.t VALUES (1, 'one')"
            ], connection.query)))
          for (const password of [right, wrong]) {
            const { spans, tracer } = recorder()
            const exit = yield* Effect.exit(Effect.withTracer(flow(optionsOf(server, password)), tracer))
            assert.isTrue(Exit.isFailure(exit), "a duplicate, or a wrong password")
            assert.isNotEmpty(spans)
            assertDiscreet("a trace", Inspectable.format(spans) + JSON.stringify(spans))
            assertDiscreet("a failure", Exit.isFailure(exit) ? shown(exit.cause) : "")
          }
          assertDiscreet("a layer's options", Inspectable.format(optionsOf(server, right)))
        }))

      it.scoped("nothing that the program writes, and nothing that it reads from others", () =>
        Effect.gen(function*() {
          const server = yield* From
          const home = yield* folder
          const inside = (name: string) => Path.join(home, name)
          const written = (name: string, secret: string) =>
            Fs.writeFileSync(
              inside(name),
              `[client]\nuser=root\npassword="${secret.replaceAll(/["\\]/g, "\\$&")}"\n`,
              { mode: 0o600 }
            )
          written("right.cnf", right)
          written("wrong.cnf", wrong)
          const where = ["-h", server.host, "-P", String(server.port), "-v", "3", "--progress=always"]
          const look = (end: Ended, code: number) => {
            const title = `${end.words[0] ?? ""} said ${end.stderr.slice(0, 300)}`
            assertDiscreet("standard error", end.stderr)
            assertDiscreet("standard output", end.stdout)
            assert.strictEqual(end.code, code, title)
          }
          const file = (name: string) => `--defaults-file=${inside(name)}`
          const dump = ["dump", ...where, "-B", "kept"]
          const restore = ["restore", ...where, "-d", inside("backup"), "-B", "again"]
          // from an option file, with a log
          look(yield* ended([...dump, file("right.cnf"), "-o", inside("backup"), "-L", inside("log")]), 0)
          // from the environment, and from the command line
          look(yield* ended([...restore, "-u", "root"], { environment: { MYSQL_PWD: right } }), 0)
          look(yield* ended([...dump, "-u", "root", `-p${right}`, "--stream"]), 0)
          // wrong, where the program says all it knows
          look(yield* ended([...dump, file("wrong.cnf"), "--stream", "--debug"]), 4)
          look(yield* ended([...restore, "-u", "root", `--password=${wrong}`, "--debug"]), 5)
          // misread as something else
          look(yield* ended([...dump, "-u", "root", "-p", wrong, "--stream"]), 4)
          look(yield* ended(["dump", "--pasword", wrong]), 2)
          look(yield* ended(["dump", `--host=${server.host}`, `--port=${right}`]), 2)
          for (const name of Fs.readdirSync(home, { recursive: true, encoding: "utf8" })) {
            if (Fs.statSync(inside(name)).isFile() && !name.endsWith(".cnf")) {
              assertDiscreet(name, Fs.readFileSync(inside(name)))
            }
          }
          assert.isTrue(Fs.existsSync(inside("backup/metadata")) && Fs.existsSync(inside("log")))
        }))
    })
  })

  const linux = process.platform === "linux"

  it.scopedLive.skipIf(!linux)(
    "is not in the list of processes, once the program has begun",
    () =>
      Effect.gen(function*() {
        // a server that says nothing more, so that the program stays
        const server = yield* FakeServer.make({ login: [] })
        for (const words of [[`-p${right}`], [`--password=${right}`], ["-p", right]]) {
          const running = yield* start(
            ["dump", "-h", server.host, "-P", String(server.port), "-u", "root", ...words, "--stream"],
            { command: program }
          )
          const line = () => Fs.readFileSync(`/proc/${running.pid}/cmdline`)
          yield* until("its words are hidden", () => line().toString().startsWith("sluice dump"))
          assertDiscreet("the list of processes", line())
          assertDiscreet("the list of threads", Fs.readFileSync(`/proc/${running.pid}/comm`))
          yield* running.kill("SIGKILL")
          yield* running.ended
        }
      })
  )
})
