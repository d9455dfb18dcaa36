/**
 * Dumps, kills, restarts and restores, again and again, on two private servers of one vendor.
 *
 * What it holds the program to, in every round: a restore that says COMPLETE left what the source has; what was struck
 * ends with the code of the design and does not hang; and what is left of a backup that did not come to its end is
 * refused with 6, unless all of it happens to be there.
 */
import * as ChildProcess from "node:child_process"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"

import type { ScratchServer, ServerPrograms } from "@sluice/testing"
import { Chunk, Clock, Console, Deferred, Duration, Effect, Exit, Fiber, Random } from "effect"

import type { Mode } from "../support/faults/Fault.js"
import * as Stage from "../support/faults/stage.js"
import { ask, connect } from "../support/mysqlSource.js"
import { assertDiscreet, program } from "../support/program.js"

/** What strikes one of the two programs, or its server. */
const strikes = [
  "nothing",
  "SIGTERM",
  "SIGINT",
  "SIGHUP",
  "two signals",
  "SIGKILL",
  "one connection killed",
  "some connections killed",
  "server restarted",
  "server killed"
] as const

type Strike = typeof strikes[number]

/** The codes that a program may end with when it was struck so; 0 as well, if it was late or could be made up for. */
const codesOf = (strike: Strike, side: "dump" | "restore"): ReadonlyArray<number> => {
  switch (strike) {
    case "nothing":
      return []
    case "SIGTERM":
      return [143]
    case "SIGINT":
      return [130]
    case "SIGHUP":
      return [129]
    case "two signals":
      return [143, 130]
    case "SIGKILL":
      return [137]
    default:
      return [side === "dump" ? 4 : 5]
  }
}

interface Round {
  readonly mode: Mode
  /** Whether the dump's pipe is the restore's, or a file between them. */
  readonly live: boolean
  readonly dump: Strike
  readonly restore: Strike
  readonly more: ReadonlyArray<string>
}

const pick = <A>(from: readonly [A, ...ReadonlyArray<A>]): Effect.Effect<A> =>
  Effect.map(Random.nextIntBetween(0, from.length), (i) => from[i] ?? from[0])

const usually = <A>(one: A, other: Effect.Effect<A>, outOf: number): Effect.Effect<A> =>
  Effect.flatMap(Random.nextIntBetween(0, outOf), (n) => n === 0 ? other : Effect.succeed(one))

const round: Effect.Effect<Round> = Effect.gen(function*() {
  const mode = yield* pick(["directory", "TRADITIONAL", "TRADITIONAL", "NO_DELETE", "NO_STREAM_AND_NO_DELETE"] as const)
  const side = yield* pick(["dump", "restore", "dump", "neither"] as const)
  const strike = yield* pick(strikes)
  const threads = yield* Random.nextIntBetween(1, 5)
  const rows = yield* pick(["200", "2000", "-1"] as const)
  return {
    mode: yield* usually<Mode>(mode, Effect.succeed("NO_STREAM"), 25),
    live: mode.startsWith("TRAD") || mode === "NO_DELETE" ? yield* Random.nextBoolean : false,
    dump: side === "dump" ? strike : "nothing",
    restore: side === "restore" ? strike : "nothing",
    more: ["-t", `${threads}`, "-r", rows]
  }
})

const describe = ({ dump, live, mode, more, restore }: Round): string =>
  `${mode}${live ? " (live)" : ""} ${more.join(" ")}; dump: ${dump}; restore: ${restore}`

interface Ended {
  readonly code: number
  readonly said: string
}

/** More than a program needs that has anything to do. */
const endsWithin = Duration.minutes(3)

/** Starts a program. The end of the scope kills it. */
const start = (words: ReadonlyArray<string>, stdin: number | "pipe" | "ignore", stdout: number | "pipe" | "ignore") =>
  Effect.gen(function*() {
    const [file = "", ...rest] = program
    const child = yield* Effect.acquireRelease(
      Effect.sync(() =>
        ChildProcess.spawn(file, [...rest, ...words], {
          stdio: [stdin, stdout, "pipe"],
          env: { PATH: process.env["PATH"], HOME: "/nonexistent" }
        })
      ),
      (child) => Effect.sync(() => void child.kill("SIGKILL"))
    )
    const end = yield* Deferred.make<Ended>()
    let said = ""
    child.stderr?.on("data", (part: Uint8Array) => {
      said += Buffer.from(part).toString("utf8")
    })
    // either end of a pipe may go away first
    child.stdin?.on("error", () => {})
    child.on("close", (code, signal) => {
      assertDiscreet({ words, code, signal, stdout: new Uint8Array(0), stderr: said })
      Deferred.unsafeDone(
        end,
        Effect.succeed({ code: code ?? 128 + (signal === null ? 0 : Os.constants.signals[signal]), said })
      )
    })
    return {
      child,
      ended: Effect.timeoutFail(Deferred.await(end), {
        duration: endsWithin,
        onTimeout: () => new Error(`it does not end: ${words.slice(0, 2).join(" ")} said ${said}`)
      })
    }
  })

type Running = Effect.Effect.Success<ReturnType<typeof start>>

/** Strikes a program, or its server, after so many milliseconds; a server that was ended comes back. */
const strike = (what: Strike, after: number, running: Running, server: ScratchServer.ScratchServer) =>
  Effect.gen(function*() {
    const signal = (name: NodeJS.Signals) => Effect.sync(() => void running.child.kill(name))
    const kill = (share: number) =>
      Effect.scoped(Effect.gen(function*() {
        const connection = yield* connect(server)
        const ids = (yield* ask(
          connection,
          "SELECT ID FROM information_schema.PROCESSLIST WHERE USER = 'root' AND ID <> CONNECTION_ID()"
        )).map(([id]) => id ?? "0")
        const chosen = (yield* Random.shuffle(ids)).pipe(Chunk.take(Math.max(1, Math.round(ids.length * share))))
        // one may be gone by now
        yield* Effect.forEach(chosen, (id) => Effect.ignore(connection.query(`KILL ${id}`)))
      }))
    yield* Effect.sleep(after)
    switch (what) {
      case "nothing":
        return
      case "two signals":
        yield* signal("SIGTERM")
        yield* Effect.sleep(100)
        return yield* signal("SIGINT")
      case "one connection killed":
        return yield* kill(0)
      case "some connections killed":
        return yield* kill(yield* Random.next)
      case "server restarted":
        return yield* server.restart
      case "server killed":
        yield* server.kill
        return yield* server.restart
      default:
        return yield* signal(what)
    }
  })

/** Waits for the end of a program that is struck at some moment of what it usually takes. */
const struck = (what: Strike, usual: number, running: Running, server: ScratchServer.ScratchServer) =>
  Effect.gen(function*() {
    const after = yield* Random.nextIntBetween(0, Math.max(1, usual))
    const fiber = yield* Effect.fork(strike(what, after, running, server))
    const end = yield* running.ended
    // what has begun is done; a server is needed again
    yield* what.startsWith("server") ? Fiber.join(fiber) : Fiber.interrupt(fiber)
    return end
  })

/** How often what happened. */
export interface Counts {
  readonly [what: string]: number
}

export interface Options {
  readonly vendor: ServerPrograms.Vendor
  readonly seed: number
  readonly duration: Duration.Duration
}

/** Runs rounds until the time is over. Fails with the first that does not hold; the same seed makes the same rounds. */
export const run = ({ duration, seed, vendor }: Options) =>
  Effect.gen(function*() {
    const counts = new Map<string, number>()
    const count = (what: string) => void counts.set(what, (counts.get(what) ?? 0) + 1)
    let usual = 3000

    const one = (round: Round) =>
      Effect.gen(function*() {
        const stage = yield* Stage.make(round.mode)
        const pipe = Path.join(stage.home, "stream")
        const wrong = (what: string, end?: Ended) =>
          new Error(`${what}: ${describe(round)}${end === undefined ? "" : `; it ended with ${end.code}: ${end.said}`}`)
        const empty = Effect.gen(function*() {
          yield* Stage.tell(stage.target, "DROP DATABASE IF EXISTS shop")
          yield* Effect.sync(() => Fs.rmSync(Stage.restoredFolder(stage), { recursive: true, force: true }))
        })
        const open = (flags: string) =>
          Stage.hasPipe(stage)
            ? Effect.acquireRelease(
              Effect.sync(() => Fs.openSync(pipe, flags, 0o600)),
              (fd) => Effect.sync(() => Fs.closeSync(fd))
            )
            : Effect.succeed("ignore" as const)
        const dump = (out: number | "pipe" | "ignore") => start(Stage.dump(stage, ...round.more), "ignore", out)
        const restore = (stdin: number | "pipe" | "ignore") => start(Stage.restore(stage), stdin, "ignore")
        /** Holds the end of a program to what struck it. */
        const expect = (side: "dump" | "restore", by: Strike, end: Ended, also: ReadonlyArray<number> = []) =>
          Effect.gen(function*() {
            count(`${side} ended with ${end.code}`)
            if (by !== "nothing") count(`${side} struck by: ${by}`)
            if (![0, ...codesOf(by, side), ...also].includes(end.code)) return yield* Effect.fail(wrong(side, end))
            if (end.code === 0 && !/^COMPLETE: [^\n]+\n$/m.test(end.said)) return yield* Effect.fail(wrong(side, end))
          })
        /** Holds what a restore left to what it said. */
        const judge = (dumped: Ended, restored: Ended) =>
          Effect.gen(function*() {
            if (restored.code !== 0) return false
            const differences = yield* Stage.unequal(stage)
            if (differences.length > 0) {
              return yield* Effect.fail(
                wrong(`A RESTORE SAID COMPLETE, AND IS NOT: ${differences.join("; ")}`, restored)
              )
            }
            count("restores compared and found equal")
            if (dumped.code !== 0) count("dumps that did not come to their end, and were whole")
            return true
          })

        if (round.live) {
          count("live pipes")
          const [dumped, restored] = yield* Effect.scoped(Effect.gen(function*() {
            const from = yield* dump("pipe")
            const to = yield* restore("pipe")
            if (from.child.stdout !== null && to.child.stdin !== null) from.child.stdout.pipe(to.child.stdin)
            to.child.on("close", () => void from.child.stdout?.destroy())
            return yield* Effect.all([
              struck(round.dump, usual, from, stage.source),
              struck(round.restore, usual, to, stage.target)
            ], { concurrency: 2 })
          }))
          // each may end because of the other
          yield* expect("dump", round.dump, dumped, restored.code === 0 ? [] : [7])
          yield* expect("restore", round.restore, restored, dumped.code === 0 ? [] : [6])
          yield* judge(dumped, restored)
          return
        }

        const began = yield* Clock.currentTimeMillis
        const dumped = yield* Effect.scoped(
          Effect.flatMap(Effect.flatMap(open("w"), dump), (running) => struck(round.dump, usual, running, stage.source))
        )
        if (round.dump === "nothing") usual = (yield* Clock.currentTimeMillis) - began
        yield* expect("dump", round.dump, dumped)
        const attempt = (by: Strike) =>
          Effect.zipRight(
            empty,
            Effect.scoped(
              Effect.flatMap(Effect.flatMap(open("r"), restore), (running) => struck(by, usual, running, stage.target))
            )
          )
        const isWhole = dumped.code === 0 && round.mode !== "NO_STREAM"
        const restored = yield* attempt(isWhole ? round.restore : "nothing")
        yield* expect("restore", isWhole ? round.restore : "nothing", restored, isWhole ? [] : [6])
        const done = yield* judge(dumped, restored)
        if (!isWhole) {
          count(done ? "unfinished backups restored" : "unfinished backups refused")
          return
        }
        if (!done) {
          // the backup is as good as before
          const again = yield* attempt("nothing")
          if (again.code !== 0) return yield* Effect.fail(wrong("the backup of a dump that said COMPLETE", again))
          yield* judge(dumped, again)
          count("restores begun again, and complete")
        }
      })

    const until = (yield* Clock.currentTimeMillis) + Duration.toMillis(duration)
    let rounds = 0
    while ((yield* Clock.currentTimeMillis) < until) {
      rounds += 1
      const next = yield* round
      // what a round draws depends on how far its programs have come: the next round should not
      const own = Random.make(`${vendor} ${seed} ${rounds}`)
      const exit = yield* Effect.exit(Effect.withRandom(Effect.scoped(one(next)), own))
      if (Exit.isFailure(exit)) {
        yield* Console.error(`soak on ${vendor}, seed ${seed}, round ${rounds}: ${describe(next)}\n${exit.cause}`)
        return yield* Effect.failCause(exit.cause)
      }
    }
    const result: Counts = Object.fromEntries([["rounds", rounds], ...Array.from(counts).sort()])
    return result
  }).pipe(Effect.withRandom(Random.make(`${vendor} ${seed}`)))

/** The counts as lines. */
export const render = (counts: Counts): string =>
  Object.entries(counts).map(([what, count]) => `${String(count).padStart(8)}  ${what}`).join("\n")
