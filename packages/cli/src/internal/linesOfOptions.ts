/**
 * The options of rows as lines become what they mean together.
 *
 * @internal
 */
import * as Lines from "@sluice/format/Lines"
import * as Sql from "@sluice/format/Sql"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

const text = Schema.optional(Schema.String)

/** @internal */
export const linesFields = {
  format: Schema.Literal("INSERT", "LOAD_DATA", "CSV"),
  "include-header": Schema.Boolean,
  "fields-terminated-by": text,
  "fields-enclosed-by": text,
  "fields-escaped-by": text,
  "lines-starting-by": text,
  "lines-terminated-by": text,
  "load-data-character-set": Schema.optional(Schema.Literal("binary"))
}

type LinesInput = Schema.Struct.Type<typeof linesFields>

const layouts = { LOAD_DATA: Lines.tabs, CSV: Lines.csv } as const

const ofLines = [
  "fields-terminated-by",
  "fields-enclosed-by",
  "fields-escaped-by",
  "lines-starting-by",
  "lines-terminated-by",
  "load-data-character-set"
] as const

const escapes: Readonly<Record<string, string>> = { t: "\t", n: "\n", r: "\r", b: "\b" }

/** `\t` and the like, as mydumper takes them; a backslash alone is one. */
const separator = (value: string): Uint8Array =>
  Sql.bytes(value.replace(/\\(.)/gs, (_, letter: string) => escapes[letter] ?? letter))

const single = (name: string, bytes: Uint8Array): Either.Either<number | undefined, string> =>
  bytes.length > 1 ? Either.left(`--${name} takes one character: write --${name}=CHARACTER`) : Either.right(bytes[0])

/** @internal */
export const linesOf = (input: LinesInput): Either.Either<Option.Option<Lines.Layout>, string> => {
  const { format } = input
  if (format === "INSERT") {
    const given = input["include-header"] ? "include-header" : ofLines.find((name) => input[name] !== undefined)
    return given === undefined
      ? Either.right(Option.none())
      : Either.left(`--${given} is about lines: write --format=CSV or --format=LOAD_DATA too, or leave it out`)
  }
  const usual = layouts[format]
  const given = (name: Exclude<typeof ofLines[number], "load-data-character-set">): Uint8Array | undefined => {
    const value = input[name]
    return value === undefined ? undefined : separator(value)
  }
  const enclosing = given("fields-enclosed-by")
  const escaping = given("fields-escaped-by")
  return Either.gen(function*() {
    const escapedBy = escaping === undefined
      ? usual.fields.escapedBy
      : yield* single("fields-escaped-by", escaping)
    if (escapedBy === undefined) {
      return yield* Either.left("--fields-escaped-by cannot be empty: nothing would tell NULL from a text")
    }
    const layout: Lines.Layout = {
      fields: {
        terminatedBy: given("fields-terminated-by") ?? usual.fields.terminatedBy,
        enclosedBy: enclosing === undefined ? usual.fields.enclosedBy : yield* single("fields-enclosed-by", enclosing),
        escapedBy
      },
      lines: {
        startingBy: given("lines-starting-by") ?? usual.lines.startingBy,
        terminatedBy: given("lines-terminated-by") ?? usual.lines.terminatedBy
      },
      header: input["include-header"]
    }
    const problem = Lines.problem(layout)
    return problem === undefined
      ? Option.some(layout)
      : yield* Either.left(`the separators of --format=${format} could not be told apart: ${problem}`)
  })
}
