// Holds a scratch server until it is killed; says which in one line of JSON, once the server takes connections.
import { NodeContext } from "@effect/platform-node"
import * as ScratchServer from "@sluice/testing/ScratchServer"
import { Console, Effect, Option } from "effect"

const vendor = process.argv[2]

const hold = Effect.gen(function*() {
  const { directory, pid, port } = yield* ScratchServer.make({ vendor })
  yield* Console.log(JSON.stringify({ directory, port, pid: Option.getOrThrow(yield* pid) }))
  yield* Effect.never
})

Effect.runFork(hold.pipe(Effect.scoped, Effect.provide(NodeContext.layer)))
