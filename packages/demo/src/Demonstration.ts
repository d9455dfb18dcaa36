/**
 * The demonstration from its first line to its verdict.
 *
 * @since 0.1.0
 */
import type * as CommandExecutor from "@effect/platform/CommandExecutor"
import * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import * as StreamMode from "@sluice/pipeline/StreamMode"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

import type { DemoError } from "./DemoError.js"
import * as Program from "./Program.js"
import * as Screen from "./Screen.js"
import * as Servers from "./Servers.js"
import * as Settings from "./Settings.js"
import * as Steps from "./Steps.js"
import { counted, megabytes, render } from "./Table.js"

const columns = [
  { title: "dump -> restore" },
  { title: "seconds", right: true },
  { title: "rows", right: true },
  { title: "files", right: true },
  { title: "on the pipe", right: true },
  { title: "folders afterwards" },
  { title: "equal" }
] as const

const row = (moved: Steps.Moved): ReadonlyArray<string> => [
  `${StreamMode.spelling(moved.pair.dump)} -> ${StreamMode.spelling(moved.pair.restore)}`,
  moved.seconds.toFixed(1),
  String(moved.rows),
  String(moved.files),
  megabytes(moved.bytes),
  moved.folders,
  moved.equal ? "yes" : "NO"
]

const sayProblems = (problems: ReadonlyArray<string>) =>
  Effect.forEach(problems, (problem) => Screen.say(`  WRONG: ${problem}`), { discard: true })

const sayRefused = (refused: Steps.Refused) =>
  Effect.zipRight(
    Screen.say(`${refused.what}: exit code ${refused.code}\n  ${refused.line}`),
    sayProblems(refused.problems)
  )

/** Everything that needs the servers. Gives what is wrong, and what must be gone when they are. */
const onServers = Effect.gen(function*() {
  const settings = yield* Settings.read
  yield* Program.isBuilt
  yield* Screen.say("Sluice moves databases from one server to another, with the real programs and a pipe.")
  const servers = yield* Servers.make(settings)
  const original = yield* Screen.during("Reading the source")(Steps.original(servers))
  yield* Screen.say(
    `To be moved: ${servers.databases.length} databases, ${
      Steps.rowsOf(original)
    } rows; ${original.size} facts to compare.`
  )

  const moved = yield* Effect.forEach(Steps.pairs, (pair) => Steps.move(servers, pair, original))
  yield* Screen.say("")
  yield* Effect.forEach(render(columns, moved.map(row)), Screen.say, { discard: true })
  yield* Effect.forEach(
    moved.filter(({ problems }) => problems.length > 0),
    (moved) =>
      Effect.zipRight(
        Screen.say(`${StreamMode.spelling(moved.pair.dump)} -> ${StreamMode.spelling(moved.pair.restore)}:`),
        sayProblems(moved.problems)
      ),
    { discard: true }
  )
  yield* Option.match(servers.rowsOnly, { onNone: () => Effect.void, onSome: (why) => Screen.say(`Note: ${why}.`) })

  yield* Screen.say("")
  const headers = yield* Steps.headersOnly(servers)
  yield* sayRefused(headers)
  const cut = yield* Steps.cut(servers, moved[0]?.bytes ?? 0)
  yield* sayRefused(cut)

  const problems = [...moved, headers, cut].flatMap(({ problems }) => problems)
  return { problems, databases: servers.databases.length, pairs: moved.length, traces: servers.traces }
})

/** Signal 0 does nothing but ask whether there is such a process. */
const runs = (pid: number) => Effect.isSuccess(Effect.try(() => process.kill(pid, 0)))

const leftBehind = (traces: Servers.Servers["traces"]) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const found = yield* Effect.forEach(traces, ({ folder, pid }) =>
      Effect.gen(function*() {
        const folders = (yield* Effect.orElseSucceed(fs.exists(folder), () => true)) ? [`the folder ${folder}`] : []
        return (yield* runs(pid)) ? [...folders, `the process ${pid}`] : folders
      }))
    return found.flat().map((what) => `${what} was left behind`)
  })

/**
 * Gives it. Succeeds with whether all was as it should be.
 *
 * @since 0.1.0
 * @category running
 */
export const run: Effect.Effect<
  boolean,
  DemoError,
  FileSystem.FileSystem | Path.Path | CommandExecutor.CommandExecutor
> = Effect.gen(function*() {
  const started = yield* Clock.currentTimeMillis
  const { databases, pairs, problems, traces } = yield* Effect.scoped(onServers)
  const left = yield* leftBehind(traces)
  yield* sayProblems(left)
  const wrong = problems.length + left.length
  const seconds = Math.round(((yield* Clock.currentTimeMillis) - started) / 1000)
  yield* Screen.say("")
  yield* Screen.say(
    wrong === 0
      ? `ALL AS IT SHOULD BE: ${
        counted(databases, "database")
      } moved with ${pairs} pairs of modes and equal each time, ` +
        `2 damaged streams refused, nothing left behind; ${seconds} s.`
      : `NOT AS IT SHOULD BE: ${counted(wrong, "finding")}, see above; ${seconds} s.`
  )
  return wrong === 0
})
