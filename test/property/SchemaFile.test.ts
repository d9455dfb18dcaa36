import { assert, describe, it } from "@effect/vitest"
import { SchemaFile, Statement } from "@sluice/format"
import { Either, FastCheck as fc, Option } from "effect"

const body = fc.array(fc.constantFrom("BEGIN", " ;\n", ";\n", "; \n", ";  \n", "x", ";", "\n", " ", "'a;\n'", "é"), {
  maxLength: 20
})
  .map((parts) => Buffer.from(`CREATE ${parts.join("")}END`))

describe("SchemaFile", () => {
  it.prop("unguard is the inverse of guard", [body], ([body]) => {
    assert.deepStrictEqual(Buffer.from(SchemaFile.unguard(SchemaFile.guard(body))), body)
  }, { fastCheck: { numRuns: 500 } })

  it.prop("a guarded definition has no ; that ends a line", [body], ([body]) => {
    assert.isFalse(Buffer.from(SchemaFile.guard(body)).includes(";\n"))
  })

  it.prop("every definition comes back to the byte", [fc.array(body, { minLength: 1, maxLength: 3 })], ([bodies]) => {
    const file = SchemaFile.render(
      { names: "utf8mb4", sqlMode: "NO_AUTO_VALUE_ON_ZERO", utc: true },
      bodies.map((create, i) =>
        SchemaFile.Definition.Program({
          kind: "PROCEDURE",
          name: `p${i}`,
          create,
          creation: {
            characterSetClient: "latin1",
            collationConnection: "latin1_swedish_ci",
            sqlMode: Option.some("ANSI_QUOTES,O'K"),
            timeZone: Option.none()
          }
        })
      )
    )
    const statements = Either.getOrThrow(Statement.split(file, { terminator: "guarded" }))
      .map(({ bytes }) => Buffer.from(SchemaFile.unguard(bytes)))
      .filter((bytes) => bytes.toString("latin1").startsWith("CREATE"))
    assert.deepStrictEqual(statements, bodies)
  }, { fastCheck: { numRuns: 200 } })
})
