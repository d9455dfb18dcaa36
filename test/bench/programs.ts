/**
 * The programs that are held against each other.
 */
import * as Path from "node:path"
import { fileURLToPath } from "node:url"

import { ClientPrograms, type ScratchServer, type ServerPrograms } from "@sluice/testing"
import { Config, Effect, Option } from "effect"

type Words = readonly [string, ...ReadonlyArray<string>]

/** A way to read a database. */
export interface Program {
  readonly name: string
  readonly label: string
  /** Whether it fills a folder; otherwise it writes to its standard output. */
  readonly toFolder: boolean
  readonly words: (database: string, folder: string) => Words
}

/** A program that cannot be had, and why. */
export interface Missing {
  readonly name: string
  readonly label: string
  readonly reason: string
}

/** What the fastest of others is expected to be. */
export const mydumper = "mydumper"
export const floor = "floor"

/** A file of mydumper's has so many rows: like us it then reads large tables over several connections. */
const mydumperRows = "100000"

const root = fileURLToPath(new URL("../../../", import.meta.url))

const sluice: Words = [process.execPath, Path.join(root, "packages/cli/dist/program/sluice.js"), "dump"]

const rawReader = fileURLToPath(new URL("./floor.js", import.meta.url))

const upstream = Effect.map(Config.option(Config.nonEmptyString("SLUICE_UPSTREAM")), Option.getOrUndefined)

const clientNames = { mariadb: "mariadb-dump", mysql: "mysqldump" } satisfies Record<ServerPrograms.Vendor, string>

/** All that can be had for a server, and what cannot. `statements` is the file of what the floor asks. */
export const all = (server: ScratchServer.ScratchServer, threads: number, statements: string) =>
  Effect.gen(function*() {
    const login = ["-S", server.socket, "-u", server.user]
    const ours = (name: string, label: string, toFolder: boolean, ...more: ReadonlyArray<string>): Program => ({
      name,
      label: `sluice, ${label}`,
      toFolder,
      words: (database, folder) => [
        ...sluice,
        "--no-defaults",
        ...login,
        "-B",
        database,
        "-t",
        `${threads}`,
        "--quiet",
        ...(toFolder ? ["-o", folder] : ["--stream"]),
        ...more
      ]
    })
    const theirs = (name: string, label: string, command: Words, ...more: ReadonlyArray<string>): Program => ({
      name,
      label,
      toFolder: true,
      words: (database, folder) => [
        ...command,
        ...login,
        "-B",
        database,
        "-t",
        `${threads}`,
        "-o",
        folder,
        "-r",
        mydumperRows,
        ...more
      ]
    })
    const own = yield* Effect.either(ClientPrograms.findMydumper())
    const client = yield* Effect.either(ClientPrograms.findDump(server.vendor))
    const folder = yield* upstream
    const versioned = server.vendor === "mysql" ? ["--server-version=MySQL-8.4.0"] : []
    const programs: ReadonlyArray<Program> = [
      {
        name: floor,
        label: "floor: the same SELECTs, thrown away",
        toFolder: false,
        words: () => [process.execPath, rawReader, server.socket, `${threads}`, statements]
      },
      ours("pipe", "pipe to /dev/null", false),
      ours("directory", "directory", true),
      ours("gzip", "pipe, gzip", false, "--compress=gzip"),
      ours("zstd", "pipe, zstd", false, "--compress=zstd"),
      ours("load-data", "pipe, LOAD DATA", false, "--format=LOAD_DATA"),
      ours("csv", "pipe, CSV", false, "--format=CSV"),
      ...(own._tag === "Left" ? [] : [
        theirs(mydumper, "mydumper, directory", own.right),
        theirs("mydumper-gzip", "mydumper, directory, gzip", own.right, "-c")
      ]),
      ...(folder === undefined ? [] : [
        theirs("upstream", "mydumper of SLUICE_UPSTREAM, directory", [Path.join(folder, "mydumper")], ...versioned),
        theirs(
          "upstream-stream",
          "mydumper of SLUICE_UPSTREAM, stream",
          [Path.join(folder, "mydumper")],
          "--stream",
          ...versioned
        )
      ]),
      ...(client._tag === "Left" ? [] : [{
        name: "client",
        label: `${clientNames[server.vendor]}, pipe to /dev/null`,
        toFolder: false,
        words: (database: string): Words => [
          ...client.right,
          "--no-defaults",
          ...login,
          "--single-transaction",
          "--quick",
          "--databases",
          database
        ]
      }])
    ]
    const missing: ReadonlyArray<Missing> = [
      ...(own._tag === "Left" ? [{ name: mydumper, label: mydumper, reason: own.left.reason }] : []),
      ...(client._tag === "Left"
        ? [{ name: "client", label: clientNames[server.vendor], reason: client.left.reason }]
        : [])
    ]
    return { programs, missing }
  })
