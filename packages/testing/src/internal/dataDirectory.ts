import { createHash } from "node:crypto"

import type * as CommandExecutor from "@effect/platform/CommandExecutor"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import type * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"

import type { ServerProgram, Vendor } from "../ServerPrograms.js"
import { publish } from "./publish.js"
import * as SystemCommand from "./systemCommand.js"

/**
 * The server did not make its system tables.
 *
 * @internal
 */
export class InitialiseError extends Data.TaggedError("InitialiseError")<{ readonly output: string }> {}

/**
 * Small, and without waiting for the disk: what is committed has reached the operating system (2), so it outlives
 * the server's sudden death, which tests cause, but not the machine's.
 *
 * @internal
 */
export const settings = {
  mariadb: [
    "--innodb-flush-method=nosync",
    "--innodb-flush-log-at-trx-commit=2",
    "--innodb-log-file-size=64M",
    "--innodb-use-native-aio=0",
    "--loose-debug-no-sync"
  ],
  mysql: [
    "--innodb-flush-method=nosync",
    "--innodb-flush-log-at-trx-commit=2",
    "--innodb-redo-log-capacity=64M",
    "--innodb-use-native-aio=0",
    "--sync-binlog=0",
    "--mysqlx=OFF"
  ]
} satisfies Record<Vendor, ReadonlyArray<string>>

/**
 * One account, `root` from everywhere and without a password, which the first start sets. The other accounts that
 * vendors make would be matched first by a connection from this machine.
 */
const oneAccount = {
  mariadb: `DELETE FROM mysql.global_priv WHERE User = 'root' AND Host <> 'localhost';
DELETE FROM mysql.proxies_priv WHERE User = 'root' AND Host <> 'localhost';
UPDATE mysql.global_priv SET Host = '%' WHERE User = 'root';
UPDATE mysql.proxies_priv SET Host = '%' WHERE User = 'root';
`,
  mysql: "RENAME USER 'root'@'localhost' TO 'root'@'%';\n"
} satisfies Record<Vendor, string>

/** Arguments that a data folder keeps for life: a server refuses to start on a folder that was made with others. */
const lifelong = /^--(loose-)?(lower[-_]case[-_]table[-_]names|innodb[-_](page[-_]size|data[-_]file[-_]path))=/

const initialise = (program: ServerProgram, data: string, workshop: string, extra: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const [first, ...rest] = program.command
    const scripts = yield* Effect.forEach(program.initialise.scripts, (file) => fs.readFileString(file))
    const accounts = path.join(workshop, "accounts.sql")
    yield* fs.writeFileString(accounts, oneAccount[program.vendor])
    yield* fs.makeDirectory(data)
    const outcome = yield* SystemCommand.run(
      first,
      [
        ...rest,
        ...program.arguments,
        ...settings[program.vendor],
        ...extra,
        ...program.initialise.arguments,
        `--datadir=${data}`,
        // a starting server clears away what it takes for its own in a folder that it shares with others
        `--tmpdir=${workshop}`,
        ...(program.vendor === "mysql" ? [`--init-file=${accounts}`, "--skip-log-bin"] : [])
      ],
      {
        timeout: "5 minutes",
        input: scripts.length === 0
          ? ""
          : ["CREATE DATABASE mysql;\nUSE mysql;\nSET @auth_root_socket = NULL;\n", ...scripts, oneAccount.mariadb]
            .join("\n")
      }
    )
    yield* fs.remove(accounts)
    // MySQL keeps a server's identity here, and makes a new one when it is gone: copies are not to share one.
    yield* fs.remove(path.join(data, "auto.cnf"), { force: true })
    if (outcome.code !== 0) return yield* new InitialiseError({ output: outcome.output })
  })

/**
 * Puts a fresh data folder at `target`: a copy of one that is made once for a program and its lifelong arguments and
 * kept in the cache folder.
 *
 * @internal
 */
export const copyFresh = (
  program: ServerProgram,
  extra: ReadonlyArray<string>,
  cache: string,
  target: string
): Effect.Effect<
  void,
  InitialiseError | PlatformError | Cause.TimeoutException,
  FileSystem.FileSystem | Path.Path | CommandExecutor.CommandExecutor
> =>
  Effect.gen(function*() {
    const path = yield* Path.Path
    const kept = extra.filter((argument) => lifelong.test(argument))
    const all = [program.initialise.arguments, settings[program.vendor], oneAccount[program.vendor], kept]
    const hash = createHash("sha256").update(JSON.stringify(all)).digest("hex").slice(0, 8)
    const version = program.version.replaceAll(/[^\w.+-]/g, "_")
    const template = path.join(cache, "templates", `${program.vendor}-${version}-${hash}`)
    yield* publish(template, (directory) => initialise(program, path.join(directory, "data"), directory, kept))
    // Keeps modes and holes, and shares blocks where the file system can; the platform's own copy does not.
    const copied = yield* SystemCommand.run("cp", ["-a", path.join(template, "data"), target], { timeout: "2 minutes" })
    if (copied.code !== 0) return yield* new InitialiseError({ output: copied.output })
  })
