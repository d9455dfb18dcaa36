/**
 * A program run to its end, with what it cost.
 */
import * as Os from "node:os"

import { Command, FileSystem } from "@effect/platform"
import { Clock, Data, Effect, Fiber, Option, Ref, Schedule } from "effect"

import type { Run } from "./results.js"

/** A program that is measured failed. */
export class RunError extends Data.TaggedError("RunError")<{ readonly message: string }> {}

/** The kernel counts time of the processor in steps of this many seconds (USER_HZ is 100 on Linux). */
const tick = 0.01

/** The numbers of /proc/PID/stat after the name, from the third on, as proc(5) counts them. */
const stat = (pid: number | "self") =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readFileString(`/proc/${pid}/stat`)).pipe(
    Effect.map((text) => {
      const fields = text.slice(text.lastIndexOf(")") + 2).split(" ")
      return (at: number) => Number(fields[at - 3] ?? 0) * tick
    })
  )

/** What the children of this process that have ended took. */
const ofChildren = Effect.map(stat("self"), (field) => ({ user: field(16), system: field(17) }))

/** What a process took until now. */
const ofProcess = (pid: number) => Effect.map(stat(pid), (field) => field(14) + field(15))

/** The most memory that a process ever had, in MiB; none when it has ended. */
const peakOf = (pid: number) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readFileString(`/proc/${pid}/status`)).pipe(
    Effect.map((text) => Option.fromNullable(/^VmHWM:\s+(\d+) kB$/m.exec(text)?.[1])),
    Effect.map(Option.map((kibibytes) => Number(kibibytes) / 1024)),
    Effect.orElseSucceed(() => Option.none<number>())
  )

/** Sends what the program writes to the first word, what it says to the second, and becomes the program. */
const shell = "out=$1 && err=$2 && shift 2 && exec \"$@\" </dev/null >\"$out\" 2>\"$err\""

export interface Options {
  readonly words: readonly [string, ...ReadonlyArray<string>]
  /** Where its standard output goes: /dev/null when not given. */
  readonly output?: string | undefined
  /** The process of the server, while it runs. */
  readonly server: Effect.Effect<Option.Option<number>>
}

/**
 * Runs a program. It fails when the program does. Nothing else that this process started may end meanwhile, because
 * the kernel counts the processor for all children together.
 */
export const run = (options: Options) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const said = yield* fs.makeTempFileScoped({ prefix: "sluice-bench-" })
    const serverPid = Option.getOrElse(yield* options.server, () => 0)
    const ofServer = serverPid === 0 ? Effect.succeed(0) : ofProcess(serverPid)
    const before = { children: yield* ofChildren, server: yield* ofServer }
    const started = yield* Clock.currentTimeNanos
    const process = yield* Command.start(
      Command.make("/bin/sh", "-c", shell, "sh", options.output ?? "/dev/null", said, ...options.words)
    )
    const peak = yield* Ref.make(0)
    const watch = yield* peakOf(process.pid).pipe(
      Effect.flatMap(Option.match({ onNone: () => Effect.void, onSome: (now) => Ref.set(peak, now) })),
      Effect.repeat(Schedule.spaced("20 millis")),
      Effect.fork
    )
    const code = yield* Effect.orElseSucceed(process.exitCode, () => 128)
    const ended = yield* Clock.currentTimeNanos
    yield* Fiber.interrupt(watch)
    const children = yield* ofChildren
    if (code !== 0) {
      const text = yield* fs.readFileString(said)
      return yield* new RunError({ message: `it ended with ${code}: ${text.trim().split("\n").slice(-3).join(" ")}` })
    }
    const run: Run = {
      wall: Number(ended - started) / 1e9,
      user: children.user - before.children.user,
      system: children.system - before.children.system,
      memory: yield* Ref.get(peak),
      server: (yield* ofServer) - before.server
    }
    return run
  }).pipe(
    Effect.scoped,
    Effect.catchTags({
      SystemError: (error) => new RunError({ message: error.message }),
      BadArgument: (error) => new RunError({ message: error.message })
    })
  )

const gibibyte = 2 ** 30

/** What it is measured on. */
export const machine = Effect.map(Clock.currentTimeMillis, (now) => ({
  when: new Date(now).toISOString().slice(0, 16).replace("T", " "),
  processor: Os.cpus()[0]?.model.trim() ?? "unknown",
  cores: Os.availableParallelism(),
  memory: Math.round(Os.totalmem() / gibibyte),
  system: `${Os.type()} ${/^\d+\.\d+/.exec(Os.release())?.[0] ?? ""}`,
  node: process.version,
  load: Os.loadavg()[0] ?? 0
}))
