import { execFile, execFileSync } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { assert, describe, layer } from "@effect/vitest"
import type { ScratchServer, ServerPrograms } from "@sluice/testing"
import { Effect, Redacted } from "effect"

import { connect, optionsOf, run } from "../support/mysqlSource.js"
import * as Program from "../support/program.js"
import * as real from "../support/realServers.js"
import { describeVendors } from "../support/servers.js"

/** A folder with the real mydumper and myloader. */
const folder = process.env["SLUICE_UPSTREAM"]
const mydumper = join(folder ?? "", "mydumper")
const myloader = join(folder ?? "", "myloader")
const missing = folder === undefined || !existsSync(mydumper) || !existsSync(myloader)
const title = missing
  ? "mydumper itself: SKIPPED, because SLUICE_UPSTREAM names no folder with mydumper and myloader"
  : "mydumper itself"

if (missing) {
  // The reporter does not print the names of skipped tests.
  process.stderr.write(`${title}\n`)
}

const version = missing
  ? 0
  : Number(/v?(\d+\.\d+)\./.exec(execFileSync(mydumper, ["--version"], { encoding: "utf8" }))?.[1] ?? "0")

/** Versions before have no stream, no LOAD DATA, and neither triggers of databases nor metadata of tables. */
const isCurrent = version >= 1 || version > 0.16

const wordsOf = (server: ScratchServer.ScratchServer): ReadonlyArray<string> => {
  const { host, password, port, user } = optionsOf(server)
  return ["-h", `${host}`, "-P", `${port}`, "-u", `${user}`, `--password=${password ? Redacted.value(password) : ""}`]
}

const quoted = (words: ReadonlyArray<string>): string =>
  words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ")

/** Runs a line of shell to its end; what it said is in the failure of the test. */
const shell = (line: string) =>
  Effect.async<void>((resume) => {
    const child = execFile(
      "bash",
      ["-o", "pipefail", "-c", line],
      { timeout: 60_000, killSignal: "SIGKILL", maxBuffer: 1 << 26 },
      (error, _, stderr) => {
        resume(
          error === null
            ? Effect.void
            : Effect.dieMessage(`${line.replace(/--password=\S+/g, "")}\n${error.message}\n${stderr}`)
        )
      }
    )
    return Effect.sync(() => void child.kill("SIGKILL"))
  })

const temporary = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "sluice-upstream-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

const schema = (vendor: ServerPrograms.Vendor) => [
  "CREATE DATABASE up CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci",
  "USE up",
  "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(50), b VARBINARY(50), d DECIMAL(8,3), f DOUBLE, at TIMESTAMP(3) NULL, " +
  "e ENUM('a','b'), t TEXT)",
  "INSERT INTO t VALUES (1, 'it''s \"q\"\\\\ \\n\\r\\t\\0 %_ é', x'deadbeef00270a5c22', 1.5, 1e100, '2024-01-02 03:04:05.678', 'b', 'x')",
  "INSERT INTO t VALUES (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL), (3, '', '', 0, 0, NULL, 'a', 'NULL'), (0, '\\\\N', 'N', -1, -0.5, NULL, NULL, ',\"')",
  "CREATE TABLE `we.ird` (id INT PRIMARY KEY)",
  "INSERT INTO `we.ird` VALUES (7)",
  "CREATE TABLE big (id INT AUTO_INCREMENT PRIMARY KEY, v CHAR(40) NOT NULL, KEY (v))",
  "INSERT INTO big (v) VALUES ('x'), ('y')",
  ...Array.from({ length: 11 }, () => "INSERT INTO big (v) SELECT CONCAT(v, id) FROM big"),
  "CREATE TABLE child (id INT PRIMARY KEY, t INT, CONSTRAINT fk FOREIGN KEY (t) REFERENCES t (id))",
  "INSERT INTO child VALUES (1, 3)",
  "CREATE VIEW vv AS SELECT id, UPPER(v) u FROM t",
  "CREATE TRIGGER tr BEFORE INSERT ON child FOR EACH ROW SET @seen = NEW.id",
  "CREATE FUNCTION f() RETURNS INT DETERMINISTIC BEGIN DECLARE x INT; SET x = 1; RETURN x; END",
  // the version of mydumper that reads plans does not know the newer form of them
  ...(vendor === "mysql" ? ["SET GLOBAL explain_format = TRADITIONAL"] : []),
  "CREATE USER IF NOT EXISTS root@localhost",
  "GRANT ALL ON *.* TO root@localhost"
]

/** What they move by themselves: without sequences, events and what a dump of either leaves out by default. */
const objects = isCurrent ? ["-G", "-E", "-R"] : ["-G", "-R"]

const onTime = 300_000

describe.skipIf(missing)(title, () => {
  describeVendors("exchanges backups", (vendor) => {
    layer(real.twoServers(vendor), { excludeTestServices: true })((it) => {
      const asIs = vendor === "mysql" && isCurrent ? ["--server-version=MySQL-8.4.0"] : []

      const setUp = Effect.gen(function*() {
        const from = yield* connect(yield* real.From)
        yield* run(from, "DROP DATABASE IF EXISTS up", ...schema(vendor), "SET GLOBAL local_infile = 1")
        const to = yield* connect(yield* real.To)
        yield* run(
          to,
          "DROP DATABASE IF EXISTS up",
          "SET GLOBAL local_infile = 1",
          "CREATE USER IF NOT EXISTS root@localhost",
          "GRANT ALL ON *.* TO root@localhost"
        )
        return yield* temporary
      })

      const arrived = Effect.gen(function*() {
        const left = yield* real.pictureOf(yield* real.From, "up")
        const right = yield* real.pictureOf(yield* real.To, "up")
        assert.isAbove(left.size, 10)
        // a program of theirs is made under the sql_mode of its file, and not under its own
        const isMode = (text: string) => /^(function|procedure|trigger|event) .*sql_mode: /.test(text)
        assert.deepStrictEqual(real.differences(left, right).filter((text) => !isMode(text)), [])
      })

      const theirDump = (more: ReadonlyArray<string>) =>
        Effect.map(
          real.From,
          (from) => quoted([mydumper, ...wordsOf(from), ...asIs, "-B", "up", "-t", "2", ...objects, ...more])
        )
      const theirLoad = (more: ReadonlyArray<string>) =>
        Effect.map(real.To, (to) => quoted([myloader, ...wordsOf(to), ...asIs, "-t", "2", ...more]))
      const ourDump = (more: ReadonlyArray<string>) =>
        Effect.map(
          real.From,
          (from) => Program.shell(["dump", ...wordsOf(from), "-B", "up", "--threads", "2", ...more])
        )
      const ourLoad = (more: ReadonlyArray<string>) =>
        Effect.map(real.To, (to) => Program.shell(["restore", ...wordsOf(to), "--threads", "2", ...more]))

      const formats: ReadonlyArray<ReadonlyArray<string>> = isCurrent
        ? [
          [],
          ["--rows=500"],
          ["--compress=gzip"],
          ["--compress=zstd"],
          ["--format=LOAD_DATA"],
          ["--format=CSV", "--include-header"],
          ["--format=LOAD_DATA", "--compress=zstd", "--hex-blob"],
          ["--complete-insert"],
          ["--data-checksums"]
        ]
        : [[], ["-r", "500"], ["-c"], ["--complete-insert"]]

      for (const format of formats) {
        it.scoped(`a folder of theirs is restored: ${format.join(" ")}`, () =>
          Effect.gen(function*() {
            const at = join(yield* setUp, "backup")
            yield* shell(yield* theirDump(["-o", at, ...format]))
            yield* shell(yield* ourLoad(["-d", at]))
            yield* arrived
          }), onTime)
      }

      if (isCurrent) {
        // older loaders do not know the triggers of a database
        it.scoped("a folder of ours is loaded", () =>
          Effect.gen(function*() {
            const at = join(yield* setUp, "backup")
            yield* shell(yield* ourDump(["-o", at]))
            yield* shell(yield* theirLoad(["-d", at]))
            yield* arrived
          }), onTime)

        for (const format of formats) {
          it.scoped(`a stream of theirs is restored: ${format.join(" ")}`, () =>
            Effect.gen(function*() {
              const at = yield* setUp
              yield* shell(
                `${yield* theirDump(["--stream", "-o", join(at, "out"), ...format])} | ${yield* ourLoad(["--stream"])}`
              )
              yield* arrived
            }), onTime)
        }

        /** The pairs that move a database, and whether the two sides share a folder. */
        const pairs = [
          ["TRADITIONAL", "TRADITIONAL", false],
          ["TRADITIONAL", "NO_DELETE", false],
          ["NO_DELETE", "TRADITIONAL", false],
          ["NO_DELETE", "NO_DELETE", false],
          ["NO_STREAM_AND_NO_DELETE", "NO_STREAM_AND_NO_DELETE", true],
          ["NO_STREAM_AND_NO_DELETE", "NO_STREAM", true]
        ] as const

        for (const [dump, restore, shared] of pairs) {
          const streams = (
            dumped: (more: ReadonlyArray<string>) => Effect.Effect<string, never, real.From>,
            loaded: (more: ReadonlyArray<string>) => Effect.Effect<string, never, real.To>
          ) =>
            Effect.gen(function*() {
              const at = yield* setUp
              const out = join(at, "out")
              // their loader wants a folder that is there when it is shared, and one that is not when it is not
              const into = shared ? out : join(at, "in")
              if (shared) {
                mkdirSync(out)
              }
              yield* shell(
                `${yield* dumped([`--stream=${dump}`, "-o", out])} | ${yield* loaded([
                  `--stream=${restore}`,
                  "-d",
                  into
                ])}`
              )
              yield* arrived
            })
          it.scoped(`${dump} of theirs to ${restore} of ours`, () => streams(theirDump, ourLoad), onTime)
          it.scoped(`${dump} of ours to ${restore} of theirs`, () => streams(ourDump, theirLoad), onTime)
        }
      }
    })
  })
})
