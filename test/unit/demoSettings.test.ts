import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, FastCheck as fc, Option, Redacted } from "effect"

import * as Settings from "../../packages/demo/src/Settings.js"
import * as Table from "../../packages/demo/src/Table.js"

const read = (environment: Readonly<Record<string, string>>) =>
  Effect.withConfigProvider(Settings.read, ConfigProvider.fromMap(new Map(Object.entries(environment))))

describe("settings of the demonstration", () => {
  it.effect("without any there is a sample database", () =>
    Effect.gen(function*() {
      const { scale, source } = yield* read({})
      assert.isAbove(scale, 0)
      assert.isTrue(Option.isNone(source))
    }))

  it.effect.prop(
    "a URL gives back what it was made of",
    [fc.string(), fc.string(), fc.option(fc.string({ minLength: 1 })), fc.integer({ min: 1, max: 65535 })],
    ([user, password, database, port]) =>
      Effect.gen(function*() {
        const part = encodeURIComponent
        const path = database === null ? "" : `/${part(database)}`
        const url = `mysql://${part(user)}:${part(password)}@127.0.0.1:${port}${path}`
        const { source } = yield* read({ SLUICE_URL: url })
        const server = Option.getOrThrow(source)
        assert.strictEqual(server.connection.user, user === "" ? "root" : user)
        assert.strictEqual(Redacted.value(server.connection.password), password)
        assert.strictEqual(server.connection.port, port)
        assert.strictEqual(Option.getOrNull(server.database), database)
      })
  )

  it.effect("the usual port, addresses in brackets and either scheme are understood", () =>
    Effect.gen(function*() {
      const { source } = yield* read({ SLUICE_URL: "mariadb://me@[::1]/shop" })
      const { connection } = Option.getOrThrow(source)
      assert.deepStrictEqual([connection.host, connection.port], ["::1", 3306])
    }))

  for (
    const url of [
      "http://u:secret@h/d",
      "mysql://",
      "u:secret@h",
      "mysql://u:secret%zz@h/d",
      "mysql://u:secret@h/d?ssl=1",
      "mysql://u:secret@h:99999/d"
    ]
  ) {
    it.effect(`refuses ${url} without telling the password`, () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(read({ SLUICE_URL: url }))
        assert.include(error.message, "SLUICE_URL")
        assert.notInclude(error.message, "secret")
        assert.notInclude(error.message, "\n")
      }))
  }

  for (const scale of ["-1", "much", "1e9", "NaN"]) {
    it.effect(`refuses ${scale} as a scale`, () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(read({ SLUICE_SCALE: scale }))
        assert.include(error.message, "SLUICE_SCALE")
      }))
  }
})

describe("table of the demonstration", () => {
  it("columns stand under their titles, numbers to the right", () => {
    assert.deepStrictEqual(
      Table.render([{ title: "what" }, { title: "n", right: true }], [["a", "1"], ["longer", "12345"]]),
      ["what        n", "------  -----", "a           1", "longer  12345"]
    )
  })
})
