/**
 * The real program as a process of its own: what it writes, how it ends, and what it may never say.
 */
import * as ChildProcess from "node:child_process"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { fileURLToPath } from "node:url"

import { NodeContext } from "@effect/platform-node"
import { assert } from "@effect/vitest"
import { ScratchServer, type ServerPrograms } from "@sluice/testing"
import { Clock, Deferred, Duration, Effect, Layer, Redacted, Schedule } from "effect"
import { inject } from "vitest"

import { eventually } from "./eventually.js"
import { connect, run } from "./mysqlSource.js"
import { From } from "./realServers.js"

const packages = fileURLToPath(new URL("../../packages", import.meta.url))
const bin = Path.join(packages, "cli/dist/program/sluice.js")

// a program of yesterday would be tested without a word
const built = Fs.statSync(bin, { throwIfNoEntry: false })?.mtimeMs ?? 0
for (const name of ["format", "pipeline", "mysql", "cli"]) {
  const dist = Path.join(packages, name, "dist")
  for (const file of Fs.readdirSync(dist, { recursive: true, encoding: "utf8" })) {
    if (file.endsWith(".js") && Fs.statSync(Path.join(dist, file)).mtimeMs > built && !file.startsWith("program")) {
      throw new Error(`${bin} is older than ${Path.join(dist, file)}: npm run build`)
    }
  }
}

/** No message and no stream may hold one of them. */
export const secrets = { right: "R1ght-and-secret", wrong: "Wr0ng-and-secret" } as const

/** A process that takes longer hangs, also on a machine that has other things to do. */
const endsWithin = Duration.seconds(60)

/** The scratch server of a vendor, with a password that is looked for in whatever the program says. */
export const serverOf = (vendor: ServerPrograms.Vendor) =>
  Layer.provideMerge(
    ScratchServer.layer(From, { vendor, rootPassword: Redacted.make(secrets.right) }),
    NodeContext.layer
  )

/** For tests that any server will do for: the first vendor that is at hand. */
export const anyVendor = (): ServerPrograms.Vendor => inject("servers").mariadb ? "mariadb" : "mysql"

/** Where a server is and who asks, as words. */
export const login = (
  server: ScratchServer.ScratchServer,
  password: string = secrets.right
): ReadonlyArray<string> => ["-h", server.host, "-P", String(server.port), "-u", server.user, `-p${password}`]

export interface Options {
  /** What standard input is: these bytes, an open pipe, or nothing at all. */
  readonly stdin?: Uint8Array | "open" | undefined
  /** A path that standard output goes to; otherwise it is a pipe. */
  readonly stdout?: string | undefined
  readonly environment?: Readonly<Record<string, string>> | undefined
  readonly cwd?: string | undefined
  /** What is run: the program, unless it is wrapped in something. */
  readonly command?: ReadonlyArray<string> | undefined
  /** Whether it is cut off from any terminal. */
  readonly detached?: boolean | undefined
}

export interface Ended {
  readonly words: ReadonlyArray<string>
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: Uint8Array
  readonly stderr: string
}

export interface Running {
  readonly pid: number
  /** Sends a signal, and waits until it has been taken: two that wait at once are not taken in the order they came. */
  readonly kill: (signal: NodeJS.Signals) => Effect.Effect<void>
  readonly write: (bytes: Uint8Array) => Effect.Effect<void>
  /** Stops reading standard output, as a slow reader does, as soon as there were so many bytes, and waits for that. */
  readonly pauseAt: (count: number) => Effect.Effect<void>
  /** Goes on reading. */
  readonly resume: Effect.Effect<void>
  /** Goes away without reading what is left. */
  readonly leave: Effect.Effect<void>
  /** Closes our end of its standard error. */
  readonly stopListening: Effect.Effect<void>
  /** Waits until so many bytes have been read from standard output. */
  readonly untilBytes: (count: number) => Effect.Effect<void>
  /** Waits until standard error says this. */
  readonly untilSaid: (text: string) => Effect.Effect<void>
  /** Waits for its end and gives all of it. */
  readonly ended: Effect.Effect<Ended>
}

/** What runs the program, when something else starts it. */
export const program: ReadonlyArray<string> = [process.execPath, bin]

/** The words of a shell that run the program. */
export const shell = (words: ReadonlyArray<string>): string =>
  [...program, ...words].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ")

/** For messages of tests. */
const hidden = (words: ReadonlyArray<string>) =>
  Object.values(secrets).reduce((text, secret) => text.replaceAll(secret, "…"), `sluice ${words.join(" ")}`)

/** Looks again and again until something is so. */
export const until = (what: string, check: () => boolean): Effect.Effect<void> =>
  Effect.sync(check).pipe(
    Effect.repeat({ until: (there) => there, schedule: Schedule.spaced("10 millis") }),
    Effect.timeoutFail({ duration: endsWithin, onTimeout: () => new Error(`it took too long until ${what}`) }),
    Effect.orDie,
    Effect.withClock(Clock.make())
  )

/** Whether a signal does not wait for a process any more, where the system says so: Linux does. */
const hasTaken = (pid: number, signal: NodeJS.Signals): boolean => {
  const status = `/proc/${pid}/status`
  if (!Fs.existsSync(status)) return true
  const waiting = /^ShdPnd:\s*([0-9a-f]+)$/m.exec(Fs.readFileSync(status, "utf8"))?.[1] ?? "0"
  return (BigInt(`0x${waiting}`) >> BigInt(Os.constants.signals[signal] - 1) & 1n) === 0n
}

/** Starts the program. The scope's end kills it. */
export const start = (words: ReadonlyArray<string>, options: Options = {}) =>
  Effect.gen(function*() {
    const [file = "", ...rest] = [...(options.command ?? program), ...words]
    const out = options.stdout === undefined ? "pipe" as const : yield* Effect.acquireRelease(
      Effect.sync(() => Fs.openSync(options.stdout ?? "", "w", 0o600)),
      (fd) => Effect.sync(() => Fs.closeSync(fd))
    )
    const child = yield* Effect.acquireRelease(
      Effect.sync(() =>
        ChildProcess.spawn(file, rest, {
          stdio: [options.stdin === undefined ? "ignore" : "pipe", out, "pipe"],
          cwd: options.cwd,
          detached: options.detached ?? false,
          // nothing of this machine: neither its option files nor its variables
          env: { PATH: process.env["PATH"], HOME: "/nonexistent", ...options.environment }
        })
      ),
      (child) => Effect.sync(() => void (child.exitCode === null && child.signalCode === null && child.kill("SIGKILL")))
    )
    const stdout: Array<Uint8Array> = []
    let bytes = 0
    /** Where to stop reading, once. */
    let stopAt = Infinity
    const stopIfThere = () => {
      if (bytes < stopAt) return
      stopAt = Infinity
      child.stdout?.pause()
    }
    let stderr = ""
    const end = yield* Deferred.make<Pick<Ended, "code" | "signal">>()
    child.on("error", (error) => Deferred.unsafeDone(end, Effect.die(error)))
    child.on("close", (code, signal) => Deferred.unsafeDone(end, Effect.succeed({ code, signal })))
    child.stdout?.on("data", (part: Uint8Array) => {
      stdout.push(part)
      bytes += part.length
      stopIfThere()
    })
    child.stderr?.on("data", (part: Uint8Array) => {
      stderr += Buffer.from(part).toString("utf8")
    })
    // it may end without reading everything
    child.stdin?.on("error", () => {})
    if (options.stdin !== undefined && options.stdin !== "open") child.stdin?.end(options.stdin)
    const running: Running = {
      pid: child.pid ?? 0,
      kill: (signal) =>
        Effect.zipRight(
          Effect.sync(() => void child.kill(signal)),
          until(`it took ${signal}`, () => child.pid === undefined || hasTaken(child.pid, signal))
        ),
      write: (bytes) => Effect.sync(() => void child.stdin?.write(bytes)),
      pauseAt: (count) =>
        Effect.zipRight(
          Effect.sync(() => {
            stopAt = count
            stopIfThere()
          }),
          until(`${count} bytes came out of it: ${stderr}`, () => bytes >= count)
        ),
      resume: Effect.sync(() => void child.stdout?.resume()),
      leave: Effect.sync(() => void child.stdout?.destroy()),
      stopListening: Effect.sync(() => void child.stderr?.destroy()),
      untilBytes: (count) => until(`${count} bytes came out of it: ${stderr}`, () => bytes >= count),
      untilSaid: (text) => until(`it said ${text}`, () => stderr.includes(text)),
      ended: Deferred.await(end).pipe(
        Effect.map((end): Ended => ({ words, ...end, stdout: Buffer.concat(stdout), stderr })),
        Effect.timeoutFail({
          duration: endsWithin,
          onTimeout: () => new Error(`it did not end: ${hidden(words)}; it said: ${stderr}`)
        }),
        Effect.orDie,
        Effect.withClock(Clock.make())
      )
    }
    return running
  })

/** Runs the program to its end. */
export const ended = (words: ReadonlyArray<string>, options: Options = {}): Effect.Effect<Ended> =>
  Effect.scoped(Effect.flatMap(start(words, options), (running) => running.ended))

/** Whatever happened, it told no password, and nothing of its inside. */
export const assertDiscreet = ({ stderr, stdout, words }: Ended): void => {
  const title = hidden(words)
  for (const secret of Object.values(secrets)) {
    assert.notInclude(stderr, secret, title)
    assert.isFalse(Buffer.from(stdout).includes(secret), title)
  }
  assert.notMatch(stderr, /^\s+at |node:internal|\.js:\d/m, title)
}

/** It failed with this code, in one line, which says `saying`. What it wrote before that is not looked at. */
export const assertFailedUnderWay = (end: Ended, code: number, saying: string | RegExp): void => {
  const title = `${hidden(end.words)} said: ${end.stderr}`
  assertDiscreet(end)
  assert.deepStrictEqual({ code: end.code, signal: end.signal }, { code, signal: null }, title)
  assert.match(end.stderr, /^sluice: [^\n]+\n$/, title)
  assert.isBelow(end.stderr.length, 500, title)
  if (typeof saying === "string") {
    assert.include(end.stderr, saying, title)
  } else {
    assert.match(end.stderr, saying, title)
  }
}

/** It failed with this code, in one line, and wrote nothing. */
export const assertFailed = (end: Ended, code: number, saying: string | RegExp): void => {
  assertFailedUnderWay(end, code, saying)
  assert.strictEqual(end.stdout.length, 0, hidden(end.words))
}

/** It came to its end, and its last line says so. */
export const assertComplete = (end: Ended, verdict: string | RegExp): void => {
  const title = `${hidden(end.words)} said: ${end.stderr}`
  assertDiscreet(end)
  assert.deepStrictEqual({ code: end.code, signal: end.signal }, { code: 0, signal: null }, title)
  const last = end.stderr.trimEnd().split("\n").at(-1) ?? ""
  assert.match(last, /^COMPLETE: /, title)
  if (typeof verdict === "string") {
    assert.include(last, verdict, title)
  } else {
    assert.match(last, verdict, title)
  }
}

/** A folder of its own for a test. */
export const folder = Effect.acquireRelease(
  Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "sluice-program-"))),
  (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true, force: true }))
)

export const namesIn = (path: string): ReadonlyArray<string> => Fs.existsSync(path) ? Fs.readdirSync(path).sort() : []

/** Runs statements on a connection of its own. */
export const tell = (server: ScratchServer.ScratchServer, ...statements: ReadonlyArray<string>) =>
  Effect.scoped(Effect.flatMap(connect(server), (connection) => run(connection, ...statements)))

/** A database with two tables: `small` with two rows, and `large` with so many of about 150 bytes. */
export const fill = (server: ScratchServer.ScratchServer, database: string, rows: number) =>
  tell(
    server,
    `CREATE DATABASE ${database}`,
    `USE ${database}`,
    "CREATE TABLE small (id INT PRIMARY KEY, name VARCHAR(20))",
    "INSERT INTO small VALUES (1, 'one'), (2, 'two')",
    "CREATE TABLE large (id INT AUTO_INCREMENT PRIMARY KEY, filling VARCHAR(200) NOT NULL)",
    ...(rows === 0 ? [] : [
      `INSERT INTO large (filling) WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < ${
        Math.ceil(Math.sqrt(rows))
      }) SELECT CONCAT(a.i, ' ', b.i, REPEAT('.', 140)) FROM n a, n b`,
      "ANALYZE TABLE large"
    ])
  )

/**
 * Holds that nothing of the program is left on the server: no connection, no lock, nobody who waits for one. What was
 * killed may take a moment to go.
 */
export const assertGone = (server: ScratchServer.ScratchServer, database: string) =>
  Effect.scoped(Effect.gen(function*() {
    const connection = yield* connect(server)
    const others = Effect.map(
      connection.query(
        "SELECT ID, INFO FROM information_schema.PROCESSLIST WHERE USER = 'root' AND ID <> CONNECTION_ID()"
      ),
      ({ rows }) => rows.map((row) => row.map((cell) => cell === null ? "" : Buffer.from(cell).toString()).join(" "))
    )
    yield* eventually(others, (left) => left.length === 0)
    yield* run(
      connection,
      "SET SESSION lock_wait_timeout = 5",
      `LOCK TABLES ${database}.large WRITE`,
      `INSERT INTO ${database}.large (filling) VALUES ('written afterwards')`,
      "UNLOCK TABLES"
    )
  }))
