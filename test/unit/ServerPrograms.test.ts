import { utimes } from "node:fs/promises"

import { CommandExecutor, Error as PlatformError, FileSystem, Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as ServerPrograms from "@sluice/testing/ServerPrograms"
import { Array as Arr, Clock, ConfigProvider, Deferred, Effect, FastCheck as fc, Layer, Option } from "effect"

import * as AptSources from "../../packages/testing/src/internal/aptSources.js"
import { publish } from "../../packages/testing/src/internal/publish.js"

const word = fc.stringMatching(/^[a-z][a-z0-9-]{0,7}$/)
const uri = fc.tuple(fc.constantFrom("http", "https", "file"), word, word).map(([s, h, p]) =>
  `${s}://${h}.example/${p}`
)
const options = fc.uniqueArray(
  fc.tuple(fc.constantFrom("Signed-By", "Trusted", "Check-Valid-Until"), word.map((name) => `/keys/${name}.gpg`)),
  { selector: ([name]) => name, maxLength: 3 }
)
const source: fc.Arbitrary<AptSources.AptSource> = fc.record({
  uris: uri,
  suites: fc.array(word, { minLength: 1, maxLength: 3 }),
  components: fc.array(word, { minLength: 1, maxLength: 3 }),
  options
})

/** What apt would read the same: one line for each suite. */
const asLines = ({ components, options, suites, uris }: AptSources.AptSource) =>
  suites.map((suite) =>
    [
      "deb",
      ...(options.length === 0 ? [] : [`[ arch=amd64 ${options.map(([n, v]) => `${n}=${v}`).join(" ")} ]`]),
      uris,
      suite,
      ...components,
      "# a remark"
    ].join(" ")
  ).join("\n")

const perSuite = (source: AptSources.AptSource) => source.suites.map((suite) => ({ ...source, suites: [suite] }))

describe("apt sources", () => {
  it.prop("are read back from the stanzas they are written as", [fc.array(source)], ([sources]) => {
    assert.deepStrictEqual(AptSources.fromStanzas(AptSources.render(sources)), sources)
  })

  it.prop("mean the same in both notations", [fc.array(source)], ([sources]) => {
    const text = `# remarks\n\n${sources.map(asLines).join("\n\n")}\ndeb-src http://a.example/b c main\n`
    assert.deepStrictEqual(AptSources.fromList(text), sources.flatMap(perSuite))
  })

  it("keep a key that is written into a stanza, and leave out what is switched off or is not for packages", () => {
    const key = "Signed-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mDMEY865\n -----END PGP PUBLIC KEY BLOCK-----"
    const stanza = (types: string, more: string) =>
      `Types: ${types}\nURIs: http://a.example/debian\nSuites: bookworm\n# remark\nComponents: main\n${more}\n`
    const sources = AptSources.fromStanzas(
      [stanza("deb deb-src", key), stanza("deb-src", ""), stanza("deb", "Enabled: no")].join("\n")
    )
    assert.strictEqual(sources.length, 1)
    assert.include(AptSources.render(sources), key.replace("Signed-By:", "Signed-By: "))
  })

  it.prop(
    "of the distribution are those of its release, and another suite comes from the same mirror",
    [source, fc.array(source, { maxLength: 3 }), uri, options, fc.constantFrom("bookworm", "trixie", undefined)],
    ([added, more, mirror, options, codename]) => {
      const release = codename ?? "testing"
      const own: AptSources.AptSource = {
        uris: mirror,
        suites: [release, `${release}-updates`, `${release}-backports`],
        components: ["main", "contrib"],
        options
      }
      const security = { ...own, uris: `${mirror}-security`, suites: [`${release}-security`] }
      const all = [security, added, own, ...more]
      assert.deepStrictEqual(AptSources.distribution(all, codename), [
        security,
        { ...own, suites: [release, `${release}-updates`] }
      ])
      assert.deepStrictEqual(AptSources.withSuite(all, codename, "unstable"), [
        { uris: mirror, suites: ["unstable"], components: ["main"], options }
      ])
    }
  )
})

const inTemporary = <A, E, R>(use: (directory: string) => Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    return yield* use(yield* fs.makeTempDirectoryScoped())
  }).pipe(Effect.scoped)

describe("publishing a folder", () => {
  it.effect("gives everyone one whole folder when several build at once", () =>
    inTemporary((parent) =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const path = yield* Path.Path
        const target = path.join(parent, "cache", "thing")
        const builders = Arr.range(1, 5)
        const all = yield* Deferred.make<void>()
        let building = 0
        yield* Effect.forEach(builders, (builder) =>
          publish(target, (directory) =>
            Effect.gen(function*() {
              yield* fs.writeFileString(path.join(directory, "one"), `${builder}`)
              if (++building === builders.length) yield* Deferred.succeed(all, undefined)
              yield* Deferred.await(all)
              assert.notDeepEqual(yield* Effect.orElseSucceed(fs.readDirectory(target), () => []), ["one"])
              yield* fs.writeFileString(path.join(directory, "two"), `${builder}`)
            })), { concurrency: "unbounded" })
        const [one, two] = yield* Effect.forEach(["one", "two"], (name) => fs.readFileString(path.join(target, name)))
        assert.strictEqual(one, two)
        assert.deepStrictEqual(yield* fs.readDirectory(path.dirname(target)), ["thing"])
        yield* publish(target, () => Effect.dieMessage("there is one already"))
      })
    ).pipe(Effect.provide(NodeContext.layer)))

  it.effect("leaves nothing when the build fails, and takes away what a killed process left an hour ago", () =>
    inTemporary((parent) =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const path = yield* Path.Path
        const old = path.join(parent, "thing.1.partial")
        const recent = path.join(parent, "thing.2.partial")
        yield* fs.makeDirectory(path.join(old, "inside"), { recursive: true })
        yield* fs.makeDirectory(recent)
        const long = new Date(Date.now() - 61 * 60 * 1000)
        yield* Effect.promise(() => utimes(old, long, long))
        assert.strictEqual(yield* Effect.flip(publish(path.join(parent, "thing"), () => Effect.fail("no"))), "no")
        assert.deepStrictEqual(yield* fs.readDirectory(parent), ["thing.2.partial"])
      })
    ).pipe(Effect.provide(NodeContext.layer), Effect.withClock(Clock.make())))
})

const environment = (variables: Record<string, string>) =>
  Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(variables))))

const nothingInstalled = Layer.mergeAll(
  NodeContext.layer,
  Layer.succeed(
    CommandExecutor.CommandExecutor,
    CommandExecutor.makeExecutor(() =>
      Effect.fail(
        new PlatformError.SystemError({ module: "Command", method: "spawn", reason: "NotFound", pathOrDescriptor: "x" })
      )
    )
  )
)

describe("server programs", () => {
  it.effect("that cannot be had are an error that says why and what to do", () =>
    inTemporary((cache) =>
      Effect.forEach(ServerPrograms.Vendor.literals, (vendor) =>
        Effect.gen(function*() {
          const fs = yield* FileSystem.FileSystem
          const error = yield* Effect.flip(ServerPrograms.find(vendor, { cache }))
          assert.deepStrictEqual([error._tag, error.vendor], ["ServerUnavailable", vendor])
          assert.match(error.message, /there is no dpkg on this machine\. .*PATH\.$/)
          assert.notInclude(error.message, "\n")
          assert.deepStrictEqual(yield* fs.readDirectory(`${cache}/servers`), [])
        }))
    ).pipe(Effect.provide(nothingInstalled), environment({ PATH: "/usr/bin" })))

  it.effect("are kept where SLUICE_CACHE says, else beside the lock file, whatever the folder below it", () =>
    Effect.gen(function*() {
      const path = yield* Path.Path
      const named = yield* Effect.provide(ServerPrograms.cacheDirectory, NodeContext.layer).pipe(
        environment({ SLUICE_CACHE: "/somewhere/else" })
      )
      assert.strictEqual(named, "/somewhere/else")
      const lock = (root: string) =>
        FileSystem.layerNoop({ exists: (file) => Effect.succeed(file === path.join(root, "package-lock.json")) })
      for (const root of [path.resolve("."), path.dirname(path.resolve(".")), "/"]) {
        const beside = yield* ServerPrograms.cacheDirectory.pipe(Effect.provide(lock(root)), environment({}))
        assert.strictEqual(beside, path.join(root, ".cache"))
      }
      const users = yield* ServerPrograms.cacheDirectory.pipe(
        Effect.provide(lock("/nowhere")),
        environment({ XDG_CACHE_HOME: "/home/me/.cache" })
      )
      assert.strictEqual(users, "/home/me/.cache/sluice")
    }).pipe(Effect.provide(Path.layer)))

  it.effect("are those that SLUICE_SERVERS lists, else one of each vendor", () =>
    Effect.gen(function*() {
      const listed = (variables: Record<string, string>) =>
        Effect.map(
          environment(variables)(ServerPrograms.releases),
          (releases) => releases.map(({ vendor, version }) => [vendor, Option.getOrNull(version)])
        )
      assert.deepStrictEqual(yield* listed({}), [["mariadb", null], ["mysql", null]])
      assert.deepStrictEqual(
        yield* listed({ SLUICE_SERVERS: "mariadb-11.8, mysql,mariadb-x,oracle" }),
        [["mariadb", "11.8"], ["mysql", null]]
      )
    }))

  it.effect("of a version that nobody knows where to find are an error, and leave nothing", () =>
    inTemporary((cache) =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const error = yield* Effect.flip(ServerPrograms.find("mysql", { cache, version: "5.7" }))
        assert.match(error.message, /no suite of Debian is known that has version 5\.7\. Put the mysqld/)
        assert.deepStrictEqual(yield* fs.readDirectory(`${cache}/servers`), [])
      })
    ).pipe(Effect.provide(nothingInstalled), environment({ PATH: "/usr/bin" })))
})
