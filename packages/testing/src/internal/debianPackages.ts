import type * as CommandExecutor from "@effect/platform/CommandExecutor"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Order from "effect/Order"

import * as AptSources from "./aptSources.js"
import * as SystemCommand from "./systemCommand.js"

/**
 * Why the packages could not be had, as one clause.
 *
 * @internal
 */
export class PackagesError extends Data.TaggedError("PackagesError")<{ readonly reason: string }> {}

/**
 * What to bring: a package by its name, or by its name and a version (`mysql-server-core-9.7`), whichever the archive
 * has; from the machine's own release, or from another suite of the same mirror.
 *
 * @internal
 */
export interface Wanted {
  readonly name: string
  readonly suite?: string | undefined
}

const must = (
  what: string,
  program: string,
  args: ReadonlyArray<string>,
  timeout: Duration.DurationInput
): Effect.Effect<string, PackagesError, CommandExecutor.CommandExecutor> =>
  SystemCommand.run(program, args, { timeout }).pipe(
    Effect.catchTags({
      TimeoutException: () => new PackagesError({ reason: `${what} took too long (${program})` }),
      SystemError: (error) =>
        new PackagesError({
          reason: error.reason === "NotFound" ? `there is no ${program} on this machine` : `${what}: ${error.message}`
        }),
      BadArgument: (error) => new PackagesError({ reason: `${what}: ${error.message}` })
    }),
    Effect.filterOrFail(
      (outcome) => outcome.code === 0,
      (outcome) => new PackagesError({ reason: `${what} failed: ${SystemCommand.complaint(outcome.output)}` })
    ),
    Effect.map((outcome) => outcome.output)
  )

const aptDirectory = "/etc/apt"

const readText = (file: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => Effect.orElseSucceed(fs.readFileString(file), () => ""))

const machineSources = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const parts = yield* Effect.orElseSucceed(fs.readDirectory(`${aptDirectory}/sources.list.d`), () => [])
  const read = (suffix: string, parse: (text: string) => ReadonlyArray<AptSources.AptSource>) =>
    Effect.forEach(
      parts.filter((name) => name.endsWith(suffix)).sort(),
      (name) => Effect.map(readText(`${aptDirectory}/sources.list.d/${name}`), parse)
    )
  const main = AptSources.fromList(yield* readText(`${aptDirectory}/sources.list`))
  return [main, ...(yield* read(".list", AptSources.fromList)), ...(yield* read(".sources", AptSources.fromStanzas))]
    .flat()
})

const codename = Effect.map(
  readText("/etc/os-release"),
  (text) => /^VERSION_CODENAME="?([^"\n]+)"?$/m.exec(text)?.[1]
)

/**
 * An apt of our own beside the machine's: its lists, its packages, and an empty record of what is installed, so that
 * the closure is whole (libc and all) and the machine is neither read from nor written to. The hooks that machines
 * hang on updates are cleared, as those work on the real folders. Keyrings, proxies and mirror logins stay the machine's.
 */
const configuration = (home: string, architecture: string) =>
  `Dir::State "${home}/state";
Dir::State::lists "lists/";
Dir::State::status "${home}/state/status";
Dir::State::extended_states "${home}/state/extended_states";
Dir::Cache "${home}/cache";
Dir::Cache::archives "archives/";
Dir::Etc::sourcelist "${home}/sources.list";
Dir::Etc::sourceparts "${home}/sources.list.d";
Dir::Etc::preferences "${home}/preferences";
Dir::Etc::preferencesparts "${home}/preferences.d";
Dir::Log "${home}/log";
#clear APT::Architectures;
APT::Architectures { "${architecture}"; };
APT::Architecture "${architecture}";
APT::Install-Recommends "false";
APT::Install-Suggests "false";
APT::Keep-Downloaded-Packages "true";
APT::Sandbox::User "root";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Pre-Invoke;
#clear DPkg::Post-Invoke;
#clear DPkg::Pre-Install-Pkgs;
Debug::NoLocking "true";
Acquire::Retries "2";
Acquire::http::Timeout "20";
Acquire::https::Timeout "20";
`

const newestFirst = Order.reverse(
  Order.make<string>((a, b) => {
    const order = a.localeCompare(b, "en", { numeric: true })
    return order < 0 ? -1 : order > 0 ? 1 : 0
  })
)

/**
 * Downloads a package with everything it needs and unpacks all of it into the new folder `directory`, without root
 * and without changing the machine. The folder's own time stamps become those of some package.
 *
 * @internal
 */
export const bring = (
  wanted: Wanted,
  directory: string,
  progress: (line: string) => Effect.Effect<void>
): Effect.Effect<void, PackagesError, FileSystem.FileSystem | Path.Path | CommandExecutor.CommandExecutor> =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const architecture = (yield* must("asking for the architecture", "dpkg", ["--print-architecture"], "30 seconds"))
      .trim()
    const release = yield* codename
    const machine = yield* machineSources
    const sources = wanted.suite === undefined
      ? AptSources.distribution(machine, release)
      : AptSources.withSuite(machine, release, wanted.suite)
    if (sources.length === 0) {
      return yield* new PackagesError({ reason: `${aptDirectory} names no archive of the distribution` })
    }

    const home = path.join(directory, ".apt")
    const config = path.join(home, "apt.conf")
    yield* Effect.forEach(
      ["state/lists/partial", "cache/archives/partial", "sources.list.d", "preferences.d", "log"],
      (name) => fs.makeDirectory(path.join(home, name), { recursive: true }),
      { discard: true }
    )
    yield* fs.writeFileString(path.join(home, "state/status"), "")
    yield* fs.writeFileString(path.join(home, "sources.list.d/sluice.sources"), AptSources.render(sources))
    yield* fs.writeFileString(config, configuration(home, architecture))

    yield* progress(`reading the package list of ${wanted.suite ?? release ?? "this distribution"}`)
    const update = yield* must("apt-get update", "apt-get", ["-c", config, "-q", "update"], "2 minutes")
    const known = yield* must("apt-cache", "apt-cache", ["-c", config, "pkgnames", wanted.name], "1 minute")
    const versioned = new RegExp(`^${wanted.name}(-[0-9.]+)?$`)
    const names = known.split("\n").filter((name) => versioned.test(name)).sort(newestFirst)
    const name = names.includes(wanted.name) ? wanted.name : names[0]
    if (name === undefined) {
      // An archive that cannot be reached is only a warning to apt-get update.
      const warning = /^W: Failed to fetch.*$/m.exec(update)?.[0]
      return yield* new PackagesError({
        reason: warning ?? `${wanted.suite ?? release ?? "this distribution"} has no package ${wanted.name}`
      })
    }

    yield* progress(`downloading ${name} and what it needs`)
    yield* must(
      `downloading ${name}`,
      "apt-get",
      ["-c", config, "-q", "-y", "--no-install-recommends", "--download-only", "install", name],
      "10 minutes"
    )
    const archives = path.join(home, "cache/archives")
    const packages = (yield* fs.readDirectory(archives)).filter((file) => file.endsWith(".deb"))

    yield* progress(`unpacking ${packages.length} packages`)
    yield* Effect.forEach(
      packages,
      (file) => must(`unpacking ${file}`, "dpkg-deb", ["-x", path.join(archives, file), directory], "2 minutes"),
      { discard: true }
    )
    yield* Effect.forEach(
      [home, path.join(directory, "usr/share/doc"), path.join(directory, "usr/share/man")],
      (unneeded) => fs.remove(unneeded, { recursive: true, force: true }),
      { discard: true }
    )
  }).pipe(
    Effect.catchTags({
      SystemError: (error) => new PackagesError({ reason: error.message }),
      BadArgument: (error) => new PackagesError({ reason: error.message })
    })
  )
