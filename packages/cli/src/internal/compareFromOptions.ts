/**
 * The options and words of `sluice compare` become its typed configuration.
 *
 * @internal
 */
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"

import { type Backup, CompareConfig, readBackup, readSide, type Side } from "../Compare.js"
import { LockMode, type Password } from "../Config.js"
import { messageOptions, messagesOf, patternsOf, tableOf, trustOf, trustOptions } from "./fromOptions.js"
import { tlsFields, tlsOf } from "./tlsOfOptions.js"

const Secret = Schema.optional(Schema.RedactedFromSelf(Schema.String))

const options = Schema.Struct({
  ...messageOptions.fields,
  ...trustOptions.fields,
  ...tlsFields,
  user: Schema.String,
  password: Secret,
  "ask-password": Schema.Boolean,
  "source-password": Secret,
  "target-password": Secret,
  database: Schema.Array(Schema.String),
  "tables-list": Schema.Array(Schema.String),
  regex: Schema.Array(Schema.String),
  "no-schemas": Schema.Boolean,
  "no-data": Schema.Boolean,
  threads: Schema.Int,
  "max-differences": Schema.Int,
  "sync-thread-lock-mode": LockMode,
  json: Schema.Boolean,
  "memory-budget": Schema.NumberFromString
})

type Input = typeof options.Type

const sideOf = (
  input: Input,
  word: string | undefined,
  own: Input["password"]
): Either.Either<Side, string> =>
  Either.map(readSide(word ?? ""), ({ database, endpoint, user }) => {
    const secret = own ?? input.password
    const password: Password = own === undefined && input["ask-password"]
      ? { _tag: "Prompt" }
      : secret === undefined
      ? { _tag: "None" }
      : { _tag: "Given", secret }
    return { endpoint, database, password, user: Option.getOrElse(user, () => input.user) }
  })

const configOf = (input: Input): Either.Either<CompareConfig, string> =>
  Either.gen(function*() {
    const patterns = yield* patternsOf(input)
    const tls = yield* tlsOf(input)
    const backup = readBackup(input.words[0] ?? "")
    const source: Side | Backup = Option.isSome(backup)
      ? backup.value
      : yield* sideOf(input, input.words[0], input["source-password"])
    const target = yield* sideOf(input, input.words[1], input["target-password"])
    if (input["no-data"] && input["no-schemas"]) {
      return yield* Either.left("--no-data and --no-schemas leave nothing to compare: leave one of them out")
    }
    const database = "_tag" in source ? Option.none<string>() : source.database
    if (Option.isSome(database) && input.database.length > 0) {
      return yield* Either.left("the source's URL and --database both say what to compare: give one of them")
    }
    if ("_tag" in source && Option.isSome(target.database) && input.database.length !== 1) {
      return yield* Either.left(
        "the target's URL names a database, and nothing says which one of the backup: name it in --database"
      )
    }
    if (!("_tag" in source) && Option.isSome(target.database) && Option.isNone(database)) {
      return yield* Either.left(
        "the target's URL names a database, and the source's does not: name one in both, or use --database"
      )
    }
    return {
      ...messagesOf(input),
      ...trustOf(input),
      source,
      target,
      tls,
      cleartextPlugin: input["enable-cleartext-plugin"],
      databases: Option.match(database, { onNone: () => input.database, onSome: (name) => [name] }),
      tables: input["tables-list"].map(tableOf),
      patterns,
      definitions: !input["no-schemas"],
      data: !input["no-data"],
      threads: input.threads,
      maxDifferences: input["max-differences"],
      lockMode: input["sync-thread-lock-mode"],
      json: input.json,
      memoryBudget: input["memory-budget"]
    }
  })

/**
 * Reads the options of `sluice compare`, by their long names, into a `CompareConfig`. The servers are under `words`. It
 * goes one way only.
 *
 * @internal
 */
export const CompareFromOptions = Schema.transformOrFail(options, Schema.typeSchema(CompareConfig), {
  strict: true,
  decode: (input, _options, ast) =>
    Either.mapLeft(configOf(input), (message) => new ParseResult.Type(ast, "", message)),
  encode: (config, _options, ast) => ParseResult.fail(new ParseResult.Forbidden(ast, config, "options are only read"))
})
